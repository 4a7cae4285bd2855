import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { documentType } from '#dots/model/documents';
import { pendingLifetime, type DataClient, type StoredEntry } from '../state/dataClient';
import { memberOf, type Segment } from './nodePath';
import { selectFields } from './fields';
import type { Content, Query } from './query';
import { monitoring } from './monitoring';

/** State; everything else is configuration. */
const state = new Set(['pending-lifetime', 'statistics', 'capabilities', ...Object.keys(monitoring)]);
/** The keys of lists, which every answer contains. */
const keys = new Set(['cuid', 'name']);
/** The nodes above the lists that contain state. */
const inner = new Set([
  documentType('dots-data').topMember,
  'dots-client',
  'aliases',
  'alias',
  'acls',
  'acl',
  'aces',
  'ace',
]);

/** An alias or an ACL in the answer to a GET. */
function entryView(entry: StoredEntry, now: number): JsonObject {
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

/** Whether a path leads into state. */
export const isState = (path: readonly Segment[]): boolean =>
  state.has(memberOf(path.slice(0, 1))) || path.slice(1).some(({ name }) => state.has(name));

/** The part of a node that a query selects; undefined: nothing. The path is that of the node. */
export function project(value: JsonValue, path: readonly Segment[], query: Query): JsonValue | undefined {
  const { content, depth, fields } = query;
  const part = partOf(value, path, content);
  if (part === undefined) return undefined;
  // What is selected and all that contains it has the level 1: RFC 8040 section 4.8.2.
  return fields === undefined ? pruned(part, depth) : selectFields(part, fields, keys, (node) => pruned(node, depth));
}

function partOf(value: JsonValue, path: readonly Segment[], content: Content): JsonValue | undefined {
  if (content === 'all') return value;
  const name = path.length === 1 ? memberOf(path) : path.at(-1)?.name;
  if (!isState(path) && (name === undefined || inner.has(name))) return selected(value, content);
  return isState(path) === (content === 'nonconfig') ? value : undefined;
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
