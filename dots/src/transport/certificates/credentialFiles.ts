import { DotsError } from '#dots/model/errors';
import { fileReason } from '#dots/runtime/fileReason';
import { readSmallFile } from '#dots/runtime/smallFile';
import { serverNameOf } from './serverName';
import { isEncrypted, longestKey, pskOf, type ClientCredentials } from './credentials';
import { decryptedKey, noPassword } from './privateKey';

/** The files of a client's credentials, and what the server must prove: certificates and keys are PEM. */
export interface CredentialFiles {
  /** The name in the certificate of the server, where that is not the host of its address. */
  serverName?: string | undefined;
  /** The CA of the server, and the client's certificate. */
  ca?: string | undefined;
  cert?: string | undefined;
  key?: string | undefined;
  /** The password of an encrypted key, without a final line end. */
  keyPasswordFile?: string | undefined;
  /** Asks for the password of an encrypted key that has no such file; undefined: it was not entered. */
  askKeyPassword?: ((key: string) => Promise<string | undefined>) | undefined;
  /** Certificates that were revoked. */
  crl?: string | undefined;
  pskIdentity?: string | undefined;
  /** The key as text or octets without a final line end, or as hexadecimal digits after 0x. */
  pskKeyFile?: string | undefined;
}

/**
 * Reads a client's credentials. These are small local files: there is nothing to wait for, and no signal.
 * Throws a DotsError of kind `usage`: `transport/credentials` for missing or contradictory credentials,
 * `transport/credential-file` for an invalid file.
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
      key: await readKey({ ...files, key }),
      ...crls,
    },
  };
}

/** The error that names which of the three files are missing; if all are, also the pre-shared key. */
function missing(server: string, files: Readonly<Record<string, string | undefined>>): DotsError {
  const options = Object.keys(files).filter((name) => files[name] === undefined);
  const names = options.map((name) => `--${name}`).join(' and ');
  return options.length < Object.keys(files).length
    ? incomplete(
        `CA, client certificate and key are required together; ${names} ${options.length === 1 ? 'is' : 'are'} missing.`,
        'Name all three on the command line or in the profile ("ca", "certificate", "key").',
      )
    : incomplete(
        `${server} requires DTLS or TLS, which needs the CA of the server, a client certificate and its key, or a pre-shared key.`,
        'Use --ca, --cert and --key, or --psk-identity and --psk-key-file (dots mock prints the paths of its own).',
      );
}

/**
 * The credentials that a server requires, and the name that it must prove, as options; plain CoAP requires none. Throws
 * as `readCredentials` does.
 */
export async function credentialsFor(
  server: string,
  files: CredentialFiles,
): Promise<{ credentials?: ClientCredentials; serverName?: string }> {
  if (/^coap:/i.test(server)) return {};
  const named = files.serverName === undefined ? {} : { serverName: serverNameOf(files.serverName) };
  return { ...named, credentials: await readCredentials(server, files) };
}

/**
 * The private key in a file, PEM, decrypted if necessary. Throws a DotsError of kind `usage`:
 * `transport/credential-file`, `transport/key-password`.
 */
export async function readKey({
  key,
  keyPasswordFile,
  askKeyPassword,
}: Pick<CredentialFiles, 'keyPasswordFile' | 'askKeyPassword'> & { key: string }): Promise<string> {
  const pem = await readPem(key, 'key');
  if (!isEncrypted(pem)) return pem;
  const password =
    keyPasswordFile === undefined
      ? await askKeyPassword?.(key)
      : (await readSecret(keyPasswordFile, 'password of the key', 'password')).toString();
  if (password === undefined) throw noPassword(key);
  return decryptedKey(pem, password, key);
}

/**
 * The text of a PEM file; `what` names it in errors. Throws a DotsError of kind `usage`, `transport/credential-file`.
 */
export async function readPem(path: string, what: string): Promise<string> {
  const text = (await readBytes(path, what)).toString('utf8');
  if (text.includes('-----BEGIN ')) return text;
  throw new DotsError(
    'usage',
    'transport/credential-file',
    `The ${what} file ${path} is not PEM.`,
    'It must have a line "-----BEGIN ...-----".',
  );
}

/** The pre-shared key in a file. Throws a DotsError of kind `usage`. */
export async function readPsk(path: string): Promise<Uint8Array> {
  const key = pskOf(await readSecret(path, 'pre-shared key', 'key'));
  const end = key.length;
  if (end === 0)
    throw new DotsError(
      'usage',
      'transport/credential-file',
      `The pre-shared key file ${path} is empty.`,
      'It must contain the key, as text or bytes.',
    );
  if (end > longestKey)
    throw new DotsError(
      'usage',
      'transport/credential-file',
      `The pre-shared key in ${path} has ${end} bytes; at most ${longestKey} are accepted (RFC 4279 section 5.3).`,
      'Use a shorter one at both ends: 16 to 32 random bytes are enough.',
    );
  return key;
}

/** The content of a file without a final line end. Throws a DotsError that does not contain the path. */
async function readSecret(path: string, what: string, short: string): Promise<Buffer> {
  const bytes = await readSmallFile(path).catch((cause: unknown) => {
    // The value may be the secret itself, which must not appear in messages and logs.
    const reason = fileReason(cause);
    throw unreadable(
      `The file of the ${what} cannot be read: ${reason.includes(path) ? 'it is not a path' : reason}.`,
      `Name the file that contains the ${short}, not the ${short} itself.`,
    );
  });
  return bytes.subarray(0, /\r?\n?$/.exec(bytes.toString('latin1'))?.index);
}

async function readBytes(path: string, what: string): Promise<Buffer> {
  return readSmallFile(path).catch((cause: unknown) => {
    throw unreadable(`The ${what} file ${path} cannot be read: ${fileReason(cause)}.`, 'Check the path.', cause);
  });
}

function unreadable(message: string, hint: string, cause?: unknown): DotsError {
  return new DotsError('usage', 'transport/credential-file', message, hint, { cause });
}

function incomplete(message: string, hint: string): DotsError {
  return new DotsError('usage', 'transport/credentials', message, hint);
}
