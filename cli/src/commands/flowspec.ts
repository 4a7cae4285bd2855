import { decodeNlri, encodeNlri } from '#dots/flowspec/nlri';
import { renderExabgp, renderHex, renderTable } from '#dots/flowspec/render';
import { describeMatch } from '#dots/flowspec/text';
import { translate, type Family, type FlowspecFinding, type FlowspecRule } from '#dots/flowspec/translate';
import { liveFlowspecOf } from '#dots/orchestrator/liveState';
import { createLanguageService, type LocatedFinding } from '#service/service';
import { UsageError, type Command, type ExitStatus, type Given } from '../command';
import { readDocument, tell, type ReadDocument } from '../document';
import { filesOf } from '../files';
import { findingJson, oneLine } from '../findings';
import type { Io } from '../io';

const service = createLanguageService();

const renderings: Readonly<Record<string, (rules: readonly FlowspecRule[]) => string>> = { table: renderTable, exabgp: renderExabgp, hex: renderHex };

/** `dots flowspec`: what documents ask of the network, as BGP Flowspec. */
export const flowspec: Command = {
  name: 'flowspec',
  summary: 'Show ACLs and mitigation requests as BGP Flowspec rules (RFC 8955, RFC 8956).',
  usage: 'FILE... [--domain PREFIX]... [--format table|json|hex|exabgp]\n       dots flowspec --state DIR [--format table|json|hex|exabgp]\n       dots flowspec --decode HEX --family ipv4|ipv6 [--format json|hex]',
  options: [
    { name: 'domain', value: 'PREFIX', multiple: true, description: 'A prefix of one\'s own: stands for a missing destination.' },
    { name: 'format', value: 'FORMAT', choices: ['table', 'json', 'hex', 'exabgp'], description: 'How rules are written (default table; with --decode json).' },
    { name: 'state', value: 'DIR', description: 'Show the rules in force of the mock orchestrator that keeps its state there.' },
    { name: 'decode', value: 'HEX', description: 'Read this NLRI, its length octets included.' },
    { name: 'family', value: 'FAMILY', choices: ['ipv4', 'ipv6'], description: 'The address family of --decode.' },
  ],
  details: [
    'All files are translated together: names of aliases and ACLs are looked up among them.',
    'What cannot be expressed is a finding, with its reason; with exit status 1 some of it is an error.',
    'With --decode HEX --format hex prints what dots itself would encode.',
  ],
  examples: ['dots flowspec examples/offload-request.dots.json', 'dots flowspec acl.dots.json --domain 192.0.2.0/24 --format exabgp', 'dots flowspec --decode 0c0118c0000203811105910035 --family ipv4 --format json'],
  run: runFlowspec,
};

async function runFlowspec(given: Given, io: Io): Promise<ExitStatus> {
  const nlri = given.option('decode');
  if (nlri !== undefined) return decodeRule(nlri, given, io);
  const state = given.option('state');
  if (state !== undefined) return showLive(state, given, io);
  if (given.paths.length === 0) throw new UsageError('No file is named.', 'See dots flowspec --help.');
  const documents = await readAll(given.paths, io);
  if (documents === undefined) return 1;
  const { rules, findings } = translate(documents, { domain: given.options('domain') });
  await print(rules, locate(documents, findings), given.option('format') ?? 'table', io);
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

/** What active ACLs and mitigations filter right now; findings have no place in a file. */
async function showLive(state: string, given: Given, io: Io): Promise<ExitStatus> {
  if (given.paths.length > 0 || given.options('domain').length > 0) throw new UsageError('--state shows what an orchestrator has in force, and takes no file and no --domain.', 'See dots flowspec --help.');
  const { rules, findings } = await liveFlowspecOf(state);
  const render = renderings[given.option('format') ?? 'table'];
  if (render === undefined) await io.out(`${JSON.stringify({ rules: rules.map(ruleJson), findings }, null, 2)}\n`);
  else {
    for (const { file, severity, message, code } of findings) io.say(`${file}: ${severity} ${oneLine(message)} (${code})`);
    if (rules.length === 0) io.say('dots flowspec: no rule is in force.');
    await io.out(render(rules));
  }
  return findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}

async function readAll(paths: readonly string[], io: Io): Promise<ReadDocument[] | undefined> {
  const files = new Set<string>();
  for (const path of paths) for (const file of await filesOf(path)) files.add(file);
  const documents: (ReadDocument | undefined)[] = [];
  for (const file of files) documents.push(await readDocument(file, io));
  return documents.every((document) => document !== undefined) ? documents : undefined;
}

type Placed = LocatedFinding & { file: string };

/** The findings with their ranges, file by file. */
function locate(documents: readonly ReadDocument[], findings: readonly FlowspecFinding[]): Placed[] {
  return documents.flatMap(({ file, parsed }) => service.locate(parsed, findings.filter((finding) => finding.file === file)).map((finding) => ({ ...finding, file })));
}

async function print(rules: readonly FlowspecRule[], findings: readonly Placed[], format: string, io: Io): Promise<void> {
  const render = renderings[format];
  if (render === undefined) return io.out(`${JSON.stringify({ rules: rules.map(ruleJson), findings: findings.map((finding) => ({ file: finding.file, ...findingJson(finding) })) }, null, 2)}\n`);
  for (const finding of findings) tell(finding.file, [finding], io);
  await io.out(render(rules));
}

function ruleJson({ family, nlri, extendedCommunities, ipv6ExtendedCommunities, text, source, components, actions }: FlowspecRule): object {
  return { family, nlri, extendedCommunities, ...(ipv6ExtendedCommunities !== undefined && { ipv6ExtendedCommunities }), text, source, components, actions };
}

async function decodeRule(hex: string, given: Given, io: Io): Promise<ExitStatus> {
  const family = given.option('family');
  const format = given.option('format') ?? 'json';
  if (given.paths.length > 0 || given.options('domain').length > 0) throw new UsageError('--decode reads the NLRI it is given, and no file.', 'See dots flowspec --help.');
  if (family === undefined) throw new UsageError('--family is missing: ipv4 or ipv6.', 'See dots flowspec --help.');
  if (format !== 'json' && format !== 'hex') throw new UsageError(`With --decode the format is json or hex, not ${format}.`);
  const components = decodeNlri(hex, family as Family);
  const encoded = format === 'hex' ? encodeNlri(components, family as Family) : JSON.stringify({ family, components, text: describeMatch(components) }, null, 2);
  await io.out(`${encoded}\n`);
  return 0;
}
