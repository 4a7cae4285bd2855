import type { StoredEntry } from './dataClient';

/**
 * The entries of a list with numbers that increase in their order. Those that have one keep it, so that a new entry
 * changes no other; where no number is left between two, all are counted again.
 * @param known the list before: an entry that was replaced takes its number over
 */
export function withPositions(entries: readonly StoredEntry[], known: readonly StoredEntry[] = []): StoredEntry[] {
  const byName = new Map(known.map(({ value, position }) => [value.name, position]));
  const bounds = upperBounds(entries);
  let [last, isOrdered] = [-1, true];
  const placed = entries.map((entry, index) => {
    const bound = bounds[index] ?? Infinity;
    const own = entry.position ?? byName.get(entry.value.name);
    const position = own !== undefined && last < own && own < bound ? own : between(last, bound);
    isOrdered &&= last < position && position < bound;
    last = position;
    return position === entry.position ? entry : { ...entry, position };
  });
  return isOrdered ? placed : placed.map((entry, position) => ({ ...entry, position }));
}

/** For each entry the number of the next one that has one. */
function upperBounds(entries: readonly StoredEntry[]): number[] {
  let bound = Infinity;
  return entries
    .map((_, index) => entries.length - 1 - index)
    .map((index) => {
      const before = bound;
      bound = entries[index]?.position ?? bound;
      return before;
    })
    .reverse();
}

function between(last: number, bound: number): number {
  return bound === Infinity ? Math.floor(last) + 1 : (last + bound) / 2;
}
