import { advise } from './advice';
import { compareOrders, type Comparison, type Conflict } from './order/conflicts';
import type { Draft, Entry } from './packets/draft';
import { FlowspecError } from './bgp/error';
import { announced, keyOf, makeRule, type EncodedRule } from './order/encodedRule';
import { describePacket } from './packets/packet';
import { regionsOf, regionsTouch } from './packets/region';
import { repairOrder, type Repair, type RepairBudget, type RepairKind } from './order/repair';
import type { Findings } from './documents/findings';
import { describeActions, describeMatch } from './bgp/ruleText';
import type { FlowspecRule, Place } from './bgp/rule';

/** The table of rules while it is filled in the order of first-match evaluation. */
class RuleTable {
  readonly made: EncodedRule[] = [];
  /** Entries without rules, with how many rules stand before them. */
  readonly leftOut: { entry: Entry; from: number }[] = [];
  private readonly known = new Map<string, EncodedRule>();

  constructor(private readonly report: Findings) {}

  /** Makes the rules of an entry; each one that cannot be, or that would never apply, is told. */
  add(entry: Entry): void {
    if (entry.leftOut === true) {
      this.leftOut.push({ entry, from: this.made.length });
      return;
    }
    for (const draft of entry.drafts) this.make(draft, entry);
  }

  private make(draft: Draft, entry: Entry): void {
    const made = this.encode(draft, entry);
    if (made === undefined || this.isUseless(made)) return;
    this.made.push(made);
    this.known.set(keyOf(made), made);
  }

  private encode(draft: Draft, entry: Entry): EncodedRule | undefined {
    try {
      return makeRule(draft, entry);
    } catch (error) {
      if (!(error instanceof FlowspecError)) throw error;
      this.report.error(
        entry.source,
        'flowspec/too-long',
        '8955 4.1',
        `${entry.label} gets no rule for ${describeMatch(draft.components.slice(0, 1))}: ${error.message} ${error.hint ?? ''}`.trim(),
      );
      return undefined;
    }
  }

  /** A rule that no packet matches, or one that is in the table already: announced again, it would replace the first. */
  private isUseless(made: EncodedRule): boolean {
    const { entry, listed } = made;
    const words = describeMatch(made.draft.components);
    if (listed.regions?.length === 0) {
      this.report.warning(
        entry.source,
        'flowspec/never-matches',
        '8955 4.2',
        `No packet can match "${words}", so ${entry.label} gives no such rule.`,
      );
      return true;
    }
    const first = this.known.get(keyOf(made));
    if (first === undefined) return false;
    const same = first.listed.action === listed.action;
    const difference = same ? '' : ` with another action (${first.listed.action}), and comes first`;
    this.report.add(entry.source, {
      code: same ? 'flowspec/duplicate' : 'flowspec/shadowed',
      severity: same ? 'information' : 'warning',
      rfc: '8955 4',
      message: `${first.entry.label} already has the rule "${words}"${difference}; the one of ${entry.label} is left out.`,
    });
    return true;
  }
}

/** Tells where routers, which order rules by what they match, decide otherwise than the order of the entries. */
function reportConflict(
  { first, routersFirst, packet }: Conflict,
  made: readonly EncodedRule[],
  report: Findings,
): void {
  const [listed, routers] = [made[first], made[routersFirst]];
  if (listed === undefined || routers === undefined) return;
  const sameFile = listed.entry.source.file === routers.entry.source.file;
  report.add(routers.entry.source, {
    code: 'flowspec/order',
    severity: 'warning',
    rfc: '8955 5.1',
    message:
      `Routers test a rule of ${routers.entry.label} before ${listed.entry.label}, which comes first here. ` +
      `Example: ${describePacket(packet)}. By the order here: ${listed.listed.action}; in routers: ${routers.listed.action}.`,
    ...(sameFile && {
      related: [{ pointer: listed.entry.source.pointer, message: `${listed.entry.label} comes first here` }],
    }),
  });
}

function reportOrder({ conflicts, unknown }: Comparison, made: readonly EncodedRule[], report: Findings): void {
  const told = new Set<string>();
  for (const conflict of conflicts) {
    const pair = JSON.stringify([made[conflict.first]?.entry.source, made[conflict.routersFirst]?.entry.source]);
    if (!told.has(pair)) reportConflict(conflict, made, report);
    told.add(pair);
  }
  const place = made[0]?.entry.source;
  if (unknown !== undefined && place !== undefined) {
    report.warning(
      { file: place.file, pointer: '' },
      'flowspec/order-unknown',
      '8955 5.1',
      `Whether routers always decide as the order here does is not known: ${unknown}.`,
    );
  }
}

