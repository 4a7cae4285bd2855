import { statSync } from 'node:fs';
import { describeError } from '#dots/model/errors';
import { readSmallFile } from '#dots/runtime/smallFile';
import type { CredentialFiles } from './credentialFiles';
import { certificatePattern } from './credentials';
import { parsedCertificate } from './parsedCertificate';

const dayMs = 86_400_000;
/** How long before its end a certificate is reported, milliseconds. */
const aheadMs = 30 * dayMs;

/**
 * What is wrong with the files of a client soon, or for others than its connections, one sentence each: certificates
 * that have expired or will within 30 days, and secrets that every user of this machine can read. A file that cannot
 * be read is left to who uses it.
 * @param now milliseconds since 1970
 */
export async function credentialWarnings(files: CredentialFiles, now: number): Promise<string[]> {
  const { cert, ca, key, keyPasswordFile, pskKeyFile } = files;
  const all = await Promise.all([
    expiry('The client certificate', cert, Math.min, now),
    // Of several CAs, the last one that is valid counts.
    expiry('The CA certificate', ca, Math.max, now),
    exposed('The private key', key),
    exposed('The password of the private key', keyPasswordFile),
    exposed('The pre-shared key', pskKeyFile),
  ]);
  return all.filter((sentence) => sentence !== undefined);
}

type Choice = (...ends: number[]) => number;

async function expiry(
  what: string,
  path: string | undefined,
  choose: Choice,
  now: number,
): Promise<string | undefined> {
  const pem = path === undefined ? '' : (await readSmallFile(path).catch(() => '')).toString();
  const ends = (pem.match(certificatePattern) ?? []).flatMap(endOf);
  const end = choose(...ends);
  return path === undefined || ends.length === 0 ? undefined : expiryWarning(`${what} ${path}`, end, now);
}

/**
 * The sentence for a certificate that has expired or will within 30 days; undefined for any other.
 * @param end milliseconds since 1970
 */
export function expiryWarning(what: string, end: number, now: number): string | undefined {
  if (end - now >= aheadMs) return undefined;
  const day = new Date(end).toISOString().slice(0, 10);
  if (end <= now) return `${what} expired on ${day}: renew it, or no new session can be opened.`;
  const days = Math.floor((end - now) / dayMs);
  const left = days === 0 ? 'in less than a day' : `in ${days} day${days === 1 ? '' : 's'}`;
  return `${what} expires ${left}, on ${day}: renew it before that, or no new session can be opened.`;
}

function endOf(pem: string): number[] {
  try {
    return [Date.parse(parsedCertificate(pem).validTo)];
  } catch {
    return [];
  }
}

/** Windows has no such permissions. */
function exposed(what: string, path: string | undefined): string | undefined {
  if (path === undefined || process.platform === 'win32') return undefined;
  const mode = modeOf(path);
  return (mode & 0o004) === 0
    ? undefined
    : `${what} ${path} can be read by every user of this machine (mode ${mode.toString(8).padStart(4, '0')}): chmod 600 ${path}.`;
}

/** The permissions of a file; none for one that cannot be looked at. */
function modeOf(path: string): number {
  try {
    return statSync(path).mode & 0o777;
  } catch {
    return 0;
  }
}

/** From when to when the certificates in a file are valid, in words; a file that cannot be read is reported so. */
export async function certificateDates(path: string): Promise<string> {
  try {
    const pems = (await readSmallFile(path)).toString().match(certificatePattern) ?? [];
    const dates = pems.map(parsedCertificate).map(({ validFrom, validTo }) => {
      const [from = '', to = ''] = [validFrom, validTo].map((date) => new Date(date).toISOString().slice(0, 10));
      return `valid from ${from} to ${to}`;
    });
    return dates.length === 0 ? 'which has no certificate' : dates.join('; ');
  } catch (error) {
    return `which cannot be read: ${describeError(error)}`;
  }
}
