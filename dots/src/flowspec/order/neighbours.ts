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
function overlappingPairs(spans: readonly Span[]): number {
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

/**
 * Which pairs of owners are of interest: those of different groups always, those of one group only if it is `inner`.
 */
export interface Grouping {
  groupOf: (owner: number) => number;
  isInner: (group: number) => boolean;
}

/** The spans of each group whose own pairs are of no interest. */
function outerGroups(spans: readonly Span[], items: readonly Owned[], { groupOf, isInner }: Grouping): Span[][] {
  const groups = new Map<number, Span[]>();
  for (const span of spans) {
    const group = groupOf((items[span.index] as Owned).owner);
    if (isInner(group)) continue;
    const known = groups.get(group);
    if (known === undefined) groups.set(group, [span]);
    else known.push(span);
  }
  return [...groups.values()];
}

/** How many pairs of interest overlap in one field. */
function countPairs(spans: readonly Span[], items: readonly Owned[], grouping: Grouping): number {
  return outerGroups(spans, items, grouping).reduce(
    (pairs, group) => pairs - overlappingPairs(group),
    overlappingPairs(spans),
  );
}

/** The spans of the field that separates most regions, and how many pairs remain to compare. */
function bestSpans(items: readonly Owned[], grouping: Grouping): { spans: Span[]; pairs: number } {
  let best: { spans: Span[]; pairs: number } | undefined;
  for (const dimension of dimensions) {
    const first = items[0]?.region[dimension];
    if (best !== undefined && items.every(({ region }) => region[dimension] === first)) continue;
    const spans = spansIn(items, dimension);
    const pairs = countPairs(spans, items, grouping);
    if (best === undefined || pairs < best.pairs) best = { spans, pairs };
  }
  return best ?? { spans: [], pairs: 0 };
}

/**
 * The spans that a sweep has reached and not left, by group. Those that have ended are removed when their group is
 * looked at, so that each is removed once.
 */
class OpenSpans {
  private readonly groups = new Map<number, Span[]>();

  constructor(private readonly isInner: Grouping['isInner']) {}

  add(group: number, span: Span): void {
    const open = this.groups.get(group);
    if (open === undefined) this.groups.set(group, [span]);
    else open.push(span);
  }

  /** The open spans that form a pair of interest with one of a group that starts here. */
  *meeting(group: number, start: Bound): Generator<Span> {
    for (const [other, spans] of this.groups) {
      if (other === group && !this.isInner(group)) continue;
      const open = spans.filter(({ to }) => to > start);
      if (open.length === 0) this.groups.delete(other);
      else this.groups.set(other, open);
      yield* open;
    }
  }
}

/** For each owner the others that it overlaps; none for an owner without an entry. */
export type Neighbours = ReadonlyMap<number, ReadonlySet<number>>;

/**
 * For each owner the others (of the same family) whose regions have a packet in common with one of its own, if the pair
 * is of interest. Sweeps along the field that separates best, so that disjoint rules cost n log n, and pairs that are
 * of no interest nothing. Undefined if more than `budget` pairs would have to be compared.
 */
export function neighbours(items: readonly Owned[], budget: number, grouping: Grouping): Neighbours | undefined {
  const { spans, pairs } = bestSpans(items, grouping);
  if (pairs > budget) return undefined;
  const result = new Map<number, Set<number>>();
  const note = (owner: number, other: number): void => {
    const known = result.get(owner);
    if (known === undefined) result.set(owner, new Set([other]));
    else known.add(other);
  };
  const open = new OpenSpans(grouping.isInner);
  for (const span of spans.sort((a, b) => compareBounds(a.from, b.from))) {
    const { owner, region } = items[span.index] as Owned;
    const group = grouping.groupOf(owner);
    for (const { index } of open.meeting(group, span.from)) {
      const other = items[index] as Owned;
      if (owner === other.owner || !regionsTouch(region, other.region)) continue;
      note(owner, other.owner);
      note(other.owner, owner);
    }
    open.add(group, span);
  }
  return result;
}

/** The pairs of which one at least is wanted. */
export function concerning(isWanted: (owner: number) => boolean): Grouping {
  return { groupOf: (owner) => (isWanted(owner) ? 1 : 0), isInner: (group) => group === 1 };
}
