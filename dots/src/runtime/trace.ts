/** Receives what a session dropped, lost or tolerated: one sentence for each event. */
export type Trace = (sentence: string) => void;

/** How many different sentences are counted separately; further ones share a counter. */
const countedApart = 256;

/**
 * Limits repetition in a log: of equal sentences the first is passed on, then the second, the fourth, the eighth and so
 * on, with their count. @returns receives a sentence, and the peer that it is about
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
