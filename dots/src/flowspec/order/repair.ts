import { compareOrders, remainder, type Comparison, type Conflict, type Overlaps, type Search } from './conflicts';
import type { Draft, Entry } from '../packets/draft';
import { FlowspecError } from '../bgp/error';
import { keyOf, makeRule, type EncodedRule } from './encodedRule';
import { draftsAbove, draftsOutside } from './narrow';
import { regionsTouch, type Region } from '../packets/region';

/**
 * How a conflict was removed: the rule that routers test too early has no effect, comes later, or no longer overlaps.
 */
export type RepairKind = 'dropped' | 'split' | 'narrowed';

/** One repair: which rule was replaced, by what, and because of which other rule. */
export interface Repair {
  kind: RepairKind;
  rule: EncodedRule;
  by: EncodedRule[];
  other: EncodedRule;
}

/** How far repairs may go. */
export interface RepairBudget {
  /** Additional rules; default a quarter more, at least 100. */
  rules?: number;
  /** How often all rules are compared again; default 8. */
  rounds?: number;
  /** Regions made while rules are cut out of others, in all comparisons; default 50 for each rule, at least 100,000. */
  cuts?: number;
}

/**
 * A list with the same result in routers and in first-match evaluation, and the repairs that were needed; or why there
 * is none.
 */
export type Repaired = { rules: EncodedRule[]; comparison: Comparison; repairs: Repair[] } | { reason: string };

const fewestCuts = 100_000;
const cutsPerRule = 50;
const fewestExtra = 100;
/** A rate limit applies to each rule separately, so multiplying its rule is the last choice. */
const rateCost = 1000;
/** Most conflicts of one round of repairs, at least; others are left to the next round. */
const fewestAtOnce = 1000;

/** How many differences one round of repairs takes up: in a long list any of its rules may have one. */
export function conflictsAtOnce(rules: number): number {
  return Math.max(fewestAtOnce, rules);
}

/** The regions of a rule that have a packet in common with one of the given regions. */
function regionsAt({ listed }: EncodedRule, family: string, regions: readonly Region[]): Region[] {
  if (listed.family !== family || listed.regions === undefined) return [];
  return listed.regions.filter((region) => regions.some((one) => regionsTouch(region, one)));
}

/** One round of repairs: the list, what overlaps each rule with a conflict, and which rules were replaced already. */
interface Round {
  list: readonly EncodedRule[];
  overlaps: Overlaps;
  replaced: Map<EncodedRule, EncodedRule[]>;
  search: Search;
}

/** The packets that a rule decides in the list. A rule that was replaced in this round may no longer match its own. */
function decides({ list, overlaps, replaced, search }: Round, index: number): Region[] {
  const {
    listed: { family, regions = [] },
  } = list[index] as EncodedRule;
  const before = (overlaps.get(index) ?? [])
    .filter((other) => other < index)
    .map((other) => list[other] as EncodedRule)
    .filter((rule) => !replaced.has(rule));
  return remainder(
    regions,
    before.flatMap((rule) => regionsAt(rule, family, regions)),
    search,
  );
}

/**
 * Whether the list has the same result without a rule, because later rules with its action match its packets. An accept
 * rule whose packets no other rule matches is kept: the same routers may have other rules. Later rules that were
 * replaced in this round are not relied upon.
 */
function isRedundant(round: Round, index: number): boolean {
  const { list, overlaps, replaced, search } = round;
  const { listed } = list[index] as EncodedRule;
  let rest = decides(round, index);
  for (const at of overlaps.get(index) ?? []) {
    if (at < index) continue;
    if (rest.length === 0 || search.cutsLeft <= 0) break;
    const later = list[at] as EncodedRule;
    const regions = regionsAt(later, listed.family, rest);
    if (regions.length === 0) continue;
    if (later.listed.action !== listed.action) return false;
    if (!replaced.has(later)) rest = remainder(rest, regions, search);
  }
  return search.cutsLeft > 0 && rest.length === 0;
}

function limitsRate({ actions }: Entry): boolean {
  return actions.some((action) => action.kind === 'traffic-rate-bytes' && action.rate > 0);
}

