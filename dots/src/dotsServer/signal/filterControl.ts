import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { documentType } from '#dots/model/documents';
import { activationTypeOf } from '../state/activation';
import { findEntry, storedEntry, type DataClient } from '../state/dataClient';
import { refuse, refuseWith, type Refusal } from './refusal';

const aclList = 'ietf-dots-signal-control:acl-list';
const { topMember } = documentType('mitigation-scope');

/** What filter control depends on. */
export interface FilterControlContext {
  client: DataClient | undefined;
  /** Whether a mitigation of the client is active. */
  attack: () => boolean;
  /** Milliseconds since 1970. */
  now: number;
}

/** A scope as an efficacy update repeats it: without the ACLs to activate (RFC 9133 section 3.2.1). */
export function withoutFilterControl(scope: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(scope).filter(([name]) => name !== aclList));
}

/**
 * The client with the activation types that the `acl-list` of a mitigation request asks for: RFC 9133 section 3.2.1.
 * Undefined if it has none.
 * Throws a Refusal: 4.00 in idle time, 4.04 for an ACL that its client has not created over the data channel.
 */
export function withFilterControl(
  scope: JsonObject,
  { client, attack, now }: FilterControlContext,
): DataClient | undefined {
  const entries = aclEntries(scope);
  if (entries.length === 0) return undefined;
  if (!attack())
    throw refuse(
      '4.00',
      'Filters can be controlled over the signal channel only while a mitigation is active.',
      '9133 3.2.1',
    );
  const unknown = entries.find((entry) => findEntry(client?.acls ?? [], entry['acl-name']) === undefined);
  if (unknown !== undefined || client === undefined)
    throw refuse('4.04', `This client has no ACL ${JSON.stringify(unknown?.['acl-name'])}.`, '9133 3.2.1');
  return entries.reduce((current, entry) => withActivation(current, entry, now), client);
}

/**
 * The answer where a request could not be stored: a Refusal (5.03) that lists its ACLs, or undefined if it has none
 * (RFC 9133 section 3.2.1).
 */
export function uncontrolledFilters(mid: number, scope: JsonObject): Refusal | undefined {
  const entries = aclEntries(scope);
  if (entries.length === 0) return undefined;
  const failed = { [topMember]: { scope: [{ mid, [aclList]: entries }] } };
  return refuseWith('5.03', failed, 'The activation type of the ACLs could not be changed.', retryAfter);
}

/** When a client asks again for ACLs that could not be changed, seconds: RFC 9133 section 3.2.1. */
const retryAfter = 60;

/** Whether a scope controls filters. */
export const controlsFilters = (scope: JsonObject): boolean => aclEntries(scope).length > 0;

/**
 * A scope with the present activation types of its ACLs, which may have changed since the request (RFC 9133 section
 * 3.2.1), without those that do not exist any more.
 */
export function withPresentFilters(scope: JsonObject, client: DataClient | undefined): JsonObject {
  if (!controlsFilters(scope)) return scope;
  const entries = aclEntries(scope).flatMap(({ 'acl-name': name }): JsonObject[] => {
    const acl = findEntry(client?.acls ?? [], name)?.value;
    return acl === undefined ? [] : [{ 'acl-name': name ?? null, 'activation-type': activationTypeOf(acl) }];
  });
  return { ...withoutFilterControl(scope), ...(entries.length > 0 && { [aclList]: entries }) };
}

const aclEntries = (scope: JsonObject): JsonObject[] => itemsOf(scope[aclList]).filter(isObject);

/** The new type remains after the mitigation, and the ACL is refreshed as over the data channel. */
function withActivation(
  client: DataClient,
  { 'acl-name': name, 'activation-type': type = 'activate-when-mitigating' }: JsonObject,
  now: number,
): DataClient {
  return {
    ...client,
    acls: client.acls.map((entry) =>
      entry.value.name === name ? storedEntry({ ...entry.value, 'activation-type': type }, now) : entry,
    ),
  };
}