/** Whether a rule may match packets that the entry is about. */
function concerns({ listed }: EncodedRule, entry: Entry): boolean {
  return entry.drafts.some(
    ({ family, components }) =>
      family === listed.family &&
      (regionsOf(components, family) ?? []).some((a) => (listed.regions ?? []).some((b) => regionsTouch(a, b))),
  );
}

/** Tells when packets that an entry without rules is about fall to a later entry that does something else with them. */
function reportLeftOut({ leftOut, made }: RuleTable, report: Findings): void {
  for (const { entry, from } of leftOut) {
    const action = describeActions(entry.actions);
    const later = made.slice(from).find((one) => one.listed.action !== action && concerns(one, entry));
    if (later === undefined) continue;
    report.warning(
      entry.source,
      'flowspec/left-out',
      '8783 4',
      `${entry.label} (${action}) has no rule, so that its packets fall to ${later.entry.label} (${later.listed.action}).`,
    );
  }
}

const repairWords: Record<RepairKind, (repair: Repair) => string> = {
  dropped: ({ rule }) =>
    `the rule "${describeMatch(rule.draft.components)}" of ${rule.entry.label} was dropped: by the order here nothing changes without it`,
  split: (repair) => `${replacedWords(repair)}, which routers test first`,
  narrowed: (repair) => `${replacedWords(repair)}, which no longer overlaps`,
};

/** How many of the new rules are named. */
const mostNamed = 4;

function replacedWords({ rule, by }: Repair): string {
  const named = by
    .slice(0, mostNamed)
    .map(({ draft }) => `"${describeMatch(draft.components)}"`)
    .join(', ');
  const more = by.length > mostNamed ? ` and ${by.length - mostNamed} more` : '';
  return `the rule "${describeMatch(rule.draft.components)}" of ${rule.entry.label} became ${named}${more}`;
}

function reportRepair(repair: Repair, report: Findings): void {
  const { rule, other } = repair;
  const [before, after] = repair.kind === 'split' ? [rule, other] : [other, rule];
  report.add(rule.entry.source, {
    code: 'flowspec/repaired',
    severity: 'information',
    rfc: '8955 5.1',
    message: `Routers would test a rule of ${after.entry.label} before ${before.entry.label}, which comes first here. So ${repairWords[repair.kind](repair)}.`,
    ...(before.entry.source.file === after.entry.source.file && {
      related: [{ pointer: other.entry.source.pointer, message: `${other.entry.label} is the other one` }],
    }),
  });
}

/** The rules as routers are to get them: repaired where their order would make a difference, and that can be mended. */
function settle(
  made: readonly EncodedRule[],
  options: RuleOptions,
  report: Findings,
): { made: readonly EncodedRule[]; comparison: Comparison } {
  const comparison = compareOrders(made.map(({ listed }) => listed));
  if (comparison.conflicts.length === 0 || options.repair === false) return { made, comparison };
  const repaired = repairOrder(made, comparison, options.repair);
  if ('made' in repaired) {
    for (const repair of repaired.repairs) reportRepair(repair, report);
    return repaired;
  }
  const place = made[0]?.entry.source as Place;
  report.information(
    { file: place.file, pointer: '' },
    'flowspec/not-repaired',
    '8955 5.1',
    `Rules that make routers keep to the order here were looked for and not found: ${repaired.reason}.`,
  );
  return { made, comparison };
}

/** The rules of each entry that has some. */
function adviseAll(
  entries: readonly Entry[],
  made: readonly EncodedRule[],
  rules: readonly FlowspecRule[],
  report: Findings,
): void {
  const own = new Map<Entry, FlowspecRule[]>(entries.map((entry) => [entry, []]));
  for (const [index, { entry }] of made.entries()) own.get(entry)?.push(rules[index] as FlowspecRule);
  for (const [entry, list] of own) advise(entry, list, report);
}

/** What may be done so that the rules do what the entries say; `false` leaves the rules as the entries give them. */
export interface RuleOptions {
  repair?: RepairBudget | false;
}

/**
 * Makes the rules of all entries, which come in the order of first-match evaluation, compares that with the routers' order, and
 * repairs what differs.
 */
export function makeRules(
  entries: readonly Entry[],
  report: Findings,
  options: RuleOptions = {},
): { rules: FlowspecRule[]; comparison: Comparison } {
  const table = new RuleTable(report);
  for (const entry of entries) table.add(entry);
  reportLeftOut(table, report);
  const { made, comparison } = settle(table.made, options, report);
  reportOrder(comparison, made, report);
  const rules = made.map(announced);
  adviseAll(entries, made, rules, report);
  return { rules, comparison };
}
