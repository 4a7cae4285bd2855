import { documentType } from '#dots/model/documents';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { parsePrefix } from '#dots/model/prefix';
import type { DataClient, StoredEntry } from './dataClient';
import type { JournalChange, JournalEntry } from './journal';
import type { Store } from './store';
import { wrongKey, type Loaded, type StoredForm } from './storedForm';
import { faultOfDocument, faultOfMembers, isCdid, isCuid, isOwner, isTime, type IsValid } from './storedValues';
import type { Table } from './table';

/** The lists of a client, by the tables of the journal that have their entries. */
const lists = { alias: 'aliases', acl: 'acls' } as const;

type PartTable = keyof typeof lists;
const partTables = Object.keys(lists) as PartTable[];

/** An alias or an ACL in the journal. */
interface Part extends StoredEntry {
  cuid: string;
}

/** Names a client. */
const clientKey = ({ cuid }: Pick<DataClient, 'cuid'>): string => cuid;

/**
 * The clients of the data channel in a store. Throws `orchestrator/state-unreadable` for one that no server has stored.
 */
export function dataClientTable(store: Store): Table<DataClient> {
  return store.table(form);
}

/**
 * A client is one entry, and each of its aliases and ACLs is another one: a change of an ACL writes this ACL, however
 * many the client has. An earlier version has stored all in one entry.
 */
const form: StoredForm<DataClient> = {
  names: ['client', ...partTables],
  keyOf: clientKey,
  read: (entries, damaged) => {
    const clients = new Map<string, Loaded<DataClient>>();
    for (const entry of entries.filter(({ table }) => table === 'client')) {
      refuse(entry, faultOfClient(entry.value) ?? wrongKey(entry, clientKey(entry.value as never)), damaged);
      clients.set(entry.key, loaded(entry.value as unknown as Partial<DataClient>));
    }
    for (const entry of entries.filter(({ table }) => table !== 'client')) addPart(clients, entry, damaged);
    for (const { value } of clients.values()) sortByPosition(value);
    return [...clients.values()];
  },
  changes: (key, written, value) => [
    ...headChange(key, written, value),
    ...partTables.flatMap((table) => partChanges(table, written, value)),
  ],
};

function loaded(stored: Partial<DataClient>): Loaded<DataClient> {
  const value = { aliases: [], acls: [], ...stored } as unknown as DataClient;
  const isEarlier = stored.aliases !== undefined || stored.acls !== undefined;
  return { value, written: isEarlier ? undefined : value };
}

function addPart(
  clients: ReadonlyMap<string, Loaded<DataClient>>,
  entry: JournalEntry,
  damaged: (entry: JournalEntry, reason: string) => Error,
): void {
  const table = entry.table as PartTable;
  refuse(entry, faultOfPart(table, entry.value), damaged);
  const { cuid, ...stored } = entry.value as unknown as Part;
  const client = clients.get(cuid)?.value;
  refuse(entry, wrongKey(entry, partKey(cuid, stored)) ?? (client ? undefined : 'its client is missing'), damaged);
  client?.[lists[table]].push(stored);
}

function refuse(
  entry: JournalEntry,
  fault: string | undefined,
  damaged: (entry: JournalEntry, reason: string) => Error,
): void {
  if (fault !== undefined) throw damaged(entry, fault);
}

function sortByPosition({ aliases, acls }: DataClient): void {
  for (const list of [aliases, acls]) list.sort((one, other) => (one.position ?? 0) - (other.position ?? 0));
}

function headChange(key: string, written: DataClient | undefined, value: DataClient | undefined): JournalChange[] {
  const [before, after] = [written, value].map((client) => client && headOf(client));
  if (written !== undefined && JSON.stringify(before) === JSON.stringify(after)) return [];
  return [['client', key, after ?? null]];
}

function headOf(client: DataClient): JsonObject {
  return Object.fromEntries(Object.entries(client).filter(([name]) => name !== 'aliases' && name !== 'acls'));
}

/** Entries that are the same objects as before have not changed. */
function partChanges(
  table: PartTable,
  written: DataClient | undefined,
  value: DataClient | undefined,
): JournalChange[] {
  const cuid = value?.cuid ?? written?.cuid ?? '';
  const [before, after] = [written, value].map((client) => client?.[lists[table]] ?? []);
  const known = new Set(before);
  const named = new Set((after ?? []).map(({ value: { name } }) => name));
  const removed = (before ?? []).filter(({ value: { name } }) => !named.has(name));
  const changed = (after ?? []).filter((entry) => !known.has(entry));
  return [
    ...removed.map((entry): JournalChange => [table, partKey(cuid, entry), null]),
    ...changed.map((entry): JournalChange => [table, partKey(cuid, entry), { cuid, ...entry } as unknown as JsonValue]),
  ];
}

const partKey = (cuid: string, { value }: StoredEntry): string => JSON.stringify([cuid, value.name]);

function faultOfClient(value: JsonValue): string | undefined {
  const fault = faultOfMembers(value, {
    cuid: isCuid,
    cdid: isCdid,
    owner: (owner) => owner !== undefined && isOwner(owner),
    ownPrefixes: (list) => list === undefined || (Array.isArray(list) && list.every(isPrefix)),
    changedAt: (at) => at === undefined || isTime(at),
    aliases: isEntryList,
    acls: isEntryList,
  });
  if (fault !== undefined) return fault;
  const { aliases = [], acls = [], ...head } = value as unknown as DataClient;
  return faultOfDocument({ [documentType('dots-client').topMember]: [registrationOf({ ...head, aliases, acls })] });
}

function faultOfPart(table: PartTable, part: JsonValue): string | undefined {
  const fault = faultOfMembers(part, { cuid: isCuid, value: isObject, expiresAt: isTime, position: isPosition });
  if (fault !== undefined) return fault;
  const { topMember } = documentType(lists[table]);
  return faultOfDocument({ [topMember]: { [table]: [(part as unknown as Part).value] } });
}

/** The registration that a client could send to have the same content: RFC 8783 section 5.1. */
export function registrationOf({ cuid, cdid, aliases, acls }: DataClient): JsonObject {
  return {
    cuid,
    ...(cdid !== undefined && { cdid }),
    ...(aliases.length > 0 && { aliases: { alias: aliases.map(({ value }) => value) } }),
    ...(acls.length > 0 && { acls: { acl: acls.map(({ value }) => value) } }),
  };
}

const isPrefix = (text: JsonValue): boolean => typeof text === 'string' && parsePrefix(text) !== undefined;

const isPosition: IsValid = (value) => typeof value === 'number';

/** In an earlier version's entry of a client. */
const isEntryList: IsValid = (list) =>
  list === undefined ||
  (Array.isArray(list) &&
    list.every((entry) => faultOfMembers(entry, { value: isObject, expiresAt: isTime }) === undefined));
