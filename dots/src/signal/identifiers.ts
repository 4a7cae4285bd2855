import { createHash, randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { certificatePattern, type ClientCredentials } from '#dots/transport/certificates/credentials';
import { parsedCertificate } from '#dots/transport/certificates/parsedCertificate';

/** The mid from which on mids start again at 0: three quarters of 2^32 - 1 (RFC 9132 section 4.4.1.1). */
export const rollover = 3_221_225_471;

/** The largest mid, sid, tsid and tmid. */
export const largestId = 0xffff_ffff;

/**
 * A client identifier of 22 characters: 16 random bytes in base64url, as long as one made from a certificate (RFC 9132
 * section 4.4.1.1).
 */
export function newCuid(): string {
  return randomBytes(16).toString('base64url');
}

/**
 * The cuid of a client that proves itself by a certificate or a pre-shared key, as RFC 9132 section 4.4.1.1 derives it:
 * the first 16 bytes of the SHA-256 of its public key (the DER of its Subject Public Key Info) or of the identity of
 * its key, in base64url. Undefined for a certificate that cannot be read, which the connection attempt reports.
 */
export function cuidOf(credentials: ClientCredentials): string | undefined {
  return 'psk' in credentials ? cuidFrom(credentials.psk.identity) : cuidOfCertificate(credentials.certificate.cert);
}

/** The same for the first certificate of a PEM file, which is one's own. */
export function cuidOfCertificate(pem: string): string | undefined {
  const [own] = pem.match(certificatePattern) ?? [];
  try {
    const key = own && parsedCertificate(own).publicKey.export({ type: 'spki', format: 'der' });
    return key ? cuidFrom(key) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * On a plain path nothing proves the client: its cuid follows from the user and the machine, so that it is the same
 * each time.
 */
export function cuidOnPlainPath(): string {
  return cuidFrom(`${process.geteuid?.() ?? process.env.USERNAME ?? ''}@${hostname()}`);
}

function cuidFrom(proof: string | Uint8Array): string {
  return createHash('sha256').update(proof).digest().subarray(0, 16).toString('base64url');
}

/**
 * The mid of the next mitigation request: the seconds since 1970, and more than the previous one in any case,
 * so that it increases even for a client without stored state. After the rollover it starts again at 0.
 */
export function nextMid(previous: number | undefined, now: Date): number {
  const next = Math.max(Math.floor(now.getTime() / 1000), (previous ?? -1) + 1);
  return next < rollover ? next : 0;
}
