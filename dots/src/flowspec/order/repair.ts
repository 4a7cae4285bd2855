import { compareOrders, remainder, type Comparison, type Conflict, type Search } from './conflicts';
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
  /** Regions made while rules are cut out of others, in all comparisons together; default 100,000. */
  cuts?: number;
}

/**
 * A list with the same result in routers and in first-match evaluation, and the repairs that were needed; or why there
 * is none.
 */
export type Repaired = { rules: EncodedRule[]; comparison: Comparison; repairs: Repair[] } | { reason: string };

const mostCuts = 100_000;
const fewestExtra = 100;
/** A rate limit applies to each rule separately, so multiplying its rule is the last choice. */
const rateCost = 1000;
/** Most conflicts of one round of repairs; others are left to the next round. */
const conflictsAtOnce = 1000;

/** The regions of a rule that have a packet in common with one of the given regions. */
function regionsAt({ listed }: EncodedRule, family: string, regions: readonly Region[]): Region[] {
  if (listed.family !== family || listed.regions === undefined) return [];
  return listed.regions.filter((region) => regions.some((one) => regionsTouch(region, one)));
}

/** The packets that a rule decides in the list. */
function decides(list: readonly EncodedRule[], index: number, search: Search): Region[] {
  const {
    listed: { family, regions = [] },
  } = list[index] as EncodedRule;
  const before: Region[] = [];
  for (let at = 0; at < index; at++) before.push(...regionsAt(list[at] as EncodedRule, family, regions));
  return remainder(regions, before, search);
}

/**
 * Whether the list has the same result without a rule, because later rules with its action match its packets. An accept
 * rule whose packets no other rule matches is kept: the same routers may have other rules.
 */
function isRedundant(list: readonly EncodedRule[], index: number, search: Search): boolean {
  const { listed } = list[index] as EncodedRule;
  let rest = decides(list, index, search);
  for (let at = index + 1; at < list.length && rest.length > 0 && search.cutsLeft > 0; at++) {
    const later = list[at] as EncodedRule;
    const regions = regionsAt(later, listed.family, rest);
    if (regions.length === 0) continue;
    if (later.listed.action !== listed.action) return false;
    rest = remainder(rest, regions, search);
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
function cheapest(list: readonly EncodedRule[], { first, routersFirst }: Conflict, search: Search): Repair | undefined {
  const [before, after] = [list[first] as EncodedRule, list[routersFirst] as EncodedRule];
  if (isRedundant(list, routersFirst, search)) return { kind: 'dropped', rule: after, by: [], other: before };
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

/** Repairs conflicts that do not concern the same rules; undefined if one has no repair. */
function round(
  list: readonly EncodedRule[],
  conflicts: readonly Conflict[],
  search: Search,
): { list: EncodedRule[]; repairs: Repair[] } | undefined {
  const replaced = new Map<EncodedRule, EncodedRule[]>();
  const repairs: Repair[] = [];
  const touched = new Set<number>();
  for (const conflict of conflicts) {
    if (touched.has(conflict.first) || touched.has(conflict.routersFirst)) continue;
    const repair = cheapest(list, conflict, search);
    if (repair === undefined) return undefined;
    touched.add(conflict.first).add(conflict.routersFirst);
    replaced.set(repair.rule, repair.by);
    repairs.push(repair);
  }
  return { list: distinct(list.flatMap((rule) => replaced.get(rule) ?? [rule])), repairs };
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
  const search: Search = { cutsLeft: budget.cuts ?? mostCuts };
  const repairs: Repair[] = [];
  let list: EncodedRule[] = [...rules];
  let now = comparison;
  for (let rounds = budget.rounds ?? 8; rounds > 0; rounds--) {
    const next = round(list, now.conflicts, search);
    if (next === undefined) return { reason: 'one of the differences has no repair' };
    if (next.list.length > most) return { reason: `it would take more than ${most} rules instead of ${rules.length}` };
    repairs.push(...next.repairs);
    list = next.list;
    now = compareOrders(
      list.map(({ listed }) => listed),
      { conflicts: conflictsAtOnce },
      search,
    );
    if (search.cutsLeft <= 0) return { reason: 'there are too many overlaps to compare' };
    if (now.conflicts.length === 0)
      return now.unknown === undefined ? { rules: list, comparison: now, repairs } : { reason: now.unknown };
  }
  return { reason: 'each repair introduced a new difference' };
}
