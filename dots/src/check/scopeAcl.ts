import { documentType } from '../model/documents';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '../model/json';
import { parsePrefix } from '../model/prefix';

/** When the ACL acts: RFC 8783 section 7.2. */
export type Activation = 'immediate' | 'activate-when-mitigating';

/** More entries than this are not written. */
const mostEntries = 64;

/** The members of a scope that entries of an ACL can match, or that do not change what is matched. */
const matched = new Set([
  ...['target-prefix', 'target-protocol', 'target-port-range', 'lifetime', 'trigger-mitigation'],
  ...['ietf-dots-call-home:source-prefix', 'ietf-dots-call-home:source-port-range'],
]);

/**
 * The document of ACLs that drop the traffic which scopes of a request name, one for each address family (RFC 8783
 * section 7.2); undefined where a scope names what an ACL cannot match, or too much.
 */
export function aclsOfScopes(scopes: readonly JsonObject[], activation: Activation): JsonObject | undefined {
  if (!scopes.every((scope) => Object.keys(scope).every((name) => matched.has(name)))) return undefined;
  const flows = scopes.flatMap(flowsOf);
  if (flows.length === 0 || flows.length > mostEntries) return undefined;
  const acls = (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const own = flows.filter((flow) => familyOf(flow.target) === family);
    return own.length === 0 ? [] : [aclOf(family, own, activation)];
  });
  return { [documentType('acls').topMember]: { acl: acls } };
}

interface Flow {
  target: JsonValue;
  protocol: JsonValue | undefined;
  source: JsonValue | undefined;
  ports: JsonValue | undefined;
  sourcePorts: JsonValue | undefined;
}

const familyOf = (text: JsonValue | undefined): string | undefined => parsePrefix(String(text))?.family;

/** The values of a list; undefined where it is absent and does not limit what is matched. */
const listed = (scope: JsonObject, member: string): (JsonValue | undefined)[] => {
  const items = itemsOf(scope[member]);
  return items.length === 0 ? [undefined] : [...items];
};

/** Protocols whose ports an ACL matches. */
const headers: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp' };

/** Each combination of the values of a scope of which packets exist. */
function flowsOf(scope: JsonObject): Flow[] {
  const ports = listed(scope, 'target-port-range');
  const sourcePorts = listed(scope, 'ietf-dots-call-home:source-port-range');
  const hasPorts = [...ports, ...sourcePorts].some((range) => range !== undefined);
  const protocols = listed(scope, 'target-protocol').flatMap((protocol) => {
    if (!hasPorts) return [protocol];
    return protocol === undefined ? [6, 17] : Object.hasOwn(headers, String(protocol)) ? [protocol] : [];
  });
  return combinations<unknown>([
    itemsOf(scope['target-prefix']),
    protocols,
    listed(scope, 'ietf-dots-call-home:source-prefix'),
    ports,
    sourcePorts,
  ])
    .map(
      ([target, protocol, source, own, from]) => ({ target, protocol, source, ports: own, sourcePorts: from }) as Flow,
    )
    .filter(({ target, source }) => source === undefined || familyOf(source) === familyOf(target));
}

/** Every choice of one value of each list; not more than are written. */
const combinations = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>(
    (all, list) => all.flatMap((chosen) => list.map((value) => [...chosen, value])).slice(0, mostEntries + 1),
    [[]],
  );

const aclOf = (family: string, flows: readonly Flow[], activation: Activation): JsonObject => ({
  name: `drop-${family}`,
  type: `${family}-acl-type`,
  'activation-type': activation,
  aces: {
    ace: flows.map((flow, index) => ({
      name: `flow ${index + 1}`,
      matches: matchesOf(family, flow),
      actions: { forwarding: 'drop' },
    })),
  },
});

function matchesOf(family: string, { target, protocol, source, ports, sourcePorts }: Flow): JsonObject {
  const header = headers[Number(protocol)];
  const layer4 = { ...portMatch('source', sourcePorts), ...portMatch('destination', ports) };
  return {
    [family]: {
      [`destination-${family}-network`]: target,
      ...(source !== undefined && { [`source-${family}-network`]: source }),
      ...(protocol !== undefined && { protocol }),
    },
    ...(header !== undefined && Object.keys(layer4).length > 0 && { [header]: layer4 }),
  };
}

/** A range of a request as the match of an ACL; a single port is an operator. */
function portMatch(side: string, range: JsonValue | undefined): JsonObject {
  if (!isObject(range)) return {};
  const { 'lower-port': lower = 0, 'upper-port': upper } = range;
  const isOne = upper === undefined || upper === lower;
  return {
    [`${side}-port-range-or-operator`]: isOne
      ? { operator: 'eq', port: lower }
      : { 'lower-port': lower, 'upper-port': upper },
  };
}
