import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { keep, named, type DataClient, type Kept } from '../state/dataClients';
import { fail } from './failure';
import type { Placement } from './query';
import { lists, type ListTarget } from './resourcePath';

/** The entries of a list as the client wrote them. Throws a RestconfError (404) where the ACL that would hold them is missing. */
export function entriesOf(client: DataClient, { container, acl }: ListTarget): JsonObject[] {
  if (container !== 'aces') return client[container].map(({ value }) => value);
  const holder = named(client.acls, acl);
  if (holder === undefined) throw fail(404, 'invalid-value', `This client has no ACL ${JSON.stringify(acl)}.`);
  return isObject(holder.value.aces) ? itemsOf(holder.value.aces.ace).filter(isObject) : [];
}

/** The client with other entries in a list. What was touched, and an ACL whose ACEs were, is refreshed: its time starts again at `now`. */
export function withEntries(
  client: DataClient,
  { container, acl }: ListTarget,
  entries: readonly JsonObject[],
  touched: ReadonlySet<unknown>,
  now: number,
): DataClient {
  if (container !== 'aces')
    return { ...client, [container]: entries.map((entry) => keptEntry(client[container], entry, touched, now)) };
  const acls = client.acls.map((holder) =>
    holder.value.name === acl ? keep(withAces(holder.value, entries), now) : holder,
  );
  return { ...client, acls };
}

/** An ACL with other ACEs. */
export function withAces(acl: JsonObject, aces: readonly JsonObject[]): JsonObject {
  const rest = Object.fromEntries(Object.entries(acl).filter(([name]) => name !== 'aces'));
  return aces.length === 0 ? rest : { ...rest, aces: { ace: [...aces] } };
}

function keptEntry(before: readonly Kept[], entry: JsonObject, touched: ReadonlySet<unknown>, now: number): Kept {
  const known = named(before, entry.name);
  return known === undefined || touched.has(entry.name) ? keep(entry, now) : known;
}

/** A list with new entries in it. Throws a RestconfError: 409 for a name that is taken, 400 where there is no such neighbour. */
export function inserted(
  before: readonly JsonObject[],
  fresh: readonly JsonObject[],
  { container }: ListTarget,
  placement: Placement = { insert: 'last' },
): JsonObject[] {
  const taken = fresh.find(({ name }) => before.some((entry) => entry.name === name));
  if (taken !== undefined)
    throw fail(
      409,
      'resource-denied',
      `There is ${article(container)} ${JSON.stringify(taken.name)} already: PUT replaces it.`,
    );
  const at = placeIn(before, placement);
  return [...before.slice(0, at), ...fresh, ...before.slice(at)];
}

/** A list with an entry in the place of the one of its name, or new in it; with a placement it moves there. */
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
      `"point" names ${JSON.stringify(point)}, and this list has no other entry of that name.`,
    );
  return insert === 'before' ? at : at + 1;
}

function article(container: ListTarget['container']): string {
  return `an ${lists[container].noun}`;
}
