import { readFile } from 'node:fs/promises';
import { DotsError } from '#dots/model/errors';
import { fileReason } from '#dots/runtime/fileReason';
import { longestKey, type ClientCredentials } from './credentials';

/** The files that a client's credentials are in: certificates and keys are PEM. */
export interface CredentialFiles {
  /** Who may vouch for the server, and what the client shows. */
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  /** Certificates that were revoked. */
  crl?: string | undefined;
  pskIdentity?: string | undefined;
  /** The key as it is, without a line end behind it. */
  pskKeyFile?: string | undefined;
}

/**
 * Reads what a client proves itself with to a server. These are small files of this machine: there is nothing to wait for, and no signal.
 * Throws a DotsError of kind `usage`: `transport/credentials` for what is missing or does not go together, `transport/credential-file` for a file that will not do.
 */
export async function readCredentials(server: string, files: CredentialFiles): Promise<ClientCredentials> {
  const { ca, cert, key, crl, pskIdentity, pskKeyFile } = files;
  if (pskIdentity !== undefined || pskKeyFile !== undefined) {
    if (ca !== undefined || cert !== undefined || key !== undefined)
      throw incomplete(
        'A pre-shared key replaces certificates.',
        'Name either --ca, --cert and --key, or --psk-identity and --psk-key-file.',
      );
    if (pskIdentity === undefined || pskKeyFile === undefined)
      throw incomplete(
        'A pre-shared key needs its identity and its file.',
        'Name both: --psk-identity and --psk-key-file.',
      );
    return { psk: { identity: pskIdentity, key: await readPsk(pskKeyFile) } };
  }
  if (ca === undefined || cert === undefined || key === undefined) throw missing(server, { ca, cert, key });
  const crls = crl === undefined ? {} : { crls: [await readPem(crl, 'revocation list')] };
  return {
    certificate: {
      ca: await readPem(ca, 'CA'),
      cert: await readPem(cert, 'certificate'),
      key: await readPem(key, 'key'),
      ...crls,
    },
  };
}

/** What is not named of the three files that belong together; of none, all that a client may prove itself with. */
function missing(server: string, files: Readonly<Record<string, string | undefined>>): DotsError {
  const options = Object.keys(files).filter((name) => files[name] === undefined);
  const names = options.map((name) => `--${name}`).join(' and ');
  return options.length < Object.keys(files).length
    ? incomplete(
        `CA, client certificate and key go together, and ${names} ${options.length === 1 ? 'is' : 'are'} missing.`,
        'Name it on the command line or in the profile ("ca", "certificate", "key").',
      )
    : incomplete(
        `${server} is reached over DTLS or TLS, which needs the CA of the server, a client certificate and its key, or a pre-shared key.`,
        'Name --ca, --cert and --key, or --psk-identity and --psk-key-file (dots mock prints the files of its own).',
      );
}

/** The credentials that a server requires, as an option; plain CoAP requires none. Throws as `readCredentials` does. */
export async function credentialsFor(
  server: string,
  files: CredentialFiles,
): Promise<{ credentials?: ClientCredentials }> {
  return /^coap:/i.test(server) ? {} : { credentials: await readCredentials(server, files) };
}

/** The text of a PEM file; `what` names it in errors. Throws a DotsError of kind `usage`, `transport/credential-file`. */
export async function readPem(path: string, what: string): Promise<string> {
  const text = (await readBytes(path, what)).toString('utf8');
  if (text.includes('-----BEGIN ')) return text;
  throw new DotsError(
    'usage',
    'transport/credential-file',
    `The ${what} file ${path} is not PEM.`,
    'It has to have a line "-----BEGIN ...-----".',
  );
}

/** The pre-shared key in a file. Throws a DotsError of kind `usage`. */
export async function readPsk(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    // What was given may be the key itself, which belongs in no message and no log.
    const reason = fileReason(cause);
    throw unreadable(
      `The file of the pre-shared key cannot be read: ${reason.includes(path) ? 'it is no path' : reason}.`,
      'Name the file that contains the key, not the key itself.',
    );
  });
  const end = /\r?\n?$/.exec(bytes.toString('latin1'))?.index ?? bytes.length;
  if (end === 0)
    throw new DotsError(
      'usage',
      'transport/credential-file',
      `The pre-shared key file ${path} is empty.`,
      'It has to hold the key, as text or bytes.',
    );
  if (end > longestKey)
    throw new DotsError(
      'usage',
      'transport/credential-file',
      `The pre-shared key in ${path} has ${end} bytes; at most ${longestKey} are taken (RFC 4279 section 5.3).`,
      'Agree on a shorter one: 16 to 32 random bytes are plenty.',
    );
  return bytes.subarray(0, end);
}

async function readBytes(path: string, what: string): Promise<Buffer> {
  return readFile(path).catch((cause: unknown) => {
    throw unreadable(`The ${what} file ${path} cannot be read: ${fileReason(cause)}.`, 'Check the path.', cause);
  });
}

function unreadable(message: string, hint: string, cause?: unknown): DotsError {
  return new DotsError('usage', 'transport/credential-file', message, hint, { cause });
}

function incomplete(message: string, hint: string): DotsError {
  return new DotsError('usage', 'transport/credentials', message, hint);
}
