import type { CborError } from './errors';

/** What was left out of a document that does not follow the RFC. */
export interface LeftOut {
  /** The reasons for the first values, in the order of the octets. */
  reasons: CborError[];
  /** How many values there were. */
  count: number;
}

/** How many reasons are kept: a document may be nothing but faults. */
const reasonsKept = 8;

/** An empty list of reasons, for one reading. */
export function nothingLeftOut(): LeftOut {
  return { reasons: [], count: 0 };
}

/** Counts one more value, and keeps the reason where it is one of the first. */
export function leaveOut(leftOut: LeftOut, reason: () => CborError): void {
  leftOut.count += 1;
  if (leftOut.reasons.length < reasonsKept) leftOut.reasons.push(reason());
}

/** One sentence for each of the first values that were left out, and one for all others. */
export function leftOutWords({ reasons, count }: LeftOut): string[] {
  const words = reasons.map(({ message }) => `Left out: ${message}`);
  const more = count - reasons.length;
  return more > 0 ? [...words, `Left out: ${more} more, for reasons like these.`] : words;
}
