import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { pendingLifetime, type DataClient, type StoredEntry } from '../state/dataClients';
import type { Content, Query } from './query';

/** State in the tree of a client; everything else is configuration. */
const state = new Set(['pending-lifetime', 'statistics']);
/** The keys of lists, which every answer contains. */
const keys = new Set(['cuid', 'name']);
/** The nodes above the lists that contain state. */
const inner = new Set(['dots-client', 'aliases', 'alias', 'acls', 'acl', 'aces', 'ace']);

/** An alias or an ACL in the answer to a GET. */
export function entryView(entry: StoredEntry, now: number): JsonObject {
  const { name, type, 'activation-type': activation, ...rest } = entry.value;
  const head = Object.fromEntries(
    Object.entries({ name, type, 'activation-type': activation }).filter(([, value]) => value !== undefined),
  ) as JsonObject;
  return { ...head, 'pending-lifetime': pendingLifetime(entry, now), ...rest };
}

/** A client in the answer to a GET: RFC 8783 section 4.1. */
export function clientView({ cuid, cdid, aliases, acls }: DataClient, now: number): JsonObject {
  return {
    cuid,
    ...(cdid === undefined ? {} : { cdid }),
    ...(aliases.length === 0 ? {} : { aliases: { alias: aliases.map((alias) => entryView(alias, now)) } }),
    ...(acls.length === 0 ? {} : { acls: { acl: acls.map((acl) => entryView(acl, now)) } }),
  };
}

/** The part of the value of a top-level member that a query selects. */
export function project(value: JsonValue, { content, depth }: Query): JsonValue {
  return pruned(selected(value, content), depth);
}

function selected(value: JsonValue, content: Content): JsonValue {
  if (content === 'all' || !(isObject(value) || Array.isArray(value))) return value;
  if (Array.isArray(value)) return value.map((item) => selected(item, content));
  const members = Object.entries(value).filter(([name]) =>
    content === 'config' ? !state.has(name) : state.has(name) || keys.has(name) || inner.has(name),
  );
  return Object.fromEntries(members.map(([name, item]) => [name, inner.has(name) ? selected(item, content) : item]));
}

/** The first level is the value itself; a list and its entries are one level (RFC 8040 section 4.8.2). */
function pruned(value: JsonValue, depth: number): JsonValue {
  if (depth === Infinity) return value;
  if (Array.isArray(value)) return value.every(isObject) && depth < 1 ? [] : value.map((item) => pruned(item, depth));
  if (!isObject(value)) return value;
  if (depth <= 1) return {};
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, pruned(item, depth - 1)]));
}
