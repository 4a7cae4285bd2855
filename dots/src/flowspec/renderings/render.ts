import { printable } from '#dots/model/text';
import { bird } from './bird';
import { exabgp } from './exabgp';
import { gobgp } from './gobgp';
import { familyName } from '../bgp/nlri';
import { sortRules } from '../bgp/order';
import type { FlowspecFinding } from '../bgp/rule';
import { describeActions, describeMatch } from '../bgp/ruleText';
import { toolFindings, type RouterTarget } from './routerTarget';
import type { FlowspecRule } from '../bgp/rule';

export { renderBird } from './bird';
export { renderExabgp, renderExabgpConfiguration } from './exabgp';

/** Columns padded to their widest cell; the last one is not padded. */
function columns(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]): string =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

/** The rules as aligned text in the order in which routers test them; nothing is truncated. */
export function renderTable(rules: readonly FlowspecRule[]): string {
  if (rules.length === 0) return 'No rules.\n';
  const rows = sortRules(rules).map((rule, index) => [
    String(index + 1),
    familyName(rule.family),
    describeMatch(rule.components),
    describeActions(rule.actions),
    printable(`${rule.source.file}#${rule.source.pointer}`),
  ]);
  return columns([['#', 'FAMILY', 'MATCH', 'ACTION', 'SOURCE'], ...rows]);
}

/** One line for each rule: family, NLRI, and the extended communities, in hex digits. */
export function renderHex(rules: readonly FlowspecRule[]): string {
  return rules
    .map(
      (rule) =>
        `${[rule.family, rule.nlri, ...rule.extendedCommunities, ...(rule.ipv6ExtendedCommunities ?? [])].join(' ')}\n`,
    )
    .join('');
}

/** The tools whose languages rules can be written in. */
const tools = { exabgp, gobgp, bird } as const satisfies Record<string, RouterTarget>;

/** One way to write rules. */
export type Rendering = 'table' | 'hex' | keyof typeof tools;

/** The ways in which rules can be written. */
export const renderings: readonly Rendering[] = ['table', 'hex', ...(Object.keys(tools) as (keyof typeof tools)[])];

/** The rules as text. */
export function render(rules: readonly FlowspecRule[], rendering: Rendering): string {
  if (rendering === 'table') return renderTable(rules);
  return rendering === 'hex' ? renderHex(rules) : tools[rendering].render(rules);
}

/** What a rendering omits or changes; empty for those that are not for a tool. */
export function renderingFindings(rules: readonly FlowspecRule[], rendering: Rendering): FlowspecFinding[] {
  return rendering === 'table' || rendering === 'hex' ? [] : toolFindings(rules, tools[rendering]);
}
