import { compareRuleSets, describeChanges } from '#dots/flowspec/bgp/compare';
import { parseRouteTarget, routeTargetForms } from '#dots/flowspec/bgp/communities';
import { describeCounts } from '#dots/flowspec/accounts';
import { describeEquivalence } from '#dots/flowspec/order/equivalence';
import { explainRule } from '#dots/flowspec/bgp/explain';
import { decodeNlri, encodeNlri } from '#dots/flowspec/bgp/nlri';
import { sortRules } from '#dots/flowspec/bgp/order';
import { render, renderingFindings, renderings, type Rendering } from '#dots/flowspec/renderings/render';
import { describeMatch } from '#dots/flowspec/bgp/ruleText';
import {
  translate,
  type Family,
  type FlowspecFinding,
  type FlowspecOptions,
  type MitigationAction,
  type Translation,
} from '#dots/flowspec/translate';
import { parseNetwork } from '#dots/model/prefix';
import { safeJson } from '#dots/model/text';
import { validationService as service } from '#service/validationService';
import { UsageError, wholeNumber, type Command, type ExitStatus, type Arguments } from '../command';
import { invalidJson, reportFindings, type ReadDocument } from '../document';
import { hexOption } from '../hex';
import type { Io } from '../io';
import { CommandWorkspaces, workspaceOptions } from '../workspace';
import { flowspecDocuments, type FlowspecDocument, type FlowspecDocuments } from './flowspecDocuments';
import { changesJson, decodedJson, findingOnly, placedJson, rulesJson, type Placed } from './flowspecJson';
import { lookUpAll } from './flowspecResolve';

const seeHelp = 'See dots flowspec --help.';

/** `dots flowspec`: documents as BGP Flowspec rules. */
export const flowspec: Command = {
  name: 'flowspec',
  summary: 'Show ACLs and mitigation requests as BGP Flowspec rules (RFC 8955, RFC 8956).',
  usage:
    'FILE... [--domain PREFIX]... [--action ACTION] [--format FORMAT]\n       dots flowspec FILE... --compare OTHER [--format table|json]\n       dots flowspec --state DIR [--node NAME] [--format FORMAT]\n       dots flowspec --decode HEX --family ipv4|ipv6 [--explain | --format json|hex]',
  options: [
    {
      name: 'domain',
      value: 'PREFIX',
      multiple: true,
      description:
        'An own prefix, used as the destination of entries without one (default: from the workspace file and the profile).',
    },
    ...workspaceOptions,
    {
      name: 'action',
      value: 'ACTION',
      description:
        'The action of mitigation requests: discard, rate:BYTES (per second), redirect:RT or mark:DSCP (default discard).',
    },
    {
      name: 'format',
      value: 'FORMAT',
      choices: ['json', ...renderings],
      description:
        'The output format (default: that of the target router in the workspace file, or table; with --decode json).',
    },
    {
      name: 'resolve',
      description: 'Resolve the names of target-fqdn and target-uri; a finding states the time and the result.',
    },
    {
      name: 'no-repair',
      description: 'Do not change rules that routers would test in another order than the documents.',
    },
    { name: 'explain', description: 'Explain each octet of each rule.' },
    {
      name: 'compare',
      value: 'OTHER',
      description: 'Show the rules that FILE adds, removes and changes compared with the document OTHER.',
    },
    {
      name: 'state',
      value: 'DIR',
      description: 'Show the rules in force of the mock orchestrator with this state folder.',
    },
    {
      name: 'node',
      value: 'NAME',
      description: 'With --state: the rules of this forwarding node alone.',
    },
    { name: 'decode', value: 'HEX', description: 'Read this NLRI, its length octets included.' },
    { name: 'family', value: 'FAMILY', choices: ['ipv4', 'ipv6'], description: 'The address family of --decode.' },
  ],
  details: [
    'All files are translated together. Names of aliases and ACLs are looked up in them, and in all documents below the folder of their workspace file, or in their own folder if there is none.',
    'ACLs are first-match lists, but routers sort rules by what they match. If that changes the result, rules are repaired, and a finding states how; if a difference remains, a finding shows an example packet.',
    'Each part that cannot be expressed has a finding with the reason; exit status 1 means that at least one is an error. exabgp, gobgp and bird contain a comment for each rule that the tool cannot announce.',
    'With --decode HEX, --format hex prints the NLRI as dots encodes it.',
  ],
  examples: [
    'dots flowspec examples/offload-request.dots.json --action redirect:65000:100',
    'dots flowspec acl.dots.json --domain 192.0.2.0/24 --format bird',
    'dots flowspec new.dots.json --compare old.dots.json',
    'dots flowspec --decode 0c0118c0000203811105910035 --family ipv4 --format json',
  ],
  run: runFlowspec,
};

