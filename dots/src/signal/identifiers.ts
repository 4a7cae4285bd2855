import { createHash, randomBytes, X509Certificate } from 'node:crypto';
import { certificatePattern, type ClientCredentials } from '#dots/transport/certificates/credentials';

/** From here on mids start again at 0: three quarters of 2^32 - 1 (RFC 9132 section 4.4.1.1). */
export const rollover = 3_221_225_471;

/** The largest mid, sid, tsid and tmid. */
export const largestId = 0xffff_ffff;

/** A client identifier of 22 characters: 16 random bytes in base64url, as long as one made from a certificate (RFC 9132 section 4.4.1.1). */
export function newCuid(): string {
  return randomBytes(16).toString('base64url');
}

/**
 * The cuid of a client that proves itself by a certificate or a pre-shared key, as RFC 9132 section 4.4.1.1 derives it: the first 16 bytes of the
 * SHA-256 of its public key (the DER of its Subject Public Key Info) or of the identity of its key, in base64url.
 * Undefined for a certificate that cannot be read, which the connection attempt reports.
 */
export function cuidOf(credentials: ClientCredentials): string | undefined {
  if ('psk' in credentials) return cuidFrom(credentials.psk.identity);
  const key = publicKeyOf(credentials.certificate.cert);
  return key && cuidFrom(key);
}

/** The cuid that is derived from what proves a client, or names it on a plain path, which proves nothing. */
export function cuidFrom(proof: string | Uint8Array): string {
  return createHash('sha256').update(proof).digest().subarray(0, 16).toString('base64url');
}

/** The first certificate is one's own; those of its issuers follow. */
function publicKeyOf(pem: string): Uint8Array | undefined {
  const [own] = pem.match(certificatePattern) ?? [];
  try {
    return own === undefined ? undefined : new X509Certificate(own).publicKey.export({ type: 'spki', format: 'der' });
  } catch {
    return undefined;
  }
}

/**
 * The mid of the next mitigation request: the seconds since 1970, and more than the previous one in any case,
 * so that a client which remembers nothing still goes up. After the rollover it starts again at 0.
 */
export function nextMid(previous: number | undefined, now: Date): number {
  const next = Math.max(Math.floor(now.getTime() / 1000), (previous ?? -1) + 1);
  return next < rollover ? next : 0;
}
