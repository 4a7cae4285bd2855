import { createHash, X509Certificate } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { DotsError } from '#dots/model/errors';
import { fileReason } from '#dots/runtime/fileReason';
import { PrivateFolder, type Notify } from '#dots/runtime/privateFolder';
import { keyIdentity } from './certificateNames';
import { certify, isIssued, isUsable, newKey, type CertificateRequest, type Credentials } from './certificates';

/** The certificates of a lab, for mutual TLS between a test server and its client. All PEM. */
export interface Lab {
  /** What both ends trust. */
  ca: string;
  server: Credentials;
  /** The client's files: paths, the key readable by its owner only. */
  files: { ca: string; cert: string; key: string };
  /** What the certificate of that client proves: SHA-256 of its public key, hex. */
  identity: string;
  /** The further clients that were asked for, by name. */
  clients: ReadonlyMap<string, LabClient>;
}

/** A further client of a lab. */
export interface LabClient {
  /** The paths of its certificate and of its key. */
  cert: string;
  key: string;
  /** What its certificate proves: SHA-256 of its public key, hex. */
  identity: string;
}

export interface LabOptions {
  /** Further names and addresses of the server, besides 127.0.0.1, ::1 and localhost. */
  names?: readonly string[];
  /** The names of further clients that have a certificate each: see `isLabClientName`. */
  clients?: readonly string[];
  /** The current time; by default now. */
  now?: Date;
  /** Receives what was changed, or replaced, because others could have known or changed it. */
  notify?: Notify;
}

const day = 24 * 3600 * 1000;
const caDays = 3650;
const leafDays = 365;
/** Tolerance for clocks that differ, such as those of a container and its host. */
const toleranceMs = 3600 * 1000;

const serverNames = ['127.0.0.1', '::1', 'localhost'];

/**
 * Opens the lab in a folder: valid files that were made there are used again, all others are made. A client keeps its
 * key when its certificate is renewed, so that a server recognises it. It waits only for files and for key generation.
 * Throws a DotsError of kind `usage`: `transport/lab-folder` if the folder cannot be written, `runtime/not-private` if
 * others could write it.
 */
export async function openLab(path: string, options: LabOptions = {}): Promise<Lab> {
  try {
    const { now = new Date(), notify = () => undefined } = options;
    const folder = await PrivateFolder.make(path, { names: labNames, notify });
    return await certified(folder, await authority(folder, now, notify), now, options);
  } catch (cause) {
    if (cause instanceof DotsError) throw cause;
    throw new DotsError(
      'usage',
      'transport/lab-folder',
      `The lab folder ${path} cannot be ${isMissing(cause) ? 'created: no folder can be created in its parent' : `used: ${fileReason(cause)}`}.`,
      'Choose a folder that you may write to.',
      { cause },
    );
  }
}

async function certified(
  folder: PrivateFolder,
  ca: Credentials,
  now: Date,
  { names = [], clients = [] }: LabOptions,
): Promise<Lab> {
  const server = await leaf(folder, 'server', ca, {
    purpose: 'server',
    commonName: 'DOTS lab server',
    names: [...new Set([...serverNames, ...names])],
    ...validity(now, leafDays),
  });
  const client = (file: string, commonName: string): Promise<Credentials> =>
    leaf(folder, file, ca, { purpose: 'client', commonName, ...validity(now, leafDays) });
  const first = await client('client', 'DOTS lab client');
  const further = new Map<string, LabClient>();
  for (const name of clients) {
    const identity = identityOf(await client(clientFile(name), name));
    further.set(name, { ...pathsOf(folder, clientFile(name)), identity });
  }
  const files = { ca: folder.pathOf(certFile('ca')), ...pathsOf(folder, 'client') };
  return { ca: ca.cert, server, files, identity: identityOf(first), clients: further };
}

const identityOf = ({ cert }: Credentials): string => keyIdentity(new X509Certificate(cert).raw);

function pathsOf(folder: PrivateFolder, name: string): { cert: string; key: string } {
  return { cert: folder.pathOf(certFile(name)), key: folder.pathOf(keyFile(name)) };
}

/**
 * Whether a further client of a lab may have this name, which is a part of the names of its files and of its
 * certificate.
 */
export function isLabClientName(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,63}$/.test(name) && !name.endsWith('-key');
}

const clientFile = (name: string): string => `client.${name}`;

function isMissing(cause: unknown): boolean {
  return (cause as NodeJS.ErrnoException).code === 'ENOENT';
}

/** The file of the profiles with which clients use the server of a lab. */
export const labProfilesFile = 'dots.profiles.json';

/** The content of a lab folder, with drafts that a crash has left behind. */
const labNames = /^(\.gitignore|ca-origin|dots\.profiles\.json(\.\w+)?|[\w.-]+\.pem(\.\w+)?)$/;

/** The file that records where the CA was made. */
const origin = 'ca-origin';

async function authority(folder: PrivateFolder, now: Date, notify: Notify): Promise<Credentials> {
  const kept = await read(folder, 'ca');
  if (kept !== undefined && isUsable(kept, { issuer: kept.cert, now })) {
    if ((await folder.read(origin)) === (await originOf(folder, kept.cert))) return kept;
    notify(`The lab CA in ${folder.path} was not made there, so others may know its key: a new one replaces it.`);
  }
  const request = { purpose: 'ca', commonName: 'DOTS lab CA', ...validity(now, caDays) } as const;
  const made = await keep(folder, 'ca', certify(request, await newKey()));
  await folder.write(origin, await originOf(folder, made.cert));
  return made;
}

/**
 * Binds a CA to the folder it was made in. A repository or an archive may contain a CA whose key its author knows; its
 * author cannot know the inode number and the birth time of the folder it is unpacked in.
 */
async function originOf(folder: PrivateFolder, cert: string): Promise<string> {
  const { ino, birthtimeNs } = await lstat(folder.path, { bigint: true });
  return `${createHash('sha256').update(`${ino} ${birthtimeNs} ${cert}`).digest('hex')}\n`;
}

async function leaf(
  folder: PrivateFolder,
  name: string,
  ca: Credentials,
  request: CertificateRequest,
): Promise<Credentials> {
  const kept = await read(folder, name);
  const { names = [] } = request;
  const now = new Date(request.notBefore.getTime() + toleranceMs);
  if (kept !== undefined && isUsable(kept, { issuer: ca.cert, now, names })) return kept;
  // Only the key of a certificate of this CA was made here.
  const key = kept !== undefined && isIssued(kept, ca.cert) ? kept.key : await newKey();
  return keep(folder, name, certify(withinIssuer(request, ca), key, ca));
}

/** No certificate is valid longer than its issuer's. */
function withinIssuer(request: CertificateRequest, ca: Credentials): CertificateRequest {
  const end = new Date(new X509Certificate(ca.cert).validTo);
  return request.notAfter <= end ? request : { ...request, notAfter: end };
}

function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - toleranceMs), notAfter: new Date(now.getTime() + days * day) };
}

async function read(folder: PrivateFolder, name: string): Promise<Credentials | undefined> {
  const [cert, key] = [await folder.read(certFile(name)), await folder.read(keyFile(name))];
  return cert === undefined || key === undefined ? undefined : { cert, key };
}

async function keep(folder: PrivateFolder, name: string, credentials: Credentials): Promise<Credentials> {
  await folder.write(keyFile(name), credentials.key);
  await folder.write(certFile(name), credentials.cert);
  return credentials;
}

const certFile = (name: string): string => `${name}.pem`;
const keyFile = (name: string): string => `${name}-key.pem`;
