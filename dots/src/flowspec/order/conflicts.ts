import type { Family } from '#dots/model/prefix';
import { concerning, neighbours, type Grouping, type Neighbours, type Owned } from './neighbours';
import { compareKeys, orderKey, type OrderKey } from '../bgp/order';
import type { Packet } from '../packets/packet';
import { intersectRegions, packetIn, regionsOf, regionsTouch, subtractRegion, type Region } from '../packets/region';
import type { Component } from '../bgp/rule';

/** A rule in first-match evaluation: its place in the list is the order in which it is tested. */
export interface ListedRule {
  family: Family;
  /** Its action; rules with equal text have the same effect. */
  action: string;
  key: OrderKey;
  /** The packets that match; undefined if they cannot be expressed as regions. */
  regions: Region[] | undefined;
}

/** A rule for `compareOrders`; `key` if it is known already. */
export function listRule(
  components: readonly Component[],
  family: Family,
  action: string,
  key: OrderKey = orderKey(components),
): ListedRule {
  return { family, action, key, regions: regionsOf(components, family) };
}

/** Two rules that routers test in the other order, and a packet for which the result differs. */
export interface Conflict {
  /** The place in the list of the rule that first-match evaluation applies to the packet. */
  first: number;
  /** The place of the rule that routers apply to it. */
  routersFirst: number;
  packet: Packet;
}

/** The result of comparing the two orders; it is valid for all packets unless `unknown` states why not. */
export interface Comparison {
  conflicts: Conflict[];
  unknown?: string;
  /** For the place of a rule with a conflict, the places of all rules that overlap it; absent if none or too many. */
  overlaps?: Overlaps;
}

/** For the place of a rule, those of all rules that overlap it, in ascending order. */
export type Overlaps = ReadonlyMap<number, readonly number[]>;

/** How much work is done before the result is unknown. */
export interface Budget {
  /** Pairs of regions compared; default 2,000,000. */
  pairs?: number;
  /** Regions made while earlier rules are cut out of later ones; default 2,000,000. */
  cuts?: number;
  /** Conflicts found before the search ends; default 100. */
  conflicts?: number;
}

/** How many more regions may be made while some are cut out of others. */
export interface Search {
  cutsLeft: number;
}

/** `regions` without the other regions. Once the budget is used up, the result is too large. */
export function remainder(regions: readonly Region[], others: readonly Region[], search: Search): Region[] {
  let rest = [...regions];
  for (const other of others) {
    if (rest.length === 0 || search.cutsLeft <= 0) break;
    rest = rest.flatMap((region) => (regionsTouch(region, other) ? subtractRegion(region, other) : [region]));
    search.cutsLeft -= rest.length;
  }
  return rest;
}

/** The rules of one family in both orders. */
class Order {
  /** The position of each rule in router order. */
  private readonly rank: number[];

  constructor(readonly rules: readonly ListedRule[]) {
    const order = rules.map((_, index) => index).sort((a, b) => compareKeys(rules[a]?.key ?? [], rules[b]?.key ?? []));
    this.rank = new Array<number>(rules.length);
    for (const [rank, index] of order.entries()) this.rank[index] = rank;
  }

  /** Whether two rules swap places, and it could change the result. */
  swaps(a: number, b: number): boolean {
    return a < b !== this.rankOf(a) < this.rankOf(b) && this.rules[a]?.action !== this.rules[b]?.action;
  }

  rankOf(index: number): number {
    return this.rank[index] ?? 0;
  }
}

/** The packets that each rule of one family decides in either order among the given neighbours, computed on demand. */
class Decisions {
  private readonly inList = new Map<number, Region[]>();
  private readonly inRouters = new Map<number, Region[]>();

  constructor(
    private readonly order: Order,
    private readonly near: Neighbours,
    private readonly search: Search,
  ) {}

  /** A region of packets that first-match evaluation of the list decides by rule `i`, and routers by rule `j`. */
  dispute(i: number, j: number): Region | undefined {
    for (const a of this.decided(i, this.inList, (k) => k < i)) {
      for (const b of this.decided(j, this.inRouters, (k) => this.order.rankOf(k) < this.order.rankOf(j))) {
        const both = intersectRegions(a, b);
        if (both !== undefined) return both;
      }
    }
    return undefined;
  }

  /** The packets of a rule that no earlier rule matches. */
  private decided(index: number, known: Map<number, Region[]>, isBefore: (other: number) => boolean): Region[] {
    const found = known.get(index);
    if (found !== undefined) return found;
    const before = [...(this.near.get(index) ?? [])]
      .filter(isBefore)
      .flatMap((other) => this.order.rules[other]?.regions ?? []);
    const rest = remainder(this.order.rules[index]?.regions ?? [], before, this.search);
    known.set(index, rest);
    return rest;
  }
}

/** Only the order of rules with different actions matters. */
function byAction(rules: readonly ListedRule[]): Grouping {
  const numbers = new Map<string, number>();
  const groups = rules.map(({ action }) => {
    const number = numbers.get(action) ?? numbers.size;
    numbers.set(action, number);
    return number;
  });
  return { groupOf: (owner) => groups[owner] ?? 0, isInner: () => false };
}

/** Two rules of a family that swap places: the earlier one of the list first. */
type Pair = readonly [number, number];

function* swappingPairs(order: Order, near: Neighbours): Generator<Pair> {
  for (const i of [...near.keys()].sort((a, b) => a - b))
    for (const j of [...(near.get(i) ?? [])].sort((a, b) => a - b)) if (i < j && order.swaps(i, j)) yield [i, j];
}

