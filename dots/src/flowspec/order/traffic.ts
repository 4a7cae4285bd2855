import type { Family } from '#dots/model/prefix';
import { compareKeys } from '../bgp/order';
import { intersectRegions, packetIn, regionsTouch, subtractRegion, type Region } from '../packets/region';
import type { Packet } from '../packets/packet';
import type { ListedRule, Search } from './conflicts';
import { concerning, neighbours } from './neighbours';

/** Some packets of one family, and what they are. */
export interface Traffic<T> {
  what: T;
  family: Family;
  regions: readonly Region[];
}

/** A packet of some traffic that routers decide by a rule. */
export interface Decided<T> {
  /** The rule's place in the list. */
  rule: number;
  what: T;
  packet: Packet;
}

/** Pairs of regions that are compared, and regions made while rules are cut out of others. */
const mostPairs = 2_000_000;
const mostCuts = 100_000;

/** A rule and some traffic that have packets in common, by pairs of regions. */
interface Overlap<T> {
  rule: number;
  traffic: Traffic<T>;
  pairs: readonly (readonly [Region, Region])[];
}

/**
 * For each rule of interest and each kind of traffic that it overlaps, one packet that routers decide by this rule,
 * because no rule that they test before matches it (RFC 8955 section 5.1). Undefined if there are more than `mostPairs`
 * to compare.
 */
export function decidedPackets<T>(
  rules: readonly ListedRule[],
  traffic: readonly Traffic<T>[],
  isOfInterest: (rule: number) => boolean,
): Decided<T>[] | undefined {
  const regionCount = traffic.reduce((count, { regions }) => count + regions.length, 0);
  if (regionCount * rules.length > mostPairs) return undefined;
  const overlaps: Overlap<T>[] = [];
  for (const [index, rule] of rules.entries()) if (isOfInterest(index)) addOverlaps(rule, index, traffic, overlaps);
  if (overlaps.length === 0) return [];
  const before = testedBefore(rules, new Set(overlaps.map(({ rule }) => rule)));
  const search: Search = { cutsLeft: mostCuts };
  return overlaps.flatMap(({ rule, traffic: { what, family }, pairs }) => {
    const packet = decidedPacket(pairs, before(rule), family, search);
    return packet === undefined ? [] : [{ rule, what, packet }];
  });
}

function addOverlaps<T>(rule: ListedRule, index: number, all: readonly Traffic<T>[], overlaps: Overlap<T>[]): void {
  for (const traffic of all) {
    if (traffic.family !== rule.family) continue;
    const pairs: [Region, Region][] = [];
    for (const own of rule.regions ?? [])
      for (const one of traffic.regions) if (regionsTouch(own, one)) pairs.push([own, one]);
    if (pairs.length > 0) overlaps.push({ rule: index, traffic, pairs });
  }
}

/** For each of the given rules the regions of the overlapping rules that routers test before it. */
function testedBefore(rules: readonly ListedRule[], wanted: ReadonlySet<number>): (rule: number) => Region[] {
  const near = (['ipv4', 'ipv6'] as const).map((family) => {
    const owned = rules.flatMap((rule, owner) =>
      rule.family === family ? (rule.regions ?? []).map((region) => ({ owner, region })) : [],
    );
    return neighbours(
      owned,
      mostPairs,
      concerning((rule) => wanted.has(rule)),
    );
  });
  return (rule) => {
    const own = rules[rule] as ListedRule;
    const others = near[own.family === 'ipv4' ? 0 : 1]?.get(rule) ?? new Set<number>();
    return [...others]
      .map((other) => rules[other] as ListedRule)
      .filter(({ key }) => compareKeys(key, own.key) < 0)
      .flatMap(({ regions }) => regions ?? []);
  };
}

/** A packet in both regions of a pair that no earlier rule matches. */
function decidedPacket(
  pairs: Overlap<unknown>['pairs'],
  before: readonly Region[],
  family: Family,
  search: Search,
): Packet | undefined {
  for (const [own, one] of pairs) {
    const common = intersectRegions(own, one);
    const left = common && anyLeft(common, before, 0, search);
    if (left !== undefined) return packetIn(left, family);
  }
  return undefined;
}

/** A part of a region outside all others from an index on; the region itself once there were too many cuts. */
function anyLeft(region: Region, others: readonly Region[], from: number, search: Search): Region | undefined {
  let index = from;
  while (index < others.length && !regionsTouch(region, others[index] as Region)) index++;
  if (index === others.length || search.cutsLeft <= 0) return region;
  for (const piece of subtractRegion(region, others[index] as Region)) {
    search.cutsLeft--;
    const left = anyLeft(piece, others, index + 1, search);
    if (left !== undefined) return left;
  }
  return undefined;
}
