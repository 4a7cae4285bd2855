import { documentType } from '#dots/model/documents';
import type { JsonObject } from '#dots/model/json';
import { formatPrefix } from '#dots/model/prefix';
import type { FlowMembers } from './flows';

/** When an ACL of a DMS acts: RFC 8783 section 7.2. */
export type Activation = 'immediate' | 'activate-when-mitigating' | 'deactivate';

/** The lifetime of a request, seconds: that of the draft's figures. */
const lifetime = 3600;

const scopeDocument = (scope: JsonObject): JsonObject => ({
  [documentType('mitigation-scope').topMember]: { scope: [{ ...scope, lifetime }] },
});

const unique = <T>(values: readonly (T | undefined)[]): T[] => [
  ...new Set(values.filter((value) => value !== undefined)),
];

const ranges = (ports: readonly number[]): JsonObject[] => ports.map((port) => ({ 'lower-port': port }));

const listed = (name: string, values: readonly (string | number | JsonObject)[]): JsonObject =>
  values.length === 0 ? {} : { [name]: [...values] };

const common = (flows: readonly FlowMembers[]): JsonObject => ({
  ...listed('target-prefix', unique(flows.map(({ target }) => formatPrefix(target)))),
});

/**
 * A mitigation request for flows: figures 5, 6 and 7 of the draft. It matches each combination of their members, so the
 * flows have to be all of them. The source-* members travel on the base channel (RFC 9066 section 5.3.1).
 */
export function requestFor(flows: readonly FlowMembers[]): JsonObject {
  const sources = unique(flows.map(({ source }) => source && formatPrefix(source)));
  return scopeDocument({
    ...common(flows),
    ...listed('target-port-range', ranges(unique(flows.map(({ targetPort }) => targetPort)))),
    ...listed('target-protocol', unique(flows.map(({ protocol }) => protocol))),
    ...listed('ietf-dots-call-home:source-prefix', sources),
    ...listed('ietf-dots-call-home:source-port-range', ranges(unique(flows.map(({ sourcePort }) => sourcePort)))),
  });
}

/** A mitigation request that only switches ACLs of its client (RFC 9133 section 3.2.1): figures 9 and 11. */
export function switchFor(
  flows: readonly FlowMembers[],
  acls: readonly { name: string; activation: Activation }[],
): JsonObject {
  return scopeDocument({
    ...common(flows),
    ...listed('target-protocol', unique(flows.map(({ protocol }) => protocol))),
    'ietf-dots-signal-control:acl-list': acls.map(({ name, activation }) => ({
      'acl-name': name,
      'activation-type': activation,
    })),
  });
}

/** An ACL that drops flows of one address family. */
export interface OffloadAcl {
  name: string;
  activation: Activation;
  flows: readonly FlowMembers[];
}

/** A document of ACLs for the data channel: figures 4, 8 and 10 of the draft. */
export function aclsFor(acls: readonly OffloadAcl[]): JsonObject {
  return { [documentType('acls').topMember]: { acl: acls.map(aclOf) } };
}

function aclOf({ name, activation, flows }: OffloadAcl): JsonObject {
  const [first] = flows;
  return {
    name,
    type: `${first?.target.family ?? 'ipv4'}-acl-type`,
    'activation-type': activation,
    aces: { ace: flows.map(entryOf) },
  };
}

function entryOf(flow: FlowMembers, index: number): JsonObject {
  return { name: `flow ${index + 1}`, matches: matchesOf(flow), actions: { forwarding: 'drop' } };
}

const portHeaders: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp' };

function matchesOf({ target, protocol, source, sourcePort, targetPort }: FlowMembers): JsonObject {
  const { family } = target;
  const network = (side: string): string => `${side}-${family}-network`;
  const header = portHeaders[protocol];
  const ports = { ...portMatch('source', sourcePort), ...portMatch('destination', targetPort) };
  return {
    [family]: {
      [network('destination')]: formatPrefix(target),
      ...(source !== undefined && { [network('source')]: formatPrefix(source) }),
      protocol,
    },
    ...(header !== undefined && Object.keys(ports).length > 0 && { [header]: ports }),
  };
}

const portMatch = (side: string, port: number | undefined): JsonObject =>
  port === undefined ? {} : { [`${side}-port-range-or-operator`]: { operator: 'eq', port } };