/** The rules for drafts that replace another; undefined if one of them has no NLRI. */
function replacements(drafts: readonly Draft[] | undefined, { entry }: EncodedRule): EncodedRule[] | undefined {
  try {
    return drafts?.map((draft) => makeRule(draft, entry));
  } catch (error) {
    if (error instanceof FlowspecError) return undefined;
    throw error;
  }
}

/** How many rules a repair adds; those that multiply a rate limit count more. */
function cost({ rule, by }: Repair): number {
  return by.length - 1 + (by.length > 1 && limitsRate(rule.entry) ? rateCost : 0);
}

/** The cheapest repair of a conflict; of equally cheap ones the first of dropping, splitting and narrowing. */
function cheapest(round: Round, { first, routersFirst }: Conflict): Repair | undefined {
  const [before, after] = [round.list[first] as EncodedRule, round.list[routersFirst] as EncodedRule];
  if (isRedundant(round, routersFirst)) return { kind: 'dropped', rule: after, by: [], other: before };
  const above = replacements(draftsAbove(before.draft, after.draft), before);
  const outside = replacements(draftsOutside(after.draft, before.draft), after);
  const found: Repair[] = [
    ...(above === undefined ? [] : [{ kind: 'split' as const, rule: before, by: above, other: after }]),
    ...(outside === undefined ? [] : [{ kind: 'narrowed' as const, rule: after, by: outside, other: before }]),
  ];
  return found.sort((a, b) => cost(a) - cost(b))[0];
}

/** The list without rules that repeat an earlier one: those have no effect. */
function distinct(list: readonly EncodedRule[]): EncodedRule[] {
  const known = new Set<string>();
  return list.filter((rule) => !known.has(keyOf(rule)) && known.add(keyOf(rule)));
}

/**
 * Repairs the conflicts between rules that were not replaced in this round; undefined if one has no repair. One rule
 * may be the reason for the replacement of any number of others: it stays as it is.
 */
function repairRound(round: Round, conflicts: readonly Conflict[]): Repair[] | undefined {
  const repairs: Repair[] = [];
  for (const { first, routersFirst, packet } of conflicts) {
    const both = [first, routersFirst].map((place) => round.list[place] as EncodedRule);
    if (both.some((rule) => round.replaced.has(rule))) continue;
    const repair = cheapest(round, { first, routersFirst, packet });
    if (repair === undefined) return undefined;
    round.replaced.set(repair.rule, repair.by);
    repairs.push(repair);
  }
  return repairs;
}

/** The list after a round. */
function afterRound({ list, replaced }: Round): EncodedRule[] {
  return distinct(list.flatMap((rule) => replaced.get(rule) ?? [rule]));
}

/**
 * Changes the rules so that routers, which order them by what they match, have the result of the list in its order.
 * Every step preserves first-match evaluation, and the result is compared again, so that the result does not depend on
 * the correctness of the repairs. All conflicts are repaired or none.
 */
export function repairOrder(
  rules: readonly EncodedRule[],
  comparison: Comparison,
  budget: RepairBudget = {},
): Repaired {
  const most = rules.length + (budget.rules ?? Math.max(fewestExtra, rules.length >> 2));
  const search: Search = { cutsLeft: budget.cuts ?? Math.max(fewestCuts, rules.length * cutsPerRule) };
  const repairs: Repair[] = [];
  let list: EncodedRule[] = [...rules];
  let now = comparison;
  for (let rounds = budget.rounds ?? 8; rounds > 0; rounds--) {
    const { conflicts, overlaps } = now;
    if (overlaps === undefined || search.cutsLeft <= 0) return { reason: 'there are too many overlaps to compare' };
    const round: Round = { list, overlaps, replaced: new Map(), search };
    const made = repairRound(round, conflicts);
    if (made === undefined) return { reason: 'one of the differences has no repair' };
    list = afterRound(round);
    if (list.length > most) return { reason: `it would take more than ${most} rules instead of ${rules.length}` };
    repairs.push(...made);
    now = compareOrders(
      list.map(({ listed }) => listed),
      { conflicts: conflictsAtOnce(list.length) },
      search,
    );
    if (search.cutsLeft <= 0) return { reason: 'there are too many overlaps to compare' };
    if (now.conflicts.length === 0)
      return now.unknown === undefined ? { rules: list, comparison: now, repairs } : { reason: now.unknown };
  }
  return { reason: 'each repair introduced a new difference' };
}
