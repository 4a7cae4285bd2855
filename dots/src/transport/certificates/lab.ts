import { X509Certificate } from 'node:crypto';
import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DotsError } from '#dots/model/errors';
import { certify, isPrivateKey, isUsable, newKey, type CertificateRequest, type Credentials } from './certificates';

/** The certificates of a lab, for mutual TLS between a server and a client of one's own. All PEM. */
export interface Lab {
  /** What both ends trust. */
  ca: string;
  server: Credentials;
  /** Where the client finds what it needs: paths of files, the key readable by its owner only. */
  files: { ca: string; cert: string; key: string };
}

export interface LabOptions {
  /** Further names and addresses that the server answers under, besides 127.0.0.1, ::1 and localhost. */
  names?: readonly string[];
  /** The current time; by default now. */
  now?: Date;
}

const day = 24 * 3600 * 1000;
const caDays = 3650;
const leafDays = 365;
/** Clocks of one machine agree, but those of a container and its host may not. */
const toleranceMs = 3600 * 1000;

const serverNames = ['127.0.0.1', '::1', 'localhost'];

/**
 * Opens the lab in a folder: what is there and still valid is used again, everything else is made. A client keeps its key
 * when its certificate is renewed, so that a server recognises it. It waits only for files and for keys to be generated.
 * Throws a DotsError of kind `usage` where the folder cannot be written.
 */
export async function openLab(folder: string, { names = [], now = new Date() }: LabOptions = {}): Promise<Lab> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const ca = await authority(folder, now);
    const all = [...new Set([...serverNames, ...names])];
    const server = await leaf(folder, 'server', ca, {
      purpose: 'server',
      commonName: 'DOTS lab server',
      names: all,
      ...validity(now, leafDays),
    });
    await leaf(folder, 'client', ca, { purpose: 'client', commonName: 'DOTS lab client', ...validity(now, leafDays) });
    return {
      ca: ca.cert,
      server,
      files: { ca: certFile(folder, 'ca'), cert: certFile(folder, 'client'), key: keyFile(folder, 'client') },
    };
  } catch (cause) {
    if (cause instanceof DotsError) throw cause;
    throw new DotsError(
      'usage',
      'transport/lab-folder',
      `The lab certificates cannot be kept in ${folder} (${String((cause as NodeJS.ErrnoException).code)}).`,
      'Choose a folder you may write to.',
      { cause },
    );
  }
}

async function authority(folder: string, now: Date): Promise<Credentials> {
  const kept = await read(folder, 'ca');
  if (
    kept.key !== undefined &&
    kept.cert !== undefined &&
    isUsable({ cert: kept.cert, key: kept.key }, { issuer: kept.cert, now })
  )
    return { cert: kept.cert, key: kept.key };
  return keep(
    folder,
    'ca',
    certify({ purpose: 'ca', commonName: 'DOTS lab CA', ...validity(now, caDays) }, await newKey()),
  );
}

async function leaf(folder: string, name: string, ca: Credentials, request: CertificateRequest): Promise<Credentials> {
  const kept = await read(folder, name);
  const { names = [] } = request;
  const now = new Date(request.notBefore.getTime() + toleranceMs);
  if (
    kept.cert !== undefined &&
    kept.key !== undefined &&
    isUsable({ cert: kept.cert, key: kept.key }, { issuer: ca.cert, now, names })
  ) {
    await chmod(keyFile(folder, name), 0o600);
    return { cert: kept.cert, key: kept.key };
  }
  return keep(folder, name, certify(withinIssuer(request, ca), await usableKey(kept.key), ca));
}

/** No certificate outlives the one that vouches for it. */
function withinIssuer(request: CertificateRequest, ca: Credentials): CertificateRequest {
  const end = new Date(new X509Certificate(ca.cert).validTo);
  return request.notAfter <= end ? request : { ...request, notAfter: end };
}

async function usableKey(kept: string | undefined): Promise<string> {
  return kept !== undefined && isPrivateKey(kept) ? kept : newKey();
}

function validity(now: Date, days: number): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(now.getTime() - toleranceMs), notAfter: new Date(now.getTime() + days * day) };
}

async function read(folder: string, name: string): Promise<{ cert: string | undefined; key: string | undefined }> {
  return { cert: await textOf(certFile(folder, name)), key: await textOf(keyFile(folder, name)) };
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function keep(folder: string, name: string, credentials: Credentials): Promise<Credentials> {
  await write(keyFile(folder, name), credentials.key);
  await write(certFile(folder, name), credentials.cert);
  return credentials;
}

/** A new file, of its owner only from its first moment, takes the place of the old one in one step. */
async function write(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}

const certFile = (folder: string, name: string): string => join(folder, `${name}.pem`);
const keyFile = (folder: string, name: string): string => join(folder, `${name}-key.pem`);
