import type { Family } from '#dots/model/prefix';
import { compareKeys } from '../bgp/order';
import { packetIn, type Region, intersectRegions, regionsTouch } from '../packets/region';
import type { Packet } from '../packets/packet';
import { remainder, type ListedRule, type Search } from './conflicts';
import { neighbours } from './neighbours';

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

/** The packets that a rule and some traffic have in common. */
interface Overlap<T> extends Omit<Traffic<T>, 'regions'> {
  rule: number;
  regions: Region[];
}

/**
 * For each rule of interest and each kind of traffic that it meets, one packet that routers decide by this rule, because no
 * rule that they test before matches it (RFC 8955 section 5.1). Undefined when there is more to compare than `mostPairs`.
 */
export function decidedPackets<T>(
  rules: readonly ListedRule[],
  traffic: readonly Traffic<T>[],
  isOfInterest: (rule: number) => boolean,
): Decided<T>[] | undefined {
  const regionCount = traffic.reduce((count, { regions }) => count + regions.length, 0);
  if (regionCount * rules.length > mostPairs) return undefined;
  const overlaps = rules.flatMap((rule, index) => (isOfInterest(index) ? overlapsOf(rule, index, traffic) : []));
  if (overlaps.length === 0) return [];
  const before = testedBefore(rules, new Set(overlaps.map(({ rule }) => rule)));
  const search: Search = { cutsLeft: mostCuts };
  return overlaps.flatMap(({ rule, what, family, regions }) => {
    const packet = decidedPacket(regions, before(rule), family, search);
    return packet === undefined ? [] : [{ rule, what, packet }];
  });
}

function overlapsOf<T>(rule: ListedRule, index: number, traffic: readonly Traffic<T>[]): Overlap<T>[] {
  return traffic.flatMap(({ what, family, regions }) => {
    if (family !== rule.family) return [];
    const common = (rule.regions ?? []).flatMap((own) => regions.flatMap((one) => intersectRegions(own, one) ?? []));
    return common.length === 0 ? [] : [{ rule: index, what, family, regions: common }];
  });
}

/** For each of the wanted rules the regions of those that routers test before it and that it overlaps. */
function testedBefore(rules: readonly ListedRule[], wanted: ReadonlySet<number>): (rule: number) => Region[] {
  const near = (['ipv4', 'ipv6'] as const).map((family) => {
    const owned = rules.flatMap((rule, owner) =>
      rule.family === family ? (rule.regions ?? []).map((region) => ({ owner, region })) : [],
    );
    return neighbours(owned, rules.length, mostPairs, (a, b) => wanted.has(a) || wanted.has(b));
  });
  return (rule) => {
    const own = rules[rule] as ListedRule;
    const others = near[own.family === 'ipv4' ? 0 : 1]?.[rule] ?? new Set<number>();
    return [...others]
      .map((other) => rules[other] as ListedRule)
      .filter(({ key }) => compareKeys(key, own.key) < 0)
      .flatMap(({ regions }) => regions ?? []);
  };
}

/** A packet of the regions that none of the rules before takes; one that is tried first makes cutting unnecessary nearly always. */
function decidedPacket(
  regions: readonly Region[],
  before: readonly Region[],
  family: Family,
  search: Search,
): Packet | undefined {
  const free = regions.find((region) => !before.some((other) => regionsTouch(region, other)));
  const [left] = free === undefined ? remainder(regions, before, search) : [free];
  return left && packetIn(left, family);
}