/** A pair of rules that decide the same packets differently, and these packets. */
interface Dispute {
  pair: Pair;
  region: Region;
}

/** The disputes of some pairs, at most `most`; it ends early when the budget of cuts is used up. */
function disputes(pairs: Iterable<Pair>, decisions: Decisions, search: Search, most: number): Dispute[] {
  const found: Dispute[] = [];
  for (const pair of pairs) {
    const region = decisions.dispute(...pair);
    if (search.cutsLeft <= 0) break;
    if (region !== undefined) found.push({ pair, region });
    if (found.length >= most) break;
  }
  return found;
}

/** What is known of one family, with the numbers of its own rules. */
interface FamilyComparison {
  disputes: Dispute[];
  near?: Neighbours;
  unknown?: string;
}

/**
 * Compares in two steps. Where only rules with another action are cut out of each rule, a dispute is a difference as
 * well, and no dispute a proof, whatever number of rules with the same action overlap. The second step cuts out all
 * overlapping rules, for the few rules with a dispute: it finds those that decide the packet themselves.
 */
function compareFamily(rules: readonly ListedRule[], budget: Required<Budget>, search: Search): FamilyComparison {
  // Without two actions no order makes a difference.
  if (rules.every(({ action }) => action === rules[0]?.action)) return { disputes: [], near: new Map() };
  const order = new Order(rules);
  const owned: Owned[] = rules.flatMap(({ regions }, owner) => (regions ?? []).map((region) => ({ owner, region })));
  const differing = neighbours(owned, budget.pairs, byAction(rules));
  if (differing === undefined)
    return { disputes: [], unknown: `more than ${budget.pairs} pairs of rules overlap in every field` };
  const most = budget.conflicts;
  const rough = disputes(swappingPairs(order, differing), new Decisions(order, differing, search), search, most);
  const unknown =
    search.cutsLeft <= 0
      ? `the overlaps could not be compared within ${budget.cuts} steps`
      : rough.length >= most
        ? endedAt(most)
        : undefined;
  if (rough.length === 0) return { disputes: [], near: new Map(), ...(unknown && { unknown }) };
  const near = neighboursOf(new Set(rough.flatMap(({ pair }) => pair)), owned, budget.pairs);
  const pairs = rough.map(({ pair }) => pair);
  const exact = near === undefined ? [] : disputes(pairs, new Decisions(order, near, search), search, most);
  return { disputes: exact.length > 0 ? exact : rough, ...(near && { near }), ...(unknown && { unknown }) };
}

/** All neighbours of the given rules. */
function neighboursOf(wanted: ReadonlySet<number>, owned: readonly Owned[], budget: number): Neighbours | undefined {
  const isWanted = (rule: number): boolean => wanted.has(rule);
  const near = neighbours(owned, budget, concerning(isWanted));
  return near && new Map([...near].filter(([rule]) => isWanted(rule)));
}

/** The neighbours of the rules of one family by the places of these in the whole list. */
function overlapsAt(places: readonly number[], near: Neighbours): [number, number[]][] {
  const placeOf = (index: number): number => places[index] as number;
  return [...near].map(([index, others]) => [placeOf(index), [...others].map(placeOf).sort((a, b) => a - b)]);
}

const mostCuts = 2_000_000;
/** More differences than this help nobody. */
const mostConflicts = 100;

/** A comparison as one that ends at the usual number of conflicts. */
export function firstConflicts(comparison: Comparison): Comparison {
  if (comparison.conflicts.length < mostConflicts) return comparison;
  return { conflicts: comparison.conflicts.slice(0, mostConflicts), unknown: endedAt(mostConflicts) };
}

const endedAt = (most: number): string => `the search ended at ${most} differences`;

/**
 * Compares first-match evaluation of the list with the order in which routers test the same rules (RFC 8955 section
 * 5.1). The two differ on a packet exactly when the first rule that matches it in the list and the first that matches
 * it in router order have different actions. So for each two overlapping rules that swap places it intersects the
 * packets that one decides in the list with those that the other decides in routers. No conflicts and no `unknown` is a
 * proof that both orders are equivalent. With `search`, several comparisons share one budget of cuts.
 */
export function compareOrders(
  rules: readonly ListedRule[],
  budget: Budget = {},
  search: Search = { cutsLeft: budget.cuts ?? mostCuts },
): Comparison {
  const limits = { pairs: 2_000_000, cuts: mostCuts, conflicts: mostConflicts, ...budget };
  if (rules.some(({ regions }) => regions === undefined)) {
    return { conflicts: [], unknown: 'a prefix with an offset matches addresses that are not an interval' };
  }
  const result: Comparison = { conflicts: [] };
  const overlaps: [number, number[]][] = [];
  let isComplete = true;
  for (const family of ['ipv4', 'ipv6'] as const) {
    const places = rules.flatMap((rule, place) => (rule.family === family ? [place] : []));
    const own = places.map((place) => rules[place] as ListedRule);
    const { disputes: found, near, unknown } = compareFamily(own, limits, search);
    for (const { pair, region } of found) {
      const [first = 0, routersFirst = 0] = pair.map((index) => places[index]);
      result.conflicts.push({ first, routersFirst, packet: packetIn(region, family) });
    }
    if (near === undefined) isComplete = false;
    else overlaps.push(...overlapsAt(places, near));
    if (unknown !== undefined) result.unknown ??= unknown;
  }
  return isComplete && result.conflicts.length > 0 ? { ...result, overlaps: new Map(overlaps) } : result;
}
