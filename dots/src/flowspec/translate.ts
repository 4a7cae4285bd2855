import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { parseNetwork, type Prefix } from '#dots/model/prefix';
import { translateAcls } from './documents/acl';
import { encodeAction, parseRouteTarget } from './bgp/communities';
import type { Context } from './documents/context';
import type { Entry } from './packets/draft';
import { equivalenceOf, type Equivalence } from './order/equivalence';
import { mergePrefixes } from './documents/merge';
import { askedActivations, translateMitigation } from './documents/mitigation';
import { Findings } from './documents/findings';
import { asObject, member, members, objects, quote, type Located } from './documents/values';
import type { FlowspecFinding } from './bgp/rule';
import type { RepairBudget } from './order/repair';
import type { Resolution } from './documents/resolve';
import { makeRules } from './rules';
import type { Action, FlowspecRule } from './bgp/rule';

export type { Equivalence, Witness } from './order/equivalence';
export type { Resolution } from './documents/resolve';
export type { Action, Component, FlowspecFinding, FlowspecRule } from './bgp/rule';
export type { Family } from '#dots/model/prefix';

/** A document as `JSON.parse` gives it; it need not be valid. */
export interface FlowspecInput {
  file: string;
  value: JsonObject;
}

/** What mitigations do with the traffic they match: DOTS leaves that to the operator. */
export type MitigationAction =
  | { kind: 'discard' }
  /** Bytes per second. */
  | { kind: 'rate'; bytes: number }
  /** A route target such as `65000:100`. */
  | { kind: 'redirect'; rt: string }
  | { kind: 'mark'; dscp: number };

export interface FlowspecOptions {
  /** The prefixes that are one's own: they stand for a missing destination. */
  domain?: string[];
  /** Default: discard. */
  action?: MitigationAction;
  /** What a name of target-fqdn or target-uri stood for when it was looked up; without it names are findings. */
  resolve?: (name: string) => Resolution | undefined;
  /** How far rules may be changed so that routers keep to the order of the documents; `false`: not at all. */
  repair?: RepairBudget | false;
}

/** The rules of all documents, what there is to say about them, and whether routers will do what the documents say. */
export interface Translation {
  rules: FlowspecRule[];
  findings: FlowspecFinding[];
  equivalence: Equivalence;
}

/** The parts of a document that matter here, by the top-level or inner member that holds them. */
interface Parts {
  acls: Located[];
  aliases: Located[];
  mitigations: Located[];
}

const signalChannel = 'ietf-dots-signal-channel:';
const dataChannel = 'ietf-dots-data-channel:';

function readDomain(domain: readonly string[]): Prefix[] {
  return mergePrefixes(
    domain.map((text) => {
      const prefix = parseNetwork(text.trim());
      if (prefix !== undefined) return prefix;
      throw new DotsError(
        'usage',
        'flowspec/domain',
        `"${text}" is no prefix.`,
        'Write one such as 192.0.2.0/24 or 2001:db8::/32.',
      );
    }),
  );
}

function mitigationAction(action: MitigationAction): Action | undefined {
  switch (action.kind) {
    case 'discard':
      return { kind: 'traffic-rate-bytes', as: 0, rate: 0 };
    case 'rate':
      return { kind: 'traffic-rate-bytes', as: 0, rate: action.bytes };
    case 'redirect':
      return parseRouteTarget(action.rt);
    case 'mark':
      return { kind: 'traffic-marking', dscp: action.dscp };
  }
}

function readAction(option: MitigationAction): Action {
  const action = mitigationAction(option);
  if (action !== undefined) {
    encodeAction(action);
    return action;
  }
  throw new DotsError(
    'usage',
    'flowspec/route-target',
    `${JSON.stringify(option)} names no route target.`,
    'Write one such as 65000:100, 192.0.2.1:100 or [2001:db8::1]:100.',
  );
}

/** Sorts the members of a document, or of one client in it, into what can be translated; tells what cannot. */
function collect(object: Located<JsonObject>, prefix: string, parts: Parts, report: Findings): void {
  for (const [name, located] of members(object)) {
    if (name === `${signalChannel}mitigation-scope`) parts.mitigations.push(located);
    else if (name === `${prefix}acls`) parts.acls.push(located);
    else if (name === `${prefix}aliases`) parts.aliases.push(located);
    else if (name === `${dataChannel}dots-data`) collectData(located, parts, report);
    else if (name === `${prefix}dots-client`) collectClients(located, parts, report);
    else if (prefix !== '')
      report.information(
        located,
        'flowspec/nothing-to-translate',
        '8955 4',
        `${quote(name)} filters nothing: rules come from mitigation requests and ACLs.`,
      );
  }
}

function collectData(data: Located, parts: Parts, report: Findings): void {
  const object = asObject(data, report);
  const clients = object && member(object, 'dots-client');
  if (clients !== undefined) collectClients(clients, parts, report);
}

