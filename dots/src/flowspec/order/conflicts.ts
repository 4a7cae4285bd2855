import type { Family } from '#dots/model/prefix';
import { neighbours, type Owned } from './neighbours';
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
}

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

/** The packets that each rule of one family decides in either order, computed on demand. */
class Decisions {
  private readonly inList = new Map<number, Region[]>();
  private readonly inRouters = new Map<number, Region[]>();

  constructor(
    private readonly order: Order,
    private readonly near: readonly ReadonlySet<number>[],
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
    const before = [...(this.near[index] ?? [])]
      .filter(isBefore)
      .flatMap((other) => this.order.rules[other]?.regions ?? []);
    const rest = remainder(this.order.rules[index]?.regions ?? [], before, this.search);
    known.set(index, rest);
    return rest;
  }
}

function compareFamily(
  family: Family,
  rules: readonly ListedRule[],
  places: readonly number[],
  budget: Required<Budget>,
  search: Search,
): Comparison {
  const order = new Order(rules);
  const owned: Owned[] = rules.flatMap(({ regions }, owner) => (regions ?? []).map((region) => ({ owner, region })));
  const swapping = neighbours(owned, rules.length, budget.pairs, (a, b) => order.swaps(a, b));
  const conflicts: Conflict[] = [];
  if (swapping === undefined)
    return { conflicts, unknown: `more than ${budget.pairs} pairs of rules overlap in every field` };
  const involved = swapping.map(({ size }) => size > 0);
  if (!involved.includes(true)) return { conflicts };
  const near =
    neighbours(owned, rules.length, budget.pairs, (a, b) => involved[a] === true || involved[b] === true) ?? [];
  const decisions = new Decisions(order, near, search);
  for (const [i, others] of swapping.entries()) {
    for (const j of [...others].filter((other) => i < other).sort((a, b) => a - b)) {
      const dispute = decisions.dispute(i, j);
      if (search.cutsLeft <= 0)
        return { conflicts, unknown: `the overlaps could not be compared within ${budget.cuts} steps` };
      if (dispute === undefined) continue;
      conflicts.push({ first: places[i] ?? 0, routersFirst: places[j] ?? 0, packet: packetIn(dispute, family) });
      if (conflicts.length >= budget.conflicts)
        return { conflicts, unknown: `the search ended at ${budget.conflicts} differences` };
    }
  }
  return { conflicts };
}

const mostCuts = 2_000_000;

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
  const limits = { pairs: 2_000_000, cuts: mostCuts, conflicts: 100, ...budget };
  if (rules.some(({ regions }) => regions === undefined)) {
    return { conflicts: [], unknown: 'a prefix with an offset matches addresses that are not an interval' };
  }
  const result: Comparison = { conflicts: [] };
  for (const family of ['ipv4', 'ipv6'] as const) {
    const places = rules.flatMap((rule, place) => (rule.family === family ? [place] : []));
    const { conflicts, unknown } = compareFamily(
      family,
      places.map((place) => rules[place] as ListedRule),
      places,
      limits,
      search,
    );
    result.conflicts.push(...conflicts);
    if (unknown !== undefined) result.unknown ??= unknown;
  }
  return result;
}
