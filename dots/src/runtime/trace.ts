/** Receives what a session dropped, lost or tolerated: one sentence for each event. */
export type Trace = (sentence: string) => void;

/** How many different sentences have counters of their own; those beyond share one. */
const countedApart = 256;

/**
 * Keeps noise from flooding a log: of equal sentences the first is passed on, then the second, the fourth, the eighth and so on, with
 * their number.
 * @returns hears a sentence, and whom it is about
 */
export function thinned(write: (line: string) => void): (sentence: string, about?: string) => void {
  const counts = new Map<string, number>();
  return (sentence, about) => {
    const key = counts.has(sentence) || counts.size < countedApart ? sentence : '';
    const count = (counts.get(key) ?? 0) + 1;
    counts.set(key, count);
    if (!Number.isInteger(Math.log2(count))) return;
    write(`${about === undefined ? '' : `${about}: `}${sentence}${count === 1 ? '' : ` (${count} so far)`}`);
  };
}
