import { planAt, type ObjectPlan } from '#dots/check/plan';
import { documentType } from '#dots/model/documents';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import type { DataClient } from '../state/dataClient';
import { registrationOf } from '../state/storedClients';
import { fail } from './failure';
import { merged } from './merge';
import { lists, type ListTarget } from './resourcePath';

const { topMember: clientMember } = documentType('dots-client');
const member = (name: string): string => `ietf-dots-data-channel:${name}`;

/** The plan of the entries of a list. */
function planOfEntries({ container }: ListTarget): ObjectPlan | undefined {
  if (container === 'aces') return planAt('acls', 'acl', 'aces', 'ace');
  return planAt(container, lists[container].list);
}

/** An entry with a patch merged into it; without an entry the patch is a new one. */
export function mergedEntry(entry: JsonObject | undefined, patch: JsonObject, list: ListTarget): JsonObject {
  return entry === undefined ? patch : merged(entry, patch, planOfEntries(list));
}

/** The registration of a client with a patch merged into it. */
export function mergedClient(client: DataClient, patch: JsonObject): JsonObject {
  return merged(registrationOf(client), patch, planAt('dots-client'));
}

/** The entries in a body, in their container or in the list alone. Throws a RestconfError (400) for any other body. */
export function entriesOfPatch({ container }: ListTarget, body: JsonObject): JsonObject[] {
  const { list } = lists[container];
  const [name, ...more] = Object.keys(body);
  const inside = body[member(container)];
  const entries = itemsOf(isObject(inside) && Object.keys(inside).length === 1 ? inside[list] : body[member(list)]);
  if (name !== undefined && more.length === 0 && entries.length > 0 && entries.every(isObject)) return entries;
  throw fail(
    400,
    'invalid-value',
    `The body must contain "${member(container)}" or "${member(list)}" with entries, and nothing else.`,
  );
}

/** The client in a body. Throws a RestconfError (400) for another one, or any other body. */
export function patchOfClient(cuid: string, body: JsonObject): JsonObject {
  const [client, ...more] = itemsOf(body[clientMember]);
  const isOne = isObject(client) && more.length === 0 && Object.keys(body).length === 1;
  if (isOne && (client.cuid ?? cuid) === cuid) return client;
  throw fail(
    400,
    'invalid-value',
    `The body must contain "${clientMember}" with the client ${JSON.stringify(cuid)}, and nothing else.`,
  );
}

/** A change of a node inside of an entry, with the body of the request. */
export type InnerEdit = { method: 'PUT' | 'PATCH'; body: JsonObject } | { method: 'DELETE' };

/**
 * An entry with a node inside of it changed, and whether the node existed. Throws a RestconfError: 404 where there is
 * no node to change, 400 for a body that does not contain it alone.
 */
export function edited(
  entry: JsonObject,
  { list, names }: { list: ListTarget; names: readonly string[] },
  edit: InnerEdit,
): { entry: JsonObject; existed: boolean } {
  const existed = names.reduce<JsonValue | undefined>(memberOf, entry) !== undefined;
  const name = names.at(-1) ?? '';
  if (!existed && edit.method !== 'PUT')
    throw fail(404, 'invalid-value', `The node ${JSON.stringify(name)} does not exist.`);
  const base = edit.method === 'PATCH' ? entry : without(entry, names);
  if (edit.method === 'DELETE') return { entry: base, existed };
  const value = edit.body[member(name)];
  if (value === undefined || Object.keys(edit.body).length !== 1)
    throw fail(400, 'invalid-value', `The body must contain "${member(name)}" and nothing else.`);
  const patch = names.reduceRight<JsonValue>((inner, each) => ({ [each]: inner }), value) as JsonObject;
  return { entry: mergedEntry(base, patch, list), existed };
}

const memberOf = (parent: JsonValue | undefined, name: string): JsonValue | undefined =>
  isObject(parent) && Object.hasOwn(parent, name) ? parent[name] : undefined;

function without(node: JsonObject, [name = '', ...rest]: readonly string[]): JsonObject {
  const { [name]: inner, ...others } = node;
  if (rest.length === 0) return others;
  return isObject(inner) ? { ...node, [name]: without(inner, rest) } : node;
}
