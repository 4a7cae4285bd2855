import type { Fault } from '#dots/model/finding';
import { parent } from '#dots/model/pointer';
import { describeActions, describeMatch } from './bgp/ruleText';
import type { Action, FlowspecFinding } from './bgp/rule';
import { placeKey, type Findings } from './documents/findings';
import { unitAround } from './documents/units';
import type { Comparison, Conflict } from './order/conflicts';
import type { EncodedRule } from './order/encodedRule';
import type { Repair, RepairKind } from './order/repair';
import type { Entry } from './packets/draft';
import { describePacket } from './packets/packet';
import { regionsOf, regionsTouch } from './packets/region';

/** An entry without rules, and how many rules are before it. */
export interface LeftOut {
  entry: Entry;
  from: number;
}

type Rules = readonly EncodedRule[];

/** The other entry as a related place, if it is in the same file. */
function relatedTo(other: Entry, message: string, at: Entry): { related?: NonNullable<FlowspecFinding['related']> } {
  const { file, pointer } = other.source;
  return file === at.source.file ? { related: [{ pointer, message }] } : {};
}

/** Reports where routers, which order rules by what they match, decide differently from the order of the entries. */
function reportConflict({ first, routersFirst, packet }: Conflict, rules: Rules, report: Findings): void {
  const [listed, routers] = [rules[first], rules[routersFirst]];
  if (listed === undefined || routers === undefined) return;
  report.add(routers.entry.source, {
    code: 'flowspec/order',
    severity: 'warning',
    rfc: '8955 5.1',
    message:
      `Routers test a rule of ${routers.entry.label} before ${listed.entry.label}, which comes first here. ` +
      `Example: ${describePacket(packet)}. By the order here: ${listed.listed.action}; in routers: ${routers.listed.action}.`,
    ...relatedTo(listed.entry, `${listed.entry.label} comes first here`, routers.entry),
  });
}

/** Reports the differences between the order of the entries and that of routers, one for each pair of entries. */
export function reportOrder(
  { rules, comparison: { conflicts, unknown } }: { rules: Rules; comparison: Comparison },
  report: Findings,
): void {
  const reported = new Set<string>();
  for (const conflict of conflicts) {
    const pair = JSON.stringify([rules[conflict.first]?.entry.source, rules[conflict.routersFirst]?.entry.source]);
    if (!reported.has(pair)) reportConflict(conflict, rules, report);
    reported.add(pair);
  }
  const place = rules[0]?.entry.source;
  if (unknown !== undefined && place !== undefined) {
    report.warning(
      { file: place.file, pointer: '' },
      'flowspec/order-unknown',
      '8955 5.1',
      `It is unknown whether routers always decide as in the order here: ${unknown}.`,
    );
  }
}

/** Whether a rule may match packets of the entry. */
function concerns({ listed }: EncodedRule, entry: Entry): boolean {
  return entry.drafts.some(
    ({ family, components }) =>
      family === listed.family &&
      (regionsOf(components, family) ?? []).some((a) => (listed.regions ?? []).some((b) => regionsTouch(a, b))),
  );
}

/** Reports that a later entry with another action matches the packets of an entry without rules. */
export function reportLeftOut(
  { leftOut, rules }: { leftOut: readonly LeftOut[]; rules: Rules },
  report: Findings,
): void {
  for (const { entry, from } of leftOut) {
    const action = describeActions(entry.actions);
    const later = rules.slice(from).find((one) => one.listed.action !== action && concerns(one, entry));
    if (later === undefined) continue;
    report.warning(
      entry.source,
      'flowspec/left-out',
      '8783 4',
      `${entry.label} (${action}) has no rule, so ${later.entry.label} (${later.listed.action}) matches its packets.`,
    );
  }
}

const repairWords: Record<RepairKind, (repair: Repair) => string> = {
  dropped: ({ rule }) =>
    `the rule "${describeMatch(rule.draft.components)}" of ${rule.entry.label} was removed: in the order here it has no effect`,
  split: (repair) => `${replacedWords(repair)}, which routers test first`,
  narrowed: (repair) => `${replacedWords(repair)}, which no longer overlaps`,
};

/** The most new rules that a finding names. */
const mostNamed = 4;

function replacedWords({ rule, by }: Repair): string {
  const named = by
    .slice(0, mostNamed)
    .map(({ draft }) => `"${describeMatch(draft.components)}"`)
    .join(', ');
  const more = by.length > mostNamed ? ` and ${by.length - mostNamed} more` : '';
  return `the rule "${describeMatch(rule.draft.components)}" of ${rule.entry.label} became ${named}${more}`;
}

/** Reports how a rule was changed so that routers keep the order of the entries. */
export function reportRepair(repair: Repair, report: Findings): void {
  const { rule, other } = repair;
  const [before, after] = repair.kind === 'split' ? [rule, other] : [other, rule];
  report.exclude(rule.entry.source, {
    code: 'flowspec/repaired',
    severity: 'information',
    rfc: '8955 5.1',
    message: `Routers would test a rule of ${after.entry.label} before ${before.entry.label}, which comes first here. So ${repairWords[repair.kind](repair)}.`,
    ...relatedTo(other.entry, `${other.entry.label} is the other one`, rule.entry),
  });
}

/** Reports that no rules were found with which routers keep the order of the entries. */
export function reportNotRepaired(file: string, reason: string, report: Findings): void {
  report.information(
    { file, pointer: '' },
    'flowspec/not-repaired',
    '8955 5.1',
    `No rules were found that make routers keep the order here: ${reason}.`,
  );
}

/** Reports, once for each mitigation that has rules, that the action is not the document's. */
export function noteDefaultAction(rules: Rules, action: Action, report: Findings): void {
  for (const entry of new Set(rules.map((rule) => rule.entry))) {
    if (entry.actions[0] !== action) continue;
    report.add(entry.source, {
      code: 'flowspec/default-action',
      class: 'advice',
      severity: 'information',
      rfc: '9132 4.4.1',
      message:
        'A mitigation request names no action. These rules discard; you may prefer to limit the rate or to redirect to a scrubber.',
    });
  }
}

/**
 * Adds the errors that validation found, except where the translation has reported an error at the same member or
 * around it.
 */
export function reportErrors(file: string, errors: readonly Fault[], report: Findings): void {
  const known = new Set(report.all.filter(({ severity }) => severity === 'error').map(placeKey));
  for (const fault of errors) {
    const { pointer } = fault;
    if (!isKnown(file, pointer, unitAround(pointer), known)) report.all.push({ ...fault, file });
  }
}

/** Whether an error was reported at a pointer, or at a member around it inside the unit. */
function isKnown(file: string, pointer: string, unit: string, known: ReadonlySet<string>): boolean {
  if (known.has(placeKey({ file, pointer }))) return true;
  return pointer.length > unit.length && parent(pointer) !== unit && isKnown(file, parent(pointer), unit, known);
}
