/** A bound of an interval: a number, or a bigint for IPv6 addresses; within one set always of one kind. */
export type Bound = number | bigint;

/**
 * A set of whole numbers as ascending, disjoint, half-open intervals laid out flat: [from, to, from, to, ...].
 * Half-open, so that all operations need comparisons only.
 */
export type IntervalSet = readonly Bound[];

/** The set of one interval; empty when it ends before it starts. */
export function interval(from: Bound, to: Bound): IntervalSet {
  return from < to ? [from, to] : [];
}

/** The values that are in both sets. */
export function intersect(a: IntervalSet, b: IntervalSet): IntervalSet {
  if (a === b) return a;
  const result: Bound[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [fromA, toA, fromB, toB] = [a[i] as Bound, a[i + 1] as Bound, b[j] as Bound, b[j + 1] as Bound];
    const from = fromA > fromB ? fromA : fromB;
    const to = toA < toB ? toA : toB;
    if (from < to) result.push(from, to);
    if (toA < toB) i += 2;
    else j += 2;
  }
  return result;
}

/** Whether two sets have a value in common. */
export function touches(a: IntervalSet, b: IntervalSet): boolean {
  if (a === b) return a.length > 0;
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    if ((a[i] as Bound) < (b[j + 1] as Bound) && (b[j] as Bound) < (a[i + 1] as Bound)) return true;
    if ((a[i + 1] as Bound) < (b[j + 1] as Bound)) i += 2;
    else j += 2;
  }
  return false;
}

/** The values of `a` that are not in `b`. */
export function subtract(a: IntervalSet, b: IntervalSet): IntervalSet {
  const result: Bound[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let from = a[i] as Bound;
    const to = a[i + 1] as Bound;
    while (j < b.length && (b[j + 1] as Bound) <= from) j += 2;
    for (let k = j; k < b.length && (b[k] as Bound) < to; k += 2) {
      if ((b[k] as Bound) > from) result.push(from, b[k] as Bound);
      if ((b[k + 1] as Bound) > from) from = b[k + 1] as Bound;
    }
    if (from < to) result.push(from, to);
  }
  return result;
}

/** The values that are in one of the sets; intervals that meet become one. */
export function union(sets: readonly IntervalSet[]): IntervalSet {
  const pairs: [Bound, Bound][] = [];
  for (const set of sets) for (let i = 0; i < set.length; i += 2) pairs.push([set[i] as Bound, set[i + 1] as Bound]);
  pairs.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0));
  const result: Bound[] = [];
  for (const [from, to] of pairs) {
    const last = result.at(-1);
    if (last === undefined || last < from) result.push(from, to);
    else if (last < to) result[result.length - 1] = to;
  }
  return result;
}

/** Whether a value is in the set. */
export function has(set: IntervalSet, value: Bound): boolean {
  for (let i = 0; i < set.length; i += 2) if ((set[i] as Bound) <= value && value < (set[i + 1] as Bound)) return true;
  return false;
}

/** The numbers below `size` that pass the test. */
export function numbersWhere(size: number, test: (value: number) => boolean): IntervalSet {
  const result: Bound[] = [];
  for (let value = 0, inside = false; value <= size; value++) {
    const now = value < size && test(value);
    if (now !== inside) result.push(value);
    inside = now;
  }
  return result;
}
