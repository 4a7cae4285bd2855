import { familyName } from './nlri';
import { sortRules } from './order';
import { describeActions, describeMatch } from './text';
import type { FlowspecRule } from './types';

export { renderExabgp, renderExabgpConfiguration, type ExabgpNeighbor } from './exabgp';

/** Columns padded to their widest cell; the last one is not padded. */
function columns(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]): string => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

/** The rules as aligned text in the order in which routers test them; nothing is cut off. */
export function renderTable(rules: readonly FlowspecRule[]): string {
  if (rules.length === 0) return 'No rules.\n';
  const rows = sortRules(rules).map((rule, index) => [
    String(index + 1), familyName(rule.family), describeMatch(rule.components), describeActions(rule.actions), `${rule.source.file}#${rule.source.pointer}`,
  ]);
  return columns([['#', 'FAMILY', 'MATCH', 'ACTION', 'SOURCE'], ...rows]);
}

/** One line for each rule: family, NLRI, and the extended communities, in hex digits. */
export function renderHex(rules: readonly FlowspecRule[]): string {
  return rules.map((rule) => `${[rule.family, rule.nlri, ...rule.extendedCommunities, ...rule.ipv6ExtendedCommunities ?? []].join(' ')}\n`).join('');
}
