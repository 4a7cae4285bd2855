import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { unreadableState, type Store } from './store';

/** An alias or an ACL as its client wrote it, and until when it is kept, milliseconds since 1970. */
export interface Kept {
  value: JsonObject;
  expiresAt: number;
}

/** A client that has registered on the data channel: RFC 8783 section 5. */
export interface DataClient {
  cuid: string;
  cdid?: string;
  /** SHA-256 of the public key in the certificate that registered it, hex: no other may use this cuid. */
  owner: string;
  aliases: Kept[];
  /** In the order in which they are tried. */
  acls: Kept[];
}

/** How long an alias or an ACL is kept without a refresh, minutes: RFC 8783 sections 6.1 and 7.2. */
const keptMinutes = 10_080;

const minute = 60_000;
const stateName = 'data';

/** Every client of the data channel with its aliases and ACLs: kept safe before they count, gone when their time is over. */
export class DataClients {
  private clients = new Map<string, DataClient>();
  private timer: TimerHandle;
  private nextAt = Infinity;
  private readonly listeners = new Set<() => void>();

  private constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  /** Takes up what an earlier orchestrator left; the time that has passed since counts. */
  static async open(store: Store, clock: Clock): Promise<DataClients> {
    const clients = new DataClients(store, clock);
    const kept = await store.read(stateName);
    for (const client of kept === undefined ? [] : readState(kept)) clients.clients.set(client.cuid, client);
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

  /** Keeps and applies the new state of a client, or that it is gone; when it cannot be kept, nothing has changed and the error is the caller's. */
  async commit(cuid: string, client: DataClient | undefined): Promise<void> {
    const next = new Map(this.clients);
    if (client === undefined) next.delete(cuid);
    else next.set(cuid, client);
    await this.store.write(stateName, { version: 1, clients: [...next.values()] });
    this.clients = next;
    this.schedule();
    this.tell();
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
    const valid = ({ expiresAt }: Kept): boolean => expiresAt > now;
    for (const client of this.clients.values()) {
      this.clients.set(client.cuid, {
        ...client,
        aliases: client.aliases.filter(valid),
        acls: client.acls.filter(valid),
      });
    }
    this.schedule();
    this.tell();
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

  private tell(): void {
    for (const listener of this.listeners) listener();
  }
}

/** An alias or an ACL that is new or was refreshed at `now`. */
export function keep(value: JsonObject, now: number): Kept {
  return { value, expiresAt: now + keptMinutes * minute };
}

/** Minutes left, rounded up: `pending-lifetime`. */
export function pendingLifetime({ expiresAt }: Kept, now: number): number {
  return Math.max(0, Math.ceil((expiresAt - now) / minute));
}

/** The alias or ACL of this name. */
export function named(list: readonly Kept[], name: JsonValue | undefined): Kept | undefined {
  return list.find(({ value }) => value.name === name);
}

function readState(kept: JsonValue): DataClient[] {
  const clients = isObject(kept) && kept.version === 1 && Array.isArray(kept.clients) ? kept.clients : undefined;
  if (clients?.every(isClient) !== true) throw unreadableState(stateName);
  return clients as unknown as DataClient[];
}

function isClient(value: JsonValue): boolean {
  return (
    isObject(value) &&
    typeof value.cuid === 'string' &&
    typeof value.owner === 'string' &&
    [value.aliases, value.acls].every((list) => Array.isArray(list) && list.every(isKept))
  );
}

function isKept(value: JsonValue): boolean {
  return (
    isObject(value) && isObject(value.value) && typeof value.value.name === 'string' && Number.isFinite(value.expiresAt)
  );
}
