import { compareAddresses, covers, formatPrefix, makePrefix, type Prefix } from '#dots/model/prefix';

/** Ancestors before what they cover: by address, then the shorter prefix first. */
function compare(a: Prefix, b: Prefix): number {
  return a.family.localeCompare(b.family) || compareAddresses(a.octets, b.octets) || a.length - b.length;
}

/** The prefix of which the two are the halves, or undefined. */
function joined(a: Prefix, b: Prefix): Prefix | undefined {
  if (a.family !== b.family || a.length !== b.length || a.length === 0) return undefined;
  const whole = makePrefix(a.octets, a.length - 1);
  return covers(whole, b) && compareAddresses(a.octets, b.octets) !== 0 ? whole : undefined;
}

/**
 * The fewest prefixes with exactly the addresses of the given ones: duplicates and covered prefixes are removed, two
 * halves become one prefix. IPv4 first, ascending.
 */
export function mergePrefixes(prefixes: readonly Prefix[]): Prefix[] {
  const result: Prefix[] = [];
  for (const prefix of [...prefixes].sort(compare)) {
    const last = result.at(-1);
    if (last !== undefined && covers(last, prefix)) continue;
    result.push(prefix);
    for (let whole = joinLast(result); whole !== undefined; whole = joinLast(result)) result.splice(-2, 2, whole);
  }
  return result;
}

function joinLast(list: readonly Prefix[]): Prefix | undefined {
  const [before, last] = list.slice(-2);
  return before !== undefined && last !== undefined ? joined(before, last) : undefined;
}

/** The effect of merging, in words, or undefined if the list is unchanged except for its order. */
export function mergeNote(before: readonly Prefix[], after: readonly Prefix[]): string | undefined {
  if (before.length === after.length) return undefined;
  return `${before.length} prefixes became ${after.length}: ${after.map(formatPrefix).join(', ')}. They match the same addresses.`;
}
