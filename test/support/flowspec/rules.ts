import { readFileSync } from 'node:fs';
import type { TestContext } from 'node:test';
import { translate, type FlowspecFinding, type FlowspecOptions } from '#dots/flowspec/translate';
import { numericOperators, type Component, type NumericOperator, type NumericType } from '#dots/flowspec/bgp/rule';
import type { JsonObject } from '#dots/model/json';
import { prefixPattern, type PrefixPattern } from '#dots/flowspec/bgp/prefixPattern';
import { parseNetwork, type Family } from '#dots/model/prefix';
import { needShared } from '../shared';

/** A rule as the vectors beside the project describe it. */
export interface Vector {
  name: string;
  family: Family;
  rule: { match: Record<string, unknown>; actions: Record<string, unknown>[] };
  nlri_hex: string;
  rfc_nlri_hex?: string;
  extcomm_hex: string;
}

export interface OrderVector {
  rank: number;
  name: string;
  nlri_hex: string;
}

/** The text of a file in ../shared/vectors, or undefined after skipping the test. */
export function vectorText(t: TestContext, name: string): string | undefined {
  const path = needShared(t, 'vectors', name);
  return path === undefined ? undefined : readFileSync(path, 'utf8');
}

export function vectors(t: TestContext): Vector[] {
  const text = vectorText(t, 'flowspec-vectors.json');
  return text === undefined ? [] : (JSON.parse(text) as Vector[]);
}

export function prefix(text: string): PrefixPattern {
  const parsed = parseNetwork(text);
  if (parsed === undefined) throw new Error(`${text} is no prefix`);
  return prefixPattern(parsed);
}

const types: Record<string, Component['type']> = {
  'destination-prefix': 1,
  'source-prefix': 2,
  protocol: 3,
  port: 4,
  'destination-port': 5,
  'source-port': 6,
  'icmp-type': 7,
  'icmp-code': 8,
  'tcp-flags': 9,
  'packet-length': 10,
  dscp: 11,
  fragment: 12,
  'flow-label': 13,
};

interface VectorTest {
  op?: string;
  match?: boolean;
  not?: boolean;
  value: number;
}

function operator(op: string): NumericOperator {
  return numericOperators.find((known) => known === (op === '==' ? '=' : op)) ?? 'false';
}

/** The components of a vector, in the order in which it names them. */
export function vectorComponents({ rule: { match } }: Vector): Component[] {
  return Object.entries(match)
    .filter(([name]) => name in types)
    .map(([name, value]) => {
      const type = types[name] as Component['type'];
      if (type <= 2)
        return {
          type: type as 1,
          prefix: { ...prefix(value as string), offset: Number(match['destination-offset'] ?? 0) },
        };
      const groups = value as VectorTest[][];
      if (type === 9 || type === 12)
        return {
          type,
          anyOf: groups.map((group) =>
            group.map((test) => ({ not: test.not === true, match: test.match === true, value: test.value })),
          ),
        };
      return {
        type: type as NumericType,
        anyOf: groups.map((group) => group.map((test) => ({ op: operator(test.op ?? ''), value: test.value }))),
      };
    });
}

/** An ACL document with these ACEs, given by matches and actions. */
export function aclDocument(
  aces: { matches?: JsonObject; actions?: JsonObject; name?: string }[],
  acl: JsonObject = {},
): JsonObject {
  const ace = aces.map(({ name, matches, actions = { forwarding: 'drop' } }, index) => ({
    name: name ?? `ace${index + 1}`,
    ...(matches && { matches }),
    actions,
  }));
  return { 'ietf-dots-data-channel:acls': { acl: [{ name: 'acl', type: 'ipv4-acl-type', aces: { ace }, ...acl }] } };
}

export function scopeDocument(...scope: JsonObject[]): JsonObject {
  return { 'ietf-dots-signal-channel:mitigation-scope': { scope: scope.map((one) => ({ lifetime: 3600, ...one })) } };
}

export function aliasDocument(...alias: JsonObject[]): JsonObject {
  return { 'ietf-dots-data-channel:aliases': { alias } };
}

/** What becomes of one document, without the findings that only advise. */
export function translated(
  value: JsonObject,
  options: FlowspecOptions = {},
): { texts: string[]; nlris: string[]; codes: string[]; findings: FlowspecFinding[] } {
  const { rules, findings } = translate([{ file: 'x.json', value }], options);
  const reported = findings.filter((finding) => finding.class !== 'advice');
  return {
    texts: rules.map(({ text }) => text),
    nlris: rules.map(({ nlri }) => nlri),
    findings,
    codes: reported.map(
      ({ severity, code, pointer }) =>
        `${severity} ${code.replace('flowspec/', '')} ${pointer.replace(/.*(?:\/ace\/|\/scope\/)/, '')}`,
    ),
  };
}

/** `translated` for one ACE of an IPv4 ACL (or the type given). */
export function ace(
  matches: JsonObject | undefined,
  options: { actions?: JsonObject; type?: string; domain?: string[] } = {},
): ReturnType<typeof translated> {
  const acl: JsonObject = options.type === undefined ? {} : { type: options.type };
  return translated(
    aclDocument([{ ...(matches && { matches }), ...(options.actions && { actions: options.actions }) }], acl),
    { domain: options.domain ?? [] },
  );
}
