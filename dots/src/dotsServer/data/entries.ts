import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { findEntry, storedEntry, type DataClient, type StoredEntry } from '../state/dataClient';
import { fail } from './failure';
import type { Placement } from './query';
import { lists, type ListTarget } from './resourcePath';

/**
 * The entries of a list as the client wrote them. Throws a RestconfError (404) if the ACL that contains them does not
 * exist.
 */
export function entriesOf(client: DataClient, { container, acl }: ListTarget): JsonObject[] {
  if (container !== 'aces') return client[container].map(({ value }) => value);
  const stored = findEntry(client.acls, acl);
  if (stored === undefined) throw fail(404, 'invalid-value', `This client has no ACL ${JSON.stringify(acl)}.`);
  return isObject(stored.value.aces) ? itemsOf(stored.value.aces.ace).filter(isObject) : [];
}

/** The new content of a list. */
export interface ListContent {
  entries: readonly JsonObject[];
  /** The names of those entries that the request contains. */
  touched: ReadonlySet<unknown>;
}

/**
 * The client with a new content of a list. The lifetime of touched entries, and of an ACL whose ACEs change, starts
 * again at `now`.
 */
export function withEntries(
  client: DataClient,
  { container, acl }: ListTarget,
  { entries, touched }: ListContent,
  now: number,
): DataClient {
  if (container === 'aces') {
    const acls = client.acls.map((stored) =>
      stored.value.name === acl ? storedEntry(withAces(stored.value, entries), now) : stored,
    );
    return { ...client, acls };
  }
  const known = new Map(client[container].map((entry) => [entry.value.name, entry]));
  const stored = (entry: JsonObject): StoredEntry =>
    (touched.has(entry.name) ? undefined : known.get(entry.name)) ?? storedEntry(entry, now);
  return { ...client, [container]: entries.map(stored) };
}

/** An ACL with other ACEs. */
export function withAces(acl: JsonObject, aces: readonly JsonObject[]): JsonObject {
  const rest = Object.fromEntries(Object.entries(acl).filter(([name]) => name !== 'aces'));
  return aces.length === 0 ? rest : { ...rest, aces: { ace: [...aces] } };
}

/**
 * A list with new entries in it. Throws a RestconfError: 409 if a name is in use, 400 if the neighbour does not exist.
 */
export function inserted(
  before: readonly JsonObject[],
  fresh: readonly JsonObject[],
  { container }: ListTarget,
  placement: Placement = { insert: 'last' },
): JsonObject[] {
  const known = new Set(before.map(({ name }) => name));
  const duplicate = fresh.find(({ name }) => known.has(name));
  if (duplicate !== undefined)
    throw fail(
      409,
      'resource-denied',
      `An ${lists[container].noun} ${JSON.stringify(duplicate.name)} exists already: use PUT to replace it.`,
    );
  const at = placeIn(before, placement);
  return [...before.slice(0, at), ...fresh, ...before.slice(at)];
}

/** A list in which an entry replaces the one of its name, or is new; with a placement it moves there. */
export function replaced(
  before: readonly JsonObject[],
  entry: JsonObject,
  list: ListTarget,
  placement?: Placement,
): JsonObject[] {
  const at = before.findIndex(({ name }) => name === entry.name);
  if (at >= 0 && placement === undefined) return before.map((each, index) => (index === at ? entry : each));
  return inserted(
    before.filter(({ name }) => name !== entry.name),
    [entry],
    list,
    placement,
  );
}

function placeIn(entries: readonly JsonObject[], { insert, point }: Placement): number {
  if (insert === 'first') return 0;
  if (insert === 'last') return entries.length;
  const at = entries.findIndex(({ name }) => name === point);
  if (at < 0)
    throw fail(
      400,
      'invalid-value',
      `"point" names ${JSON.stringify(point)}, but this list has no other entry with that name.`,
    );
  return insert === 'before' ? at : at + 1;
}

/** Whether two states of a client differ in nothing but the lifetimes. */
export function sameConfiguration(one: DataClient, other: DataClient): boolean {
  return one.cdid === other.cdid && sameEntries(one.aliases, other.aliases) && sameEntries(one.acls, other.acls);
}

function sameEntries(some: readonly StoredEntry[], others: readonly StoredEntry[]): boolean {
  const isSame = ({ value }: StoredEntry, other: StoredEntry | undefined): boolean =>
    value === other?.value || JSON.stringify(value) === JSON.stringify(other?.value);
  return some.length === others.length && some.every((entry, index) => isSame(entry, others[index]));
}
