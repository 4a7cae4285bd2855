import type { Bound } from '../packets/intervals';
import { dimensions, regionsTouch, type Dimension, type Region } from '../packets/region';

/** A region with the number of its owner. */
export interface Owned {
  owner: number;
  region: Region;
}

interface Span {
  index: number;
  from: Bound;
  to: Bound;
}

function compareBounds(a: Bound, b: Bound): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** From the least to the greatest value of each region in one field. */
function spansIn(items: readonly Owned[], dimension: Dimension): Span[] {
  return items.map(({ region }, index) => ({
    index,
    from: region[dimension][0] as Bound,
    to: region[dimension].at(-1) as Bound,
  }));
}

/** How many pairs of spans overlap: all pairs less those where one ends before the other starts. */
function countPairs(spans: readonly Span[]): number {
  const starts = spans.map(({ from }) => from).sort(compareBounds);
  const ends = spans.map(({ to }) => to).sort(compareBounds);
  let disjoint = 0;
  let ended = 0;
  for (const start of starts) {
    while (ended < ends.length && (ends[ended] as Bound) <= start) ended++;
    disjoint += ended;
  }
  return (spans.length * (spans.length - 1)) / 2 - disjoint;
}

/** The spans of the field that separates most regions, and how many pairs remain to compare. */
function bestSpans(items: readonly Owned[]): { spans: Span[]; pairs: number } {
  let best: { spans: Span[]; pairs: number } | undefined;
  for (const dimension of dimensions) {
    const first = items[0]?.region[dimension];
    if (best !== undefined && items.every(({ region }) => region[dimension] === first)) continue;
    const spans = spansIn(items, dimension);
    const pairs = countPairs(spans);
    if (best === undefined || pairs < best.pairs) best = { spans, pairs };
  }
  return best ?? { spans: [], pairs: 0 };
}

/**
 * For each owner the others (of the same family) whose regions have a packet in common with one of its own, if the pair
 * is of interest. Sweeps along the field that separates best, so that disjoint rules cost n log n. Undefined if more
 * than `budget` pairs would have to be compared.
 */
export function neighbours(
  items: readonly Owned[],
  owners: number,
  budget: number,
  matters: (a: number, b: number) => boolean,
): Set<number>[] | undefined {
  const { spans, pairs } = bestSpans(items);
  if (pairs > budget) return undefined;
  const result = Array.from({ length: owners }, () => new Set<number>());
  let open: Span[] = [];
  for (const span of spans.sort((a, b) => compareBounds(a.from, b.from))) {
    const one = items[span.index] as Owned;
    open = open.filter(({ to }) => to > span.from);
    for (const { index } of open) {
      const other = items[index] as Owned;
      if (one.owner === other.owner || !matters(one.owner, other.owner) || !regionsTouch(one.region, other.region))
        continue;
      result[one.owner]?.add(other.owner);
      result[other.owner]?.add(one.owner);
    }
    open.push(span);
  }
  return result;
}
