import type { SimulationView } from '#dots/orchestrator/orchestrator';
import type { StoredDecision } from '#dots/dotsServer/state/decisions';
import { printable } from '#dots/model/text';
import { formatPrefix } from '#dots/model/prefix';
import { mitigationStatusWords } from '#dots/words/mitigationStatuses';
import { bitRate, lifetime } from '#dots/words/quantities';
import { carrierWords, faultWords, loadWords, rulesWords } from '#dots/words/simulation';

/** What an orchestrator does now, for a person. */
export function statusText({ mitigations, dms, links, nodes, traffic }: SimulationView): string {
  return [
    ...section('Mitigations', mitigations.map(mitigationRow)),
    ...section('DMSs', dms.map(dmsRow)),
    ...section(
      'Links',
      links.map(({ name, load, capacity }) => [name, loadWords(load, capacity)]),
    ),
    ...section(
      'Forwarding nodes',
      nodes.map(({ name, rules, budget }) => [name, rulesWords(rules, budget)]),
    ),
    ...section('Traffic', traffic.map(trafficRow)),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function section(title: string, rows: readonly (readonly string[])[]): string[] {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, at) => Math.max(most[at] ?? 0, cell.length)), []);
  const line = (row: readonly string[]): string => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ');
  return [`${title}:${rows.length === 0 ? ' none' : ''}`, ...rows.map((row) => `  ${line(row)}`.trimEnd())];
}

function mitigationRow(mitigation: SimulationView['mitigations'][number]): string[] {
  const { client, mid, targets, statusLabel, strategy } = mitigation;
  const by = strategy === undefined ? '' : `, strategy "${strategy}"`;
  return [
    client,
    targets.join(', '),
    mitigationStatusWords(statusLabel).short,
    `${carrierWords(mitigation)}${by}`,
    `mid ${mid}, lifetime ${lifetime(mitigation.lifetime)}`,
  ];
}

function dmsRow({ name, load, capacity, fault, mitigations, address }: SimulationView['dms'][number]): string[] {
  const wrong = fault === undefined ? '' : `, ${faultWords(fault)} (${fault})`;
  const many = `${mitigations} mitigation${mitigations === 1 ? '' : 's'}`;
  return [name, loadWords(load, capacity), `${many}${wrong}`, address ?? ''];
}

function trafficRow({ name, kind, vector, to, rate }: SimulationView['traffic'][number]): string[] {
  return [name, vector === undefined ? kind : `${kind}, ${vector}`, `to ${formatPrefix(to)}`, bitRate(rate / 8)];
}

/** The same as `--format json` prints it. */
export function statusJson({ mitigations, dms, links, nodes, traffic }: SimulationView): object {
  return {
    version: 1,
    mitigations: mitigations.map(({ dms: by = null, strategy = null, ...each }) => ({ ...each, dms: by, strategy })),
    dms: dms.map(({ address = null, fault = null, ...each }) => ({ ...each, address, fault })),
    links,
    nodes,
    traffic: traffic.map(({ vector = null, to, ...each }) => ({ ...each, vector, to: formatPrefix(to) })),
  };
}

/** A decision as `--format json` prints it: one object, one to a line. */
export const decisionJson = ({ at, client, reason, cuid, action, ...rest }: StoredDecision): object => ({
  version: 1,
  time: new Date(at).toISOString(),
  text: `${client}: ${reason}`,
  ...{ client, cuid, mid: rest.mid ?? null, action },
  strategy: rest.strategy ?? null,
  dms: rest.dms ?? null,
  nodes: rest.nodes ?? null,
});