async function runFlowspec(given: Arguments, io: Io): Promise<ExitStatus> {
  if (given.option('node') !== undefined && given.option('state') === undefined)
    throw new UsageError('--node names a forwarding node of an orchestrator, so it needs --state DIR.', seeHelp);
  const nlri = given.option('decode');
  if (nlri !== undefined) return decodeRule(nlri, given, io);
  const state = given.option('state');
  if (state !== undefined) return showLive(state, given, io);
  if (given.paths.length === 0) throw new UsageError('No file is named.', seeHelp);
  checkCombination(given);
  const other = given.option('compare');
  const workspaces = new CommandWorkspaces(given);
  const now = await translateFiles(given.paths, workspaces, given, io);
  const before = other === undefined ? undefined : await translateFiles([other], workspaces, given, io);
  if (now === undefined || (other !== undefined && before === undefined)) throw invalidJson();
  await (before === undefined ? printRules(now, given, io) : printChanges(before, now, given, io));
  return [now, before].some(
    (one) => one?.isBroken === true || one?.translation.findings.some(({ severity }) => severity === 'error'),
  )
    ? 1
    : 0;
}

function checkCombination(given: Arguments): void {
  const format = given.option('format') ?? 'table';
  for (const name of ['compare', 'explain']) {
    if (given.option(name) !== undefined && format !== 'table' && format !== 'json')
      throw new UsageError(`With --${name} the format is table or json, not ${format}.`);
  }
  if (given.option('compare') !== undefined && given.option('explain') !== undefined)
    throw new UsageError('--compare and --explain cannot be combined.', seeHelp);
}

/** Documents and their rules. */
interface Translated extends FlowspecDocuments {
  translation: Translation;
}

async function translateFiles(
  paths: readonly string[],
  workspaces: CommandWorkspaces,
  given: Arguments,
  io: Io,
): Promise<Translated | undefined> {
  const read = await flowspecDocuments(paths, workspaces, io);
  if (read === undefined) return undefined;
  const { accepting, ownPrefixes, signalPorts } = read;
  const action = readAction(given.option('action'));
  const domain = given.options('domain').map(domainPrefix);
  const documents = domain.length > 0 ? read.documents.map(withoutDomain) : read.documents;
  const options: FlowspecOptions = {
    domain: domain.length > 0 ? domain : ownPrefixes,
    accepting,
    ...(signalPorts.length > 0 && { signalPorts }),
    ...(action && { action }),
    ...(given.option('no-repair') !== undefined && { repair: false }),
  };
  const isResolved = given.option('resolve') !== undefined;
  const translation = isResolved ? await translateResolved(documents, options) : translate(documents, options);
  return { ...read, translation };
}

/** A document without the findings on the own prefixes of its workspace: the command line specifies others. */
const withoutDomain = (document: FlowspecDocument): FlowspecDocument => ({
  ...document,
  faults: document.faults.filter(({ code }) => code !== 'cross/foreign-target'),
});

/** Determines which names the translation needs, resolves them, and translates with the results. */
async function translateResolved(
  documents: readonly FlowspecDocument[],
  options: FlowspecOptions,
): Promise<Translation> {
  const names = new Set<string>();
  translate(documents, { ...options, repair: false, resolve: (name) => void names.add(name) });
  const found = await lookUpAll(names);
  return translate(documents, { ...options, resolve: (name) => found.get(name) });
}

