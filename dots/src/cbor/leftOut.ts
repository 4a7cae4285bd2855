import type { CborError } from './errors';

/** How many values that were left out are named one by one. */
const named = 8;

/** One sentence for each of the first values that were left out of a document, and one for all others. */
export function leftOutWords(leftOut: readonly CborError[]): string[] {
  const more = leftOut.length - named;
  const words = leftOut.slice(0, named).map(({ message }) => `Left out: ${message}`);
  return more > 0 ? [...words, `Left out: ${more} more, for reasons like these.`] : words;
}
