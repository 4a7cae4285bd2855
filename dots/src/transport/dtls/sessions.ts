import { createHash, X509Certificate } from 'node:crypto';
import { parsedCertificate } from '../certificates/parsedCertificate';
import { certificatePattern, type ClientCredentials } from '../certificates/credentials';
import { addressText, type Address } from '../address';

/** A session that may be resumed: it contains secrets, so a file has it encrypted only (`storedSessions`). */
export interface SavedSession {
  bytes: Uint8Array;
  peerName: string;
  certificate?: Uint8Array;
  identity: string;
  /** Milliseconds since 1970 when the server was authenticated, which a resumption does not repeat. */
  provedAt: number;
  /** Milliseconds since 1970 when the first of its certificates expires. */
  notAfter: number;
}

/**
 * How long a session may be resumed after its authentication, milliseconds: RFC 5246 section F.1.4 suggests 24 hours,
 * and a ticket may be renewed any number of times.
 */
const resumableMs = 24 * 3600 * 1000;

/** Whether a session may still be resumed, by the date of the clock, milliseconds since 1970. */
export function isResumable(session: SavedSession, now: number): boolean {
  return now >= session.provedAt && now < resumableUntil(session);
}

/** Until when a session may be resumed, milliseconds since 1970. */
export function resumableUntil({ provedAt, notAfter }: Pick<SavedSession, 'provedAt' | 'notAfter'>): number {
  return Math.min(provedAt + resumableMs, notAfter);
}

/**
 * Milliseconds since 1970 when a chain, DER, is no longer valid: of the chain the first certificate that expires
 * counts, of the CAs, PEM, the last one that signed it.
 */
export function endOfProof(chain: readonly Uint8Array[], ca = ''): number {
  try {
    const shown = chain.map((der) => new X509Certificate(der));
    const issuers = (ca.match(certificatePattern) ?? [])
      .map(parsedCertificate)
      .filter((each) => shown.some((certificate) => certificate.checkIssued(each)));
    return Math.min(...shown.map(endOf), issuers.length === 0 ? Infinity : Math.max(...issuers.map(endOf)));
  } catch {
    // A certificate that cannot be read here is ignored.
    return 0;
  }
}

function endOf({ validTo }: X509Certificate): number {
  return Date.parse(validTo);
}

/** The sessions that a client may resume: RFC 9132 section 7.1. */
export interface SessionMemory {
  get(key: string): SavedSession | undefined;
  set(key: string, session: SavedSession): void;
  delete(key: string): void;
}

/** A cache of the last sessions in memory. */
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

/** The key of a session, with all that it depends on: the server, its required identity, and the client's identity. */
export function sessionKey(address: Address, serverName: string, credentials: ClientCredentials): string {
  const shown =
    'psk' in credentials
      ? { identity: credentials.psk.identity, key: Buffer.from(credentials.psk.key).toString('base64') }
      : credentials.certificate;
  return createHash('sha256')
    .update(JSON.stringify([addressText(address), serverName, shown]))
    .digest('base64');
}