/** The rules of the current active ACLs and mitigations; their findings are not in files. */
async function showLive(state: string, given: Arguments, io: Io): Promise<ExitStatus> {
  if (given.paths.length > 0 || given.options('domain').length > 0)
    throw new UsageError(
      '--state shows the rules in force of an orchestrator; it accepts no file and no --domain.',
      'See dots flowspec --help.',
    );
  const { storedRulesInForce } = await import('#dots/orchestrator/storedRulesInForce');
  const { rules, findings, equivalence } = await storedRulesInForce(state, { node: given.option('node') });
  const format = given.option('format') ?? 'table';
  if (format === 'json') await printJson(rulesJson({ rules, findings: findings.map(findingOnly), equivalence }), io);
  else {
    const rendering = format as Rendering;
    for (const { file, severity, message, code } of [...findings, ...renderingFindings(rules, rendering)])
      io.say(`${file}: ${severity} ${message} (${code})`);
    if (rules.length === 0) io.say('dots flowspec: no rule is in force.');
    await io.out(render(rules, rendering));
    if (rendering === 'table' && rules.length > 0) await io.out(`\n${describeEquivalence(equivalence)}\n`);
  }
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

function readAction(text: string | undefined): MitigationAction | undefined {
  if (text === undefined) return undefined;
  const [kind, ...rest] = text.split(':');
  const value = rest.join(':');
  if (text === 'discard') return { kind: 'discard' };
  if (kind === 'redirect') return { kind, rt: routeTarget(value) };
  if (kind === 'rate') return { kind, bytes: bytesPerSecond(value) };
  if (kind === 'mark') return { kind, dscp: wholeNumber('action mark:DSCP', value, 0, 63) ?? 0 };
  throw new UsageError(`--action must be discard, rate:BYTES, redirect:RT or mark:DSCP, not "${text}".`, seeHelp);
}

function domainPrefix(text: string): string {
  if (parseNetwork(text) !== undefined) return text;
  throw new UsageError(
    `--domain requires a prefix, not "${text}".`,
    'Write one such as 192.0.2.0/24 or 2001:db8::/32.',
  );
}

function routeTarget(text: string): string {
  if (parseRouteTarget(text) !== undefined) return text;
  throw new UsageError(`--action redirect:RT requires a route target, not "${text}".`, routeTargetForms);
}

function bytesPerSecond(text: string): number {
  if (/^\d{1,17}(\.\d+)?$/.test(text)) return Number(text);
  throw new UsageError(
    `--action rate:BYTES requires a number of bytes per second, not "${text}".`,
    'Write it without sign and exponent, such as 125000 for 1 Mbit/s.',
  );
}

/** The findings with their ranges, file by file. */
function locate(documents: readonly ReadDocument[], findings: readonly FlowspecFinding[]): Placed[] {
  return documents.flatMap(({ file, parsed }) =>
    service
      .locate(
        parsed,
        findings.filter((finding) => finding.file === file),
      )
      .map((finding) => ({ ...finding, file })),
  );
}

function tellAll({ documents, translation }: Translated, more: readonly FlowspecFinding[], io: Io): void {
  for (const finding of locate(documents, [...translation.findings, ...more]))
    reportFindings(finding.file, [finding], io);
}

const findingsJson = ({ documents, translation }: Translated): object[] =>
  locate(documents, translation.findings).map(placedJson);

async function printRules(translated: Translated, given: Arguments, io: Io): Promise<void> {
  const explain = given.option('explain') !== undefined;
  const format = given.option('format') ?? (explain ? undefined : translated.router) ?? 'table';
  const { rules, equivalence, counts } = translated.translation;
  if (format === 'json')
    return printJson(rulesJson({ rules, findings: findingsJson(translated), equivalence, counts }, explain), io);
  const rendering = format as Rendering;
  tellAll(translated, renderingFindings(rules, rendering), io);
  await io.out(explain ? sortRules(rules).map(explainRule).join('\n') : render(rules, rendering));
  if (rendering !== 'table') return;
  const order = rules.length > 0 ? `${describeEquivalence(equivalence)}\n` : '';
  await io.out(`\n${order}${describeCounts(counts)}\n`);
}

async function printChanges(before: Translated, now: Translated, given: Arguments, io: Io): Promise<void> {
  const changes = compareRuleSets(before.translation.rules, now.translation.rules);
  if (given.option('format') === 'json')
    return printJson(changesJson(changes, [...findingsJson(before), ...findingsJson(now)]), io);
  for (const one of [before, now]) tellAll(one, [], io);
  await io.out(describeChanges(changes));
}

async function printJson(value: object, io: Io): Promise<void> {
  await io.out(`${safeJson(value, 2)}\n`);
}

const notWithDecode = ['compare', 'action', 'resolve', 'no-repair'];

async function decodeRule(hex: string, given: Arguments, io: Io): Promise<ExitStatus> {
  const family = given.option('family') as Family | undefined;
  const explain = given.option('explain') !== undefined;
  const format = given.option('format') ?? 'json';
  if (given.paths.length > 0 || given.options('domain').length > 0)
    throw new UsageError('--decode accepts no file.', seeHelp);
  for (const name of notWithDecode)
    if (given.option(name) !== undefined) throw new UsageError(`--${name} cannot be combined with --decode.`, seeHelp);
  if (family === undefined) throw new UsageError('--family is missing: ipv4 or ipv6.', seeHelp);
  if (format !== 'json' && format !== 'hex')
    throw new UsageError(`With --decode the format is json or hex, not ${format}.`);
  hexOption('decode', hex, '0b0118c00002038111058135');
  const components = decodeNlri(hex, family);
  const text = describeMatch(components);
  if (explain && given.option('format') !== 'json')
    await io.out(explainRule({ family, nlri: hex, text, extendedCommunities: [] }));
  else if (format === 'hex') await io.out(`${encodeNlri(components, family)}\n`);
  else await printJson(decodedJson({ family, components, text, nlri: hex }, explain), io);
  return 0;
}
