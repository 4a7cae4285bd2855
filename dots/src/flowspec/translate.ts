import { check } from '#dots/check/check';
import { DotsError } from '#dots/model/errors';
import type { Fault } from '#dots/model/finding';
import type { JsonObject } from '#dots/model/json';
import { parseNetwork, type Prefix } from '#dots/model/prefix';
import { account, type Counts } from './accounts';
import { adviseOnRules } from './advice';
import { encodeAction, parseRouteTarget, routeTargetForms } from './bgp/communities';
import type { Action, FlowspecFinding, FlowspecRule } from './bgp/rule';
import type { Resolution } from './documents/context';
import { DocumentErrors } from './documents/errors';
import { Findings, placeKey } from './documents/findings';
import { mergePrefixes } from './documents/merge';
import { readDocuments, type Around, type Reading } from './documents/read';
import { unitAround } from './documents/units';
import { announced } from './order/encodedRule';
import { equivalenceOf, type Equivalence } from './order/equivalence';
import type { RepairBudget } from './order/repair';
import { signalPort } from './packets/sessions';
import { noteDefaultAction, reportErrors } from './report';
import { makeRules, type RuleSet } from './rules';
import { adviseOnTraffic } from './trafficAdvice';

export type { Counts } from './accounts';
export type { Equivalence } from './order/equivalence';
export type { Resolution } from './documents/context';
export type { FlowspecFinding, FlowspecRule } from './bgp/rule';
export type { Family } from '#dots/model/prefix';

/** A document as `JSON.parse` returns it; it need not be valid. */
export interface FlowspecInput {
  file: string;
  value: JsonObject;
  /** The findings of validation, if the caller has validated it; otherwise it is validated here. */
  faults?: readonly Fault[];
  /** The document only supplies definitions: its errors count only if they concern used ones. */
  isSupporting?: boolean;
  /** The action of its mitigations; default: that of the options. */
  action?: MitigationAction;
}

/** The action of mitigations on matching traffic: DOTS leaves it to the operator. */
export type MitigationAction =
  | { kind: 'discard' }
  /** Bytes per second. */
  | { kind: 'rate'; bytes: number }
  /** A route target such as `65000:100`. */
  | { kind: 'redirect'; rt: string }
  | { kind: 'mark'; dscp: number };

export interface FlowspecOptions {
  /** The own prefixes: they are the destination of entries that name none. */
  domain?: string[];
  /** Default: discard. */
  action?: MitigationAction;
  /** The result of resolving a name of target-fqdn or target-uri; without it names are findings. */
  resolve?: (name: string) => Resolution | undefined;
  /** How far rules may be changed so that routers keep the order of the documents; `false`: not at all. */
  repair?: RepairBudget | false;
  /** Ports of the own DOTS signal channels; default 4646. */
  signalPorts?: readonly number[];
  /** ACL documents of the workspace that are not translated: traffic that they accept should not be dropped. */
  accepting?: readonly FlowspecInput[];
}

/** The rules of all documents, the findings, and whether routers treat packets as the documents say. */
export interface Translation {
  rules: FlowspecRule[];
  findings: FlowspecFinding[];
  equivalence: Equivalence;
  /** The units of the documents, and their outcomes. */
  counts: Counts;
}

function readDomain(domain: readonly string[]): Prefix[] {
  return mergePrefixes(
    domain.map((text) => {
      const prefix = parseNetwork(text.trim());
      if (prefix !== undefined) return prefix;
      throw new DotsError(
        'usage',
        'flowspec/domain',
        `"${text}" is not a prefix.`,
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
    `"${option.kind === 'redirect' ? option.rt : ''}" is not a route target.`,
    routeTargetForms,
  );
}

/** The errors of each document: those that its validation found. */
function errorsIn({ value, faults }: FlowspecInput): Fault[] {
  const found = faults ?? checked(value);
  return found.filter(({ severity }) => severity === 'error');
}

function checked(value: JsonObject): Fault[] {
  const { type, faults } = check(value);
  return type === undefined ? [unknownDocument] : faults;
}

const unknownDocument: Fault = {
  code: 'json/unknown-document',
  class: 'json',
  severity: 'error',
  rfc: '7951 4',
  pointer: '',
  message: 'This document has no top-level member of a DOTS document.',
};

/** Reads documents that are translated together, each with its errors. */
function read(inputs: readonly FlowspecInput[], errors: readonly Fault[][], around: Omit<Around, 'errors'>): Reading {
  const known = new DocumentErrors();
  for (const [index, { file }] of inputs.entries()) known.add(file, errors[index] ?? []);
  return readDocuments(inputs, { ...around, errors: known });
}

/** The errors of a document that count: in one that only supports others, those of unused aliases do not. */
function concerned({ file, isSupporting }: FlowspecInput, errors: readonly Fault[], { aliases }: Reading): Fault[] {
  return errors.filter(({ pointer }) => {
    const unit = placeKey({ file, pointer: unitAround(pointer) });
    return isSupporting !== true || !aliases.all.has(unit) || aliases.used.has(unit);
  });
}

/** Documents that were read, and their rules before they are announced. */
interface Made extends RuleSet {
  reading: Reading;
  around: Omit<Around, 'errors' | 'report'>;
  action: Action;
}

function make(inputs: readonly FlowspecInput[], options: FlowspecOptions, report: Findings): Made {
  const action = readAction(options.action ?? { kind: 'discard' });
  const actions = new Map(inputs.map((input) => [input.file, input.action ? readAction(input.action) : action]));
  const mitigationActions = (file: string): Action[] => [actions.get(file) ?? action];
  const around = { domain: readDomain(options.domain ?? []), mitigationActions, resolve: options.resolve };
  const errors = inputs.map(errorsIn);
  const reading = read(inputs, errors, { ...around, report });
  for (const [index, input] of inputs.entries())
    reportErrors(input.file, concerned(input, errors[index] ?? [], reading), report);
  return { ...makeRules(reading.entries, report, options), reading, around, action };
}

/** The rules of `translate` alone: no findings, and nothing of what only they need. Throws as it does. */
export function rulesOf(inputs: readonly FlowspecInput[], options: FlowspecOptions = {}): FlowspecRule[] {
  return make(inputs, options, new Findings()).rules.map(announced);
}

/**
 * Turns ACLs (RFC 8783) and mitigation requests (RFC 9132, 9066, 9133), with aliases expanded from the documents given,
 * into Flowspec rules. Rules are in the order of first-match evaluation: active ACLs, then mitigations. A part that has
 * an error, or cannot be expressed exactly, has a finding and no rule. If routers would decide differently from the
 * documents' order, rules are changed until they agree, and a finding states the change, or shows a packet. Documents
 * may be malformed; only invalid options throw (DotsError).
 */
export function translate(inputs: readonly FlowspecInput[], options: FlowspecOptions = {}): Translation {
  const report = new Findings();
  const { rules: encoded, comparison, reading, around, action } = make(inputs, options, report);
  if (options.action === undefined) noteDefaultAction(encoded, action, report);
  const rules = encoded.map(announced);
  adviseOnRules(encoded, rules, report);
  const beside = options.accepting ?? [];
  const accepting = read(beside, beside.map(errorsIn), { ...around, report: new Findings() }).entries;
  adviseOnTraffic(encoded, { signalPorts: options.signalPorts ?? [signalPort], accepting }, report);
  const counts = account(inputs, { rules, reading, report });
  return { rules, findings: report.all, equivalence: equivalenceOf(rules, comparison, report.all), counts };
}
