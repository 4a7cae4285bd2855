import type { FlowspecFinding, FlowspecInput, FlowspecRule } from '#dots/flowspec/translate';
import { sortRules } from '#dots/flowspec/bgp/order';
import { render, renderHex } from '#dots/flowspec/renderings/render';
import { describeActions, describeMatch } from '#dots/flowspec/bgp/ruleText';
import { rfcLabel } from '#dots/model/finding';
import { printable } from '#dots/model/text';
import { plural } from '#dots/words/quantities';
import type { TargetRouter } from '#dots/workspace/workspaceFile';
import type { SourceNames } from './sourceNames';
import { placeWords } from './pointerText';
import { columns, heading, indented, sections } from './textLayout';
import { documentName } from './documentName';

const routers: Readonly<Record<TargetRouter, string>> = { exabgp: 'ExaBGP', gobgp: 'GoBGP', bird: 'BIRD' };

/** The content of a Flowspec preview. */
export interface FlowspecReport {
  /** The name of the document it previews. */
  document: string;
  /** The documents that the rules are made of. */
  inputs: readonly FlowspecInput[];
  rules: readonly FlowspecRule[];
  findings: readonly FlowspecFinding[];
  /** A sentence about the state of the document, e.g. that it is half-typed and the preview is older. */
  note?: string;
  /** The router software of the configuration; default ExaBGP. */
  router?: TargetRouter;
  /** The names of the sources of rules; default the names of their files. */
  names?: SourceNames;
}

const fileNames: SourceNames = { short: documentName, long: (file) => file };

/**
 * The rules of a document as a table, as text for a router and as NLRI octets, and the parts that could not be
 * expressed.
 */
export function flowspecText(report: FlowspecReport): string {
  const { document, rules, findings, note } = report;
  const intro = `${plural(rules.length, 'rule')}, in the order in which routers test them${findings.length === 0 ? '; everything could be expressed.' : '.'}`;
  const none = findings.some(({ severity }) => severity === 'error')
    ? 'No rule, because of the errors below.'
    : 'No rule: this document contains nothing that becomes one.';
  return sections(
    heading(`Flowspec of ${document}`),
    note,
    rules.length === 0 ? none : intro,
    rules.length === 0 ? undefined : indented(ruleTable(rules, report.inputs[0]?.file, report.names ?? fileNames)),
    findingsText(report),
    ...(rules.length === 0
      ? []
      : [
          heading(routers[report.router ?? 'exabgp']),
          indented(render(rules, report.router ?? 'exabgp').trimEnd()),
          heading('NLRI and extended communities (hex)'),
          indented(renderHex(rules).trimEnd()),
        ]),
  );
}

/**
 * Narrow enough for a column beside the document: the actions of a rule, then its match; and its source, if that is
 * another file.
 */
function ruleTable(rules: readonly FlowspecRule[], own: string | undefined, { short }: SourceNames): string {
  const others = rules.some(({ source }) => source.file !== own);
  const rows = sortRules(rules).map(({ actions, components, source }, index) => [
    String(index + 1),
    describeActions(actions),
    ...(others ? [printable(short(source.file))] : []),
    describeMatch(components),
  ]);
  return columns([['#', 'Action', ...(others ? ['Source'] : []), 'Match'], ...rows]);
}

/** Each finding once, with all its places. */
function findingsText({ document, inputs, findings, names = fileNames }: FlowspecReport): string | undefined {
  if (findings.length === 0) return undefined;
  const places = new Map<string, Set<string>>();
  for (const { severity, message, rfc, file, pointer } of findings) {
    const sentence = printable(`${severity}: ${message} (${rfcLabel(rfc)})`);
    const value = inputs.find((input) => input.file === file)?.value;
    const own = file === document ? '' : names.long(file);
    const place = [own, ...placeWords(value, pointer)]
      .filter((word) => word !== '' && !/^dots-client \d+$/.test(word))
      .join(' > ');
    places.set(
      sentence,
      (places.get(sentence) ?? new Set()).add(place === '' ? 'the whole document' : printable(place)),
    );
  }
  const paragraphs = [...places].map(
    ([sentence, where]) => `${sentence}\n${indented([...where].map((place) => `at ${place}`).join('\n'))}`,
  );
  return sections(heading('Findings'), ...paragraphs).trimEnd();
}
