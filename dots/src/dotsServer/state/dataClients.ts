import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { documentType } from '#dots/model/documents';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { parsePrefix } from '#dots/model/prefix';
import { DueQueue } from './dueQueue';
import type { Store } from './store';
import { faultOfDocument, faultOfMembers, isCuid, isOwner, isTime } from './storedValues';
import type { Table } from './table';

/** An alias or an ACL as its client wrote it. */
export interface StoredEntry {
  value: JsonObject;
  /** When it expires, milliseconds since 1970. */
  expiresAt: number;
}

/** A client that has registered on the data channel: RFC 8783 section 5. */
export interface DataClient {
  cuid: string;
  cdid?: string;
  /** SHA-256 of the public key in the certificate that registered it, hex: only this certificate may use the cuid. */
  owner: string;
  /**
   * The prefixes of its client when it was registered, which entries of its ACLs without a destination apply to;
   * absent: all.
   */
  ownPrefixes?: readonly string[];
  /**
   * When its aliases, ACLs or identifiers last changed, milliseconds since 1970: a refresh is no change. Absent where
   * an earlier version has stored it.
   */
  changedAt?: number;
  aliases: StoredEntry[];
  /** In the order in which they are applied. */
  acls: StoredEntry[];
}

/** How long an alias or an ACL is stored without a refresh, minutes: RFC 8783 sections 6.1 and 7.2. */
const lifetimeMinutes = 10_080;

const minute = 60_000;

const { topMember } = documentType('dots-client');

/**
 * The clients of the data channel with their aliases and ACLs: stored before they take effect, removed when they
 * expire.
 */
export class DataClients {
  private readonly table: Table<DataClient>;
  /** The first expiry of each client. */
  private readonly due = new DueQueue();
  private timer: TimerHandle;
  private nextAt = Infinity;
  private hasChanged = false;
  private readonly listeners = new Set<() => void>();

  /**
   * Resumes from what an earlier server stored; the time that has passed since counts.
   * Throws `orchestrator/state-unreadable`.
   */
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {
    this.table = dataClientTable(store);
    store.onWillDecide(() => this.catchUp());
    store.onDidApply(() => this.finish());
    for (const client of this.table.values()) this.track(client);
    this.expire();
  }

  /** How many clients there are. */
  get size(): number {
    return this.table.size;
  }

  find(cuid: string): DataClient | undefined {
    this.catchUp();
    return this.table.get(cuid);
  }

  /** All clients, by cuid. */
  all(): DataClient[] {
    this.catchUp();
    return [...this.table.values()].sort((a, b) => (a.cuid < b.cuid ? -1 : 1));
  }

  /** Part of a decision: adds or replaces a client. */
  put(client: DataClient): void {
    this.table.put(client, () => this.applied(client.cuid, client));
  }

  /** Part of a decision: removes a client. */
  remove(cuid: string): void {
    this.table.remove(cuid, () => this.applied(cuid, undefined));
  }

  /** Calls back with each change of a client, for an index: see `Table.watch`. Begins with those that there are. */
  watch(watcher: (before: DataClient | undefined, after: DataClient | undefined) => void): void {
    for (const client of this.table.values()) watcher(undefined, client);
    this.table.watch((_cuid, before, after) => watcher(before, after));
  }

  /** Calls back when something was registered, installed, removed or has expired. */
  onDidChange(listener: () => void): void {
    this.listeners.add(listener);
  }

  close(): void {
    this.listeners.clear();
    this.clock.clearTimeout(this.timer);
    this.nextAt = Infinity;
  }

  private applied(cuid: string, client: DataClient | undefined): void {
    this.hasChanged = true;
    if (client === undefined) this.due.set(cuid, undefined);
    else this.track(client);
  }

  private finish(): void {
    this.schedule();
    if (this.hasChanged) this.notify();
    this.hasChanged = false;
  }

  /** What is being stored is not changed meanwhile. */
  private catchUp(): void {
    if (!this.store.isStoring && this.clock.now() >= this.nextAt) this.expire();
  }

  private expire(): void {
    const now = this.clock.now();
    const due = this.due.takeDue(now);
    for (const cuid of due) {
      const client = this.table.get(cuid);
      if (client === undefined) continue;
      const left = withoutExpired(client, now);
      this.table.set(cuid, left);
      this.track(left);
    }
    this.schedule();
    if (due.length > 0) this.notify();
  }

  private track({ cuid, aliases, acls }: DataClient): void {
    const first = [...aliases, ...acls].reduce((earliest, { expiresAt }) => Math.min(earliest, expiresAt), Infinity);
    this.due.set(cuid, first === Infinity ? undefined : first);
  }

  private schedule(): void {
    const { nextAt } = this.due;
    if (nextAt === this.nextAt) return;
    this.clock.clearTimeout(this.timer);
    this.nextAt = nextAt;
    if (nextAt !== Infinity)
      this.timer = this.clock.setTimeout(() => this.wake(), Math.max(0, nextAt - this.clock.now()));
  }

  /** A timer may be early: it counts by another clock, and only so far. */
  private wake(): void {
    this.nextAt = -Infinity;
    this.catchUp();
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
}

/** The same after every start: the time of the change is that of the last expiry. */
function withoutExpired(client: DataClient, now: number): DataClient {
  const isValid = ({ expiresAt }: StoredEntry): boolean => expiresAt > now;
  const expired = [...client.aliases, ...client.acls].filter((entry) => !isValid(entry));
  const changedAt = expired.reduce((latest, { expiresAt }) => Math.max(latest, expiresAt), client.changedAt ?? 0);
  return { ...client, changedAt, aliases: client.aliases.filter(isValid), acls: client.acls.filter(isValid) };
}

/** An alias or an ACL that is new or was refreshed at `now`. */
export function storedEntry(value: JsonObject, now: number): StoredEntry {
  return { value, expiresAt: now + lifetimeMinutes * minute };
}

/** Minutes left, rounded up: `pending-lifetime`. */
export function pendingLifetime({ expiresAt }: StoredEntry, now: number): number {
  return Math.max(0, Math.ceil((expiresAt - now) / minute));
}

/** The alias or ACL of this name. */
export function findEntry(list: readonly StoredEntry[], name: JsonValue | undefined): StoredEntry | undefined {
  return list.find(({ value }) => value.name === name);
}

/** Names a client. */
export const clientKey = ({ cuid }: Pick<DataClient, 'cuid'>): string => cuid;

/**
 * The clients of the data channel in a store. Throws `orchestrator/state-unreadable` for one that no server has stored.
 */
export function dataClientTable(store: Store): Table<DataClient> {
  return store.table<DataClient>('client', { keyOf: clientKey, faultOf });
}

function faultOf(value: JsonValue): string | undefined {
  const fault = faultOfMembers(value, {
    cuid: isCuid,
    cdid: (cdid) => cdid === undefined || typeof cdid === 'string',
    owner: (owner) => owner !== undefined && isOwner(owner),
    ownPrefixes: (list) => list === undefined || (Array.isArray(list) && list.every(isPrefix)),
    changedAt: (at) => at === undefined || isTime(at),
    aliases: isEntryList,
    acls: isEntryList,
  });
  return fault ?? faultOfDocument({ [topMember]: [registrationOf(value as unknown as DataClient)] });
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

function isEntryList(list: JsonValue | undefined): boolean {
  return (
    Array.isArray(list) &&
    list.every((entry) => faultOfMembers(entry, { value: isObject, expiresAt: isTime }) === undefined)
  );
}
