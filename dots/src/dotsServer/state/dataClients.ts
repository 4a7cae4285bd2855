import type { Clock, TimerHandle } from '#dots/runtime/clock';
import type { DataClient, StoredEntry } from './dataClient';
import { DueQueue } from './dueQueue';
import { withPositions } from './entryOrder';
import type { Store } from './store';
import { dataClientTable } from './storedClients';
import type { Table } from './table';

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
  put({ aliases, acls, ...client }: DataClient): void {
    const known = this.table.get(client.cuid);
    const placed: DataClient = {
      ...client,
      aliases: withPositions(aliases, known?.aliases),
      acls: withPositions(acls, known?.acls),
    };
    this.table.put(placed, () => this.applied(placed.cuid, placed));
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
