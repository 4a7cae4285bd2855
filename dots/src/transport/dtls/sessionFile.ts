import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isObject } from '#dots/model/json';
import { replaceFile } from '#dots/runtime/atomicFile';
import { stateFolder } from '#dots/runtime/stateFolder';
import { resumableUntil, sessionMemory, type SavedSession, type SessionMemory } from './sessions';

/** The name of the file in the state folder. */
const fileName = 'sessions.json';
const mostStored = 32;

/** A session in the file. */
interface Stored {
  /** Milliseconds since 1970. */
  until: number;
  /** Nonce, tag and ciphertext, base64. */
  sealed: string;
}

const [cipher, nonceLength, tagLength] = ['aes-256-gcm', 12, 16] as const;

/**
 * Sessions that may be resumed by the next process of this user. Each is encrypted with its key, which follows from the
 * client's private key (`sessionKey`): the file is of no use without that. A session with a pre-shared key stays in
 * memory, because such a key may be guessed. A file that is missing, damaged or cannot be written is as none.
 */
export function storedSessions(path: string = join(stateFolder(), fileName)): SessionMemory {
  const memory = sessionMemory(mostStored);
  // One after the other, so that none is lost between reading and writing.
  let written: Promise<unknown> = Promise.resolve();
  const write = (change: (entries: Map<string, Stored>) => boolean): void => {
    written = written.then(() => {
      const entries = read(path);
      if (!change(entries)) return undefined;
      const text = JSON.stringify(Object.fromEntries([...entries].slice(-mostStored)));
      return replaceFile(path, `${text}\n`).catch(() => undefined);
    });
  };
  return {
    get: (key) => memory.get(key) ?? opened(key, read(path).get(nameOf(key))),
    set: (key, session) => {
      memory.set(key, session);
      if (session.identity.startsWith('psk:')) return;
      const stored = { until: resumableUntil(session), sealed: seal(key, session) };
      write((entries) => {
        entries.delete(nameOf(key));
        entries.set(nameOf(key), stored);
        return true;
      });
    },
    delete: (key) => {
      memory.delete(key);
      write((entries) => entries.delete(nameOf(key)));
    },
  };
}

/** What is in the file, without what is too old. */
function read(path: string): Map<string, Stored> {
  try {
    const stored: unknown = JSON.parse(readFileSync(path, 'utf8'));
    const entries = isObject(stored) ? Object.entries(stored as Record<string, unknown>) : [];
    return new Map(entries.filter((entry): entry is [string, Stored] => isStored(entry[1])));
  } catch {
    return new Map();
  }
}

function isStored(value: unknown): value is Stored {
  const { until, sealed } = (value ?? {}) as Partial<Stored>;
  return typeof until === 'number' && until > Date.now() && typeof sealed === 'string';
}

/** The name says nothing about the key. */
const nameOf = (key: string): string => createHash('sha256').update(`name\n${key}`).digest('base64url');

const secretOf = (key: string): Uint8Array => new Uint8Array(hkdfSync('sha256', key, '', 'dots saved session', 32));

function seal(key: string, { bytes, certificate, ...rest }: SavedSession): string {
  const plain = JSON.stringify({
    ...rest,
    bytes: Buffer.from(bytes).toString('base64'),
    ...(certificate && { certificate: Buffer.from(certificate).toString('base64') }),
  });
  const nonce = randomBytes(nonceLength);
  const encryption = createCipheriv(cipher, secretOf(key), nonce);
  const sealed = Buffer.concat([encryption.update(plain, 'utf8'), encryption.final()]);
  return Buffer.concat([nonce, encryption.getAuthTag(), sealed]).toString('base64');
}

function opened(key: string, stored: Stored | undefined): SavedSession | undefined {
  if (stored === undefined) return undefined;
  try {
    const all = Buffer.from(stored.sealed, 'base64');
    const decryption = createDecipheriv(cipher, secretOf(key), all.subarray(0, nonceLength));
    decryption.setAuthTag(all.subarray(nonceLength, nonceLength + tagLength));
    const plain = Buffer.concat([decryption.update(all.subarray(nonceLength + tagLength)), decryption.final()]);
    const { bytes, certificate, ...rest } = JSON.parse(plain.toString('utf8')) as Sealed;
    return {
      ...rest,
      bytes: Buffer.from(bytes, 'base64'),
      ...(certificate !== undefined && { certificate: Buffer.from(certificate, 'base64') }),
    };
  } catch {
    return undefined;
  }
}

/** A saved session as JSON: octets are base64. */
type Sealed = Omit<SavedSession, 'bytes' | 'certificate'> & { bytes: string; certificate?: string };
