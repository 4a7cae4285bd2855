import { documentType } from '#dots/model/documents';
import { itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { sharedTargets } from '#dots/model/sharedTargets';

/** What is asked of a DMS for one mitigation: its scope, in which no alias is named. */
export interface Demand {
  id: string;
  scope: JsonObject;
}

/** A request to a DMS, and the demands that it is for. */
export interface WantedRequest {
  document: JsonObject;
  demands: readonly Demand[];
}

/** The lifetime that is asked for, seconds; it is refreshed. */
export const requestedLifetime = 3600;

/**
 * The requests to a DMS that its demands need. To the DMS they all come from one client, and of two requests of one
 * client with a target in common the later deletes the earlier (RFC 9132 section 4.4.1.3): such demands share one.
 */
export function requestsFor(demands: Iterable<Demand>): WantedRequest[] {
  let groups: Demand[][] = [];
  for (const demand of demands) {
    const isNear = (group: Demand[]): boolean => group.some(({ scope }) => sharedTargets(scope, demand.scope));
    groups = [...groups.filter((group) => !isNear(group)), [...groups.filter(isNear).flat(), demand]];
  }
  return groups.map((group) => ({ document: documentFor(group), demands: group }));
}

function documentFor(demands: readonly Demand[]): JsonObject {
  const scopes = demands.map(({ scope }) => scope);
  const lists = [...targets, ...limits].map((name): [string, JsonValue[]] => [name, united(name, scopes)]);
  const members = Object.fromEntries(lists.filter(([, values]) => values.length > 0));
  return { [documentType('mitigation-scope').topMember]: { scope: [{ ...members, lifetime: requestedLifetime }] } };
}

const targets: readonly string[] = ['target-prefix', 'target-fqdn', 'target-uri'];

/** What limits a scope: a scope without one of these is not limited by it. */
const limits: readonly string[] = [
  'target-port-range',
  'target-protocol',
  'ietf-dots-call-home:source-prefix',
  'ietf-dots-call-home:source-port-range',
  'ietf-dots-call-home:source-icmp-type-range',
];

/** The values of all scopes, in an order that does not depend on theirs. */
function united(name: string, scopes: readonly JsonObject[]): JsonValue[] {
  const lists = scopes.map((scope) => itemsOf(scope[name]));
  if (limits.includes(name) && lists.some((list) => list.length === 0)) return [];
  const byText = new Map(lists.flat().map((value) => [JSON.stringify(value), value]));
  return [...byText].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, value]) => value);
}
