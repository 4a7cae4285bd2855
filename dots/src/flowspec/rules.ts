import { FlowspecError } from './bgp/error';
import { describeMatch } from './bgp/ruleText';
import type { Findings } from './documents/findings';
import { compareOrders, firstConflicts, type Comparison } from './order/conflicts';
import { keyOf, makeRule, type EncodedRule } from './order/encodedRule';
import { conflictsAtOnce, repairOrder, type RepairBudget } from './order/repair';
import type { Draft, Entry } from './packets/draft';
import { reportLeftOut, reportNotRepaired, reportOrder, reportRepair, type LeftOut } from './report';

/** The table of rules while it is filled in the order of first-match evaluation. */
class RuleTable {
  readonly rules: EncodedRule[] = [];
  readonly leftOut: LeftOut[] = [];
  private readonly known = new Map<string, EncodedRule>();

  constructor(private readonly report: Findings) {}

  /** Makes the rules of an entry; each one that cannot be made, or that would have no effect, is reported. */
  add(entry: Entry): void {
    if (entry.leftOut === true) {
      this.leftOut.push({ entry, from: this.rules.length });
      return;
    }
    for (const draft of entry.drafts) this.make(draft, entry);
  }

  private make(draft: Draft, entry: Entry): void {
    const rule = this.encode(draft, entry);
    if (rule === undefined || this.isUseless(rule)) return;
    this.rules.push(rule);
    this.known.set(keyOf(rule), rule);
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
        `${entry.label} has no rule for ${describeMatch(draft.components.slice(0, 1))}: ${error.message} ${error.hint ?? ''}`.trim(),
      );
      return undefined;
    }
  }

  /**
   * A rule that no packet matches, or one that is already in the table: announced again, it would replace the first.
   */
  private isUseless(rule: EncodedRule): boolean {
    const { draft, entry, listed } = rule;
    const words = describeMatch(draft.components);
    if (listed.regions?.length === 0) {
      this.report.exclude(entry.source, {
        code: 'flowspec/never-matches',
        severity: 'warning',
        rfc: '8955 4.2',
        message: `No packet can match "${words}", so ${entry.label} has no such rule.`,
      });
      return true;
    }
    const first = this.known.get(keyOf(rule));
    if (first === undefined) return false;
    const same = first.listed.action === listed.action;
    if (same) (first.shared ??= []).push(entry);
    const difference = same ? '' : ` with another action (${first.listed.action}), and comes first`;
    this.report.exclude(entry.source, {
      code: same ? 'flowspec/duplicate' : 'flowspec/shadowed',
      severity: same ? 'information' : 'warning',
      rfc: '8955 4',
      message: `${first.entry.label} already has the rule "${words}"${difference}; the one of ${entry.label} is omitted.`,
    });
    return true;
  }
}

/** The limits of repairs that make the rules agree with the entries; `false`: no repairs. */
export interface RuleOptions {
  repair?: RepairBudget | false;
}

/** Rules in the order of first-match evaluation, and how the order of routers differs from it. */
export interface RuleSet {
  rules: readonly EncodedRule[];
  comparison: Comparison;
}

/** The rules for routers: repaired where their order changes the result, if possible. */
function settle(rules: readonly EncodedRule[], options: RuleOptions, report: Findings): RuleSet {
  const listed = rules.map((rule) => rule.listed);
  const [first] = rules;
  if (options.repair === false || first === undefined) return { rules, comparison: compareOrders(listed) };
  const comparison = compareOrders(listed, { conflicts: conflictsAtOnce(rules.length) });
  if (comparison.conflicts.length === 0) return { rules, comparison };
  const repaired = repairOrder(rules, comparison, options.repair);
  if ('rules' in repaired) {
    for (const repair of repaired.repairs) reportRepair(repair, report);
    return repaired;
  }
  reportNotRepaired(first.entry.source.file, repaired.reason, report);
  return { rules, comparison: firstConflicts(comparison) };
}

/**
 * Makes the rules of all entries, which come in the order of first-match evaluation, compares it with the routers'
 * order, and repairs the differences.
 */
export function makeRules(entries: readonly Entry[], report: Findings, options: RuleOptions = {}): RuleSet {
  const table = new RuleTable(report);
  for (const entry of entries) table.add(entry);
  reportLeftOut(table, report);
  const result = settle(table.rules, options, report);
  reportOrder(result, report);
  return result;
}