function collectClients(clients: Located, parts: Parts, report: Findings): void {
  for (const client of objects(clients, report)) collect(client, '', parts, report);
}

function readAliases(lists: readonly Located[], report: Findings): Map<string, Located<JsonObject>> {
  const aliases = new Map<string, Located<JsonObject>>();
  for (const list of lists) {
    const object = asObject(list, report);
    for (const alias of object === undefined ? [] : objects(member(object, 'alias'), report)) {
      const { name } = alias.value;
      if (typeof name !== 'string')
        report.error(alias, 'flowspec/value', '8783 6.1', 'An alias without a name cannot be used.');
      else if (aliases.has(name))
        report.warning(
          alias,
          'flowspec/alias-twice',
          '8783 6.1',
          `Alias ${quote(name)} is defined twice; the first definition counts.`,
        );
      else aliases.set(name, alias);
    }
  }
  return aliases;
}

/** The names of all ACLs in the given documents. */
function aclNames(lists: readonly Located[]): Set<unknown> {
  const quiet = new Findings();
  return new Set(
    lists.flatMap((list) => {
      const object = asObject(list, quiet);
      return object === undefined ? [] : objects(member(object, 'acl'), quiet).map((acl) => acl.value.name);
    }),
  );
}

/** What mitigation requests say about the activation of ACLs; the last one counts. */
function readActivations(parts: Parts, report: Findings): Map<string, string> {
  const names = aclNames(parts.acls);
  const activation = new Map<string, string>();
  for (const [name, type, place] of parts.mitigations.flatMap((mitigation) => askedActivations(mitigation, report))) {
    activation.set(name, type);
    if (!names.has(name))
      report.warning(
        place,
        'flowspec/acl-unknown',
        '9133 3.2.1',
        `None of the given documents holds ACL ${quote(name)}: its rules are not shown. Give the document with the ACLs as well.`,
      );
  }
  return activation;
}

/** The entries of all documents in the order of first-match evaluation: active ACLs as given, then mitigations. */
function allEntries(parts: Parts, context: Context): Entry[] {
  const acls = parts.acls.flatMap((list) => translateAcls(list, context));
  return [...acls, ...parts.mitigations.flatMap((mitigation) => translateMitigation(mitigation, context))];
}

/** Tells, once for each mitigation that has rules, that the action is not the document's. */
function noteDefaultAction(entries: readonly Entry[], action: Action, report: Findings): void {
  for (const { source, actions } of entries) {
    if (actions[0] !== action) continue;
    report.add(source, {
      code: 'flowspec/default-action',
      class: 'advice',
      severity: 'information',
      rfc: '9132 4.4.1',
      message:
        'A mitigation request names no action. These rules discard; an operator may prefer to limit the rate or to redirect to a scrubber.',
    });
  }
}

/** Aliases alone, or an empty list of scopes: nothing is wrong, but nothing comes out either. */
function noteNothing(inputs: readonly FlowspecInput[], report: Findings): void {
  for (const { file } of inputs)
    report.information(
      { file, pointer: '' },
      'flowspec/nothing-to-translate',
      '8955 4',
      'This gives no rules by itself: rules come from mitigation requests and ACLs.',
    );
}

/**
 * Turns ACLs (RFC 8783) and mitigation requests (RFC 9132, 9066, 9133), with aliases expanded from the documents given,
 * into Flowspec rules. Rules stand in the order of first-match evaluation: active ACLs, then mitigations. Whatever cannot be
 * expressed exactly is a finding and gives no rule; where routers would decide otherwise than the documents' order says, rules are
 * changed until they do not, and a finding tells what was done, or shows a packet. Documents may be malformed; only options that make no sense throw (DotsError).
 */
export function translate(inputs: readonly FlowspecInput[], options: FlowspecOptions = {}): Translation {
  const report = new Findings();
  const action = readAction(options.action ?? { kind: 'discard' });
  const parts: Parts = { acls: [], aliases: [], mitigations: [] };
  const domain = readDomain(options.domain ?? []);
  for (const { file, value } of inputs) {
    const document = asObject({ file, pointer: '', value }, report);
    if (document !== undefined) collect(document, dataChannel, parts, report);
  }
  const context: Context = {
    report,
    domain,
    mitigationActions: [action],
    aliases: readAliases(parts.aliases, report),
    activation: readActivations(parts, report),
    resolve: options.resolve,
  };
  const entries = allEntries(parts, context);
  if (options.action === undefined) noteDefaultAction(entries, action, report);
  if (entries.length === 0 && report.findings.length === 0) noteNothing(inputs, report);
  const { rules, comparison } = makeRules(entries, report, options);
  return { rules, findings: report.findings, equivalence: equivalenceOf(rules, comparison, report.findings) };
}
