import { compareAddresses, sameBits, type Family } from '#dots/model/prefix';
import { encodeOperands, readParts, type NlriPart } from './nlri';
import { fromHex, OctetReader, toHex } from './octets';
import type { PrefixPattern } from './prefixPattern';
import { isPrefix, type Component } from './rule';

/** The sort key of a rule, computed once: for each component its type and its prefix or operand octets. */
export type OrderKey = readonly (readonly [type: number, operand: PrefixPattern | string])[];

/** The order key of a rule. */
export function orderKey(components: readonly Component[]): OrderKey {
  const ordered = [...components].sort((a, b) => a.type - b.type);
  return partsKey(ordered.map((component) => ({ component, operands: encodeOperands(component) })));
}

/** The order key of encoded components, which are in the order of their types. */
export function partsKey(parts: readonly NlriPart[]): OrderKey {
  return parts.map(({ component, operands }) => [
    component.type,
    isPrefix(component) ? component.prefix : toHex(operands),
  ]);
}

/** The order key of an NLRI as received, whatever the width of its operands. Throws FlowspecError. */
export function nlriKey(hex: string, family: Family): OrderKey {
  return partsKey(readParts(new OctetReader(fromHex(hex)), family));
}

/** A lower offset comes first, then the more specific of two nested prefixes, otherwise the lower address. */
function comparePatterns(a: PrefixPattern, b: PrefixPattern): number {
  if (a.offset !== b.offset) return a.offset - b.offset;
  if (sameBits(a.octets, b.octets, Math.min(a.length, b.length))) return b.length - a.length;
  return compareAddresses(a.octets, b.octets);
}

/** memcmp over the common length, then the longer one first. */
function compareOperands(a: string, b: string): number {
  const common = Math.min(a.length, b.length);
  const [left, right] = [a.slice(0, common), b.slice(0, common)];
  if (left !== right) return left < right ? -1 : 1;
  return b.length - a.length;
}

/**
 * Orders rules of one family as routers do (RFC 8955 section 5.1, RFC 8956 section 4):
 * negative when `a` is tested first, positive when `b` is, 0 when they are the same rule.
 */
export function compareKeys(a: OrderKey, b: OrderKey): number {
  for (const [index, [type, operand]] of a.entries()) {
    const other = b[index];
    if (other === undefined) return -1;
    if (type !== other[0]) return type - other[0];
    const difference =
      typeof operand === 'string'
        ? compareOperands(operand, other[1] as string)
        : comparePatterns(operand, other[1] as PrefixPattern);
    if (difference !== 0) return difference;
  }
  return b.length > a.length ? 1 : 0;
}

/** `compareKeys` for two rules given by their components. */
export function compareRules(a: readonly Component[], b: readonly Component[]): number {
  return compareKeys(orderKey(a), orderKey(b));
}

/** The rules in the order in which routers test them: IPv4 before IPv6, then by `compareRules`. */
export function sortRules<T extends { family: string; components: Component[] }>(rules: readonly T[]): T[] {
  return rules
    .map((rule) => ({ rule, key: orderKey(rule.components) }))
    .sort((a, b) => a.rule.family.localeCompare(b.rule.family) || compareKeys(a.key, b.key))
    .map(({ rule }) => rule);
}
