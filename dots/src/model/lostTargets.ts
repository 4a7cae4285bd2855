import { itemsOf, type JsonObject } from './json';
import { covers, formatPrefix, halves, overlaps, parsePrefix, type Prefix } from './prefix';
import { selectors, targetForm, type Selector } from './sharedTargets';

/**
 * The targets of some scopes that no other one has, as members of a scope; undefined if there are none. Of a prefix
 * only the part that is not covered. Names and aliases are compared as names: what they stand for is not known here.
 */
export function lostTargets(before: readonly JsonObject[], after: readonly JsonObject[]): JsonObject | undefined {
  const lost: JsonObject = {};
  for (const member of selectors) {
    const [old, kept] = [texts(before, member), texts(after, member)];
    const missing = member === 'target-prefix' ? uncovered(old, kept) : old.filter((name) => !isIn(kept, name, member));
    if (missing.length > 0) lost[member] = missing;
  }
  return Object.keys(lost).length > 0 ? lost : undefined;
}

const texts = (scopes: readonly JsonObject[], member: Selector): string[] => [
  ...new Set(scopes.flatMap((scope) => itemsOf(scope[member])).filter((item) => typeof item === 'string')),
];

const isIn = (names: readonly string[], name: string, member: Selector): boolean =>
  names.some((other) => targetForm(member, other) === targetForm(member, name));

function uncovered(before: readonly string[], after: readonly string[]): string[] {
  const kept = prefixesOf(after);
  return [...new Set(prefixesOf(before).flatMap((prefix) => rest(prefix, kept).map(formatPrefix)))];
}

const prefixesOf = (all: readonly string[]): Prefix[] => all.map(parsePrefix).filter((prefix) => prefix !== undefined);

/** The parts of a prefix that none of the others covers. */
function rest(prefix: Prefix, others: readonly Prefix[]): Prefix[] {
  const inside = others.filter((other) => overlaps(other, prefix));
  if (inside.length === 0) return [prefix];
  return inside.some((other) => covers(other, prefix)) ? [] : halves(prefix).flatMap((half) => rest(half, inside));
}
