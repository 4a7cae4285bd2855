import { describeActions, describeMatch } from './ruleText';
import type { FlowspecRule } from './rule';

/** The announcements and withdrawals that turn one set of rules into another. */
export interface RuleChanges {
  added: FlowspecRule[];
  removed: FlowspecRule[];
  /** Rules with the same match and other actions. */
  changed: { before: FlowspecRule; after: FlowspecRule }[];
  /** How many are unchanged. */
  same: number;
}

function keyOf({ family, nlri }: FlowspecRule): string {
  return `${family} ${nlri}`;
}

function actionsOf({ extendedCommunities, ipv6ExtendedCommunities = [] }: FlowspecRule): string {
  return [...extendedCommunities, ...ipv6ExtendedCommunities].sort().join(' ');
}

/** The changes in the second set of rules; routers identify rules by family and NLRI. */
export function compareRuleSets(before: readonly FlowspecRule[], after: readonly FlowspecRule[]): RuleChanges {
  const old = new Map(before.map((rule) => [keyOf(rule), rule]));
  const kept = new Set(after.map(keyOf));
  const changes: RuleChanges = {
    added: [],
    removed: before.filter((rule) => !kept.has(keyOf(rule))),
    changed: [],
    same: 0,
  };
  for (const rule of after) {
    const known = old.get(keyOf(rule));
    if (known === undefined) changes.added.push(rule);
    else if (actionsOf(known) === actionsOf(rule)) changes.same++;
    else changes.changed.push({ before: known, after: rule });
  }
  return changes;
}

/** The changes in words, one line each: `+` added, `-` removed, `~` changed. */
export function describeChanges({ added, removed, changed, same }: RuleChanges): string {
  const lines = [
    ...removed.map(({ text }) => `- ${text}`),
    ...added.map(({ text }) => `+ ${text}`),
    ...changed.map(
      ({ before, after }) =>
        `~ ${describeMatch(after.components)}: ${describeActions(before.actions)} -> ${describeActions(after.actions)}`,
    ),
    `${added.length} added, ${removed.length} removed, ${changed.length} changed, ${same} the same.`,
  ];
  return lines.map((line) => `${line}\n`).join('');
}
