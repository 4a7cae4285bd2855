import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { unreadableState, type Store } from './store';

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
  /** The prefixes of its client when it was registered, which entries of its ACLs without a destination apply to; absent: all. */
  ownPrefixes?: readonly string[];
  aliases: StoredEntry[];
  /** In the order in which they are applied. */
  acls: StoredEntry[];
}

/** How long an alias or an ACL is stored without a refresh, minutes: RFC 8783 sections 6.1 and 7.2. */
const lifetimeMinutes = 10_080;

const minute = 60_000;
const stateName = 'data';

/** The clients of the data channel with their aliases and ACLs: stored before they take effect, removed when they expire. */
export class DataClients {
  private clients = new Map<string, DataClient>();
  private timer: TimerHandle;
  private nextAt = Infinity;
  private readonly listeners = new Set<() => void>();

  private constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  /**
   * Resumes from what an earlier server stored; the time that has passed since counts.
   * Throws a DotsError of kind `usage`: `orchestrator/state-unreadable`.
   */
  static async open(store: Store, clock: Clock): Promise<DataClients> {
    const clients = new DataClients(store, clock);
    const stored = await store.read(stateName);
    for (const client of stored === undefined ? [] : readState(stored)) clients.clients.set(client.cuid, client);
    clients.expire();
    return clients;
  }

  find(cuid: string): DataClient | undefined {
    this.catchUp();
    return this.clients.get(cuid);
  }

  /** All clients, by cuid. */
  all(): DataClient[] {
    this.catchUp();
    return [...this.clients.values()].sort((a, b) => (a.cuid < b.cuid ? -1 : 1));
  }

  /** Stores and applies the new state of a client; undefined removes it. If it cannot be stored, nothing changes and the error is thrown. */
  async commit(cuid: string, client: DataClient | undefined): Promise<void> {
    const next = new Map(this.clients);
    if (client === undefined) next.delete(cuid);
    else next.set(cuid, client);
    await this.store.write(stateName, { version: 1, clients: [...next.values()] });
    this.clients = next;
    this.schedule();
    this.notify();
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

  private catchUp(): void {
    if (this.clock.now() >= this.nextAt) this.expire();
  }

  private expire(): void {
    const now = this.clock.now();
    const valid = ({ expiresAt }: StoredEntry): boolean => expiresAt > now;
    for (const client of this.clients.values()) {
      this.clients.set(client.cuid, {
        ...client,
        aliases: client.aliases.filter(valid),
        acls: client.acls.filter(valid),
      });
    }
    this.schedule();
    this.notify();
  }

  private schedule(): void {
    this.clock.clearTimeout(this.timer);
    this.nextAt = Math.min(
      ...[...this.clients.values()]
        .flatMap(({ aliases, acls }) => [...aliases, ...acls])
        .map(({ expiresAt }) => expiresAt),
    );
    if (this.nextAt !== Infinity)
      this.timer = this.clock.setTimeout(() => this.expire(), Math.max(0, this.nextAt - this.clock.now()));
  }

  private notify(): void {
    for (const listener of this.listeners) listener();
  }
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

function readState(stored: JsonValue): DataClient[] {
  const clients =
    isObject(stored) && stored.version === 1 && Array.isArray(stored.clients) ? stored.clients : undefined;
  if (clients?.every(isClient) !== true) throw unreadableState(stateName);
  return clients as unknown as DataClient[];
}

function isClient(value: JsonValue): boolean {
  return (
    isObject(value) &&
    typeof value.cuid === 'string' &&
    typeof value.owner === 'string' &&
    [value.aliases, value.acls].every((list) => Array.isArray(list) && list.every(isStoredEntry))
  );
}

function isStoredEntry(value: JsonValue): boolean {
  return (
    isObject(value) && isObject(value.value) && typeof value.value.name === 'string' && Number.isFinite(value.expiresAt)
  );
}
