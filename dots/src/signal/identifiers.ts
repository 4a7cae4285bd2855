import { randomBytes } from 'node:crypto';

/** The mid from which on mids start again at 0: three quarters of 2^32 - 1 (RFC 9132 section 4.4.1.1). */
const rollover = 3_221_225_471;

/**
 * A client identifier of 22 characters: 16 random bytes in base64url, as long as one made from a certificate (RFC 9132
 * section 4.4.1.1).
 */
export function newCuid(): string {
  return randomBytes(16).toString('base64url');
}

/**
 * The mid of the next mitigation request: the seconds since 1970, and more than the previous one in any case,
 * so that it increases even for a client without stored state. After the rollover it starts again at 0.
 */
export function nextMid(previous: number | undefined, now: Date): number {
  const next = Math.max(Math.floor(now.getTime() / 1000), (previous ?? -1) + 1);
  return next < rollover ? next : 0;
}
