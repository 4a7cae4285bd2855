import { createHash } from 'node:crypto';
import type { ClientCredentials } from '../credentials';
import { addressText, type Address } from '../address';

/** A session that a server lets one resume: its secrets, so it is for memory, not for files. */
export interface SavedSession {
  bytes: Uint8Array;
  peerName: string;
  certificate?: Uint8Array;
  identity: string;
  /** Milliseconds since 1970 when the certificate of the server expires. */
  notAfter: number;
}

/** Where a client keeps the sessions that it may resume: RFC 9132 section 7.1. */
export interface SessionMemory {
  get(key: string): SavedSession | undefined;
  set(key: string, session: SavedSession): void;
  delete(key: string): void;
}

/** A memory of the last sessions, which is gone with the process. */
export function sessionMemory(most = 32): SessionMemory {
  const kept = new Map<string, SavedSession>();
  const forget = (key: string): void => {
    kept.get(key)?.bytes.fill(0);
    kept.delete(key);
  };
  return {
    get: (key) => kept.get(key),
    set: (key, session) => {
      forget(key);
      kept.set(key, session);
      const [oldest] = kept.keys();
      if (kept.size > most && oldest !== undefined) forget(oldest);
    },
    delete: forget,
  };
}

/** Names a session by all that it depends on: the server, what it has to prove, and as whom one came. */
export function sessionKey(address: Address, serverName: string, credentials: ClientCredentials): string {
  const hash = createHash('sha256').update(JSON.stringify([addressText(address), serverName]));
  if ('psk' in credentials) hash.update('psk').update(credentials.psk.identity).update('\0').update(credentials.psk.key);
  else hash.update('certificate').update(JSON.stringify(credentials.certificate));
  return hash.digest('base64');
}
