import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { DueQueue } from './dueQueue';
import { Enforcement, type StatusReport } from './enforcement';
import { advance, isOver, mitigationKey, nextChange, reported, type Mitigation, type MitigationId } from './lifecycle';
import type { DropCounters, Mitigator } from './mitigator';
import type { Timing } from './policy';
import type { Store } from './store';
import { mitigationTable } from './storedMitigations';
import type { Table } from './table';

export interface MitigationsOptions {
  store: Store;
  clock: Clock;
  timing: Timing;
  mitigator: Mitigator;
}

/**
 * The mitigations of all clients: stored before they take effect, then updated by time and by the mitigator's reports.
 */
export class Mitigations {
  private readonly table: Table<Mitigation>;
  private readonly enforcement: Enforcement;
  private readonly due = new DueQueue();
  private timer: TimerHandle;
  private nextAt = Infinity;
  private readonly listeners = new Set<(changed: Mitigation[]) => void>();
  /** Reports that arrive while a change is being stored, which would overwrite them. */
  private readonly heldReports: StatusReport[] = [];
  private isHolding = false;
  /** What the requests that were just stored have changed. */
  private readonly applied: Mitigation[] = [];
  /** The keys of mitigations with a status that was reported and is not stored. */
  private readonly unstored = new Set<string>();
  /** Until the write that stores them begins. */
  private storing: Promise<void> | undefined;
  private isClosed = false;

  /**
   * Resumes from what an earlier server stored; the time that has passed since counts. Mitigations in force are started
   * with the mitigator.
   * Throws `orchestrator/state-unreadable`.
   */
  constructor(private readonly options: MitigationsOptions) {
    const { store, mitigator } = options;
    this.enforcement = new Enforcement(mitigator, (report) => this.receive(report));
    this.table = mitigationTable(store);
    store.onWillDecide(() => this.catchUp());
    store.onDidApply(() => this.finish());
    this.resume();
  }

  find(cuid: string, mid: number): Mitigation | undefined {
    this.catchUp();
    return this.table.get(mitigationKey({ cuid, mid }));
  }

  /** The mitigation of a key (`mitigationKey`). */
  get(key: string): Mitigation | undefined {
    this.catchUp();
    return this.table.get(key);
  }

  /** The mitigations of one client, by mid. */
  of(cuid: string): Mitigation[] {
    this.catchUp();
    return this.table.of(cuid).sort((a, b) => a.mid - b.mid);
  }

  /** All mitigations, by cuid and mid. */
  all(): Mitigation[] {
    this.catchUp();
    return [...this.table.values()].sort((a, b) => (a.cuid === b.cuid ? a.mid - b.mid : a.cuid < b.cuid ? -1 : 1));
  }

  /** How many there are, of one client or of all. */
  count(cuid?: string): number {
    this.catchUp();
    return cuid === undefined ? this.table.size : this.table.countOf(cuid);
  }

  /** The traffic dropped for a mitigation; undefined until the mitigator reports it. */
  counters(mitigation: Mitigation): DropCounters | undefined {
    return this.enforcement.counters(mitigation, this.options.clock.now());
  }

  /**
   * Part of a decision: adds or replaces a mitigation; the mitigator is called once the change is stored.
   * @param attackStatus of an efficacy update, for the mitigator: RFC 9132 section 4.4.3
   */
  put(mitigation: Mitigation, attackStatus?: string): void {
    this.table.put(mitigation, (before) => this.follow(before, mitigation, attackStatus));
  }

  /** Part of a decision: removes a mitigation that another one replaces. */
  remove(id: MitigationId): void {
    this.table.remove(mitigationKey(id), (before) => this.follow(before, undefined));
  }

  /** Calls back with each change of an entry, for an index: see `Table.watch`. Begins with those that there are. */
  watch(watcher: (before: Mitigation | undefined, after: Mitigation | undefined) => void): void {
    for (const mitigation of this.table.values()) watcher(undefined, mitigation);
    this.table.watch((_key, before, after) => watcher(before, after));
  }

  /** Calls back with each mitigation whose status or lifetime has changed, or that is removed. */
  onDidChange(listener: (changed: Mitigation[]) => void): void {
    this.listeners.add(listener);
  }

  /** Stops the timer, waits for the current work and stores what was reported. */
  async close(): Promise<void> {
    this.listeners.clear();
    await this.options.store.idle();
    if (this.unstored.size > 0) await this.storeReports();
    this.isClosed = true;
    this.options.clock.clearTimeout(this.timer);
    this.nextAt = Infinity;
  }

  private resume(): void {
    this.isHolding = true;
    const now = this.options.clock.now();
    for (const stored of [...this.table.values()]) {
      const current = advance(stored, now, this.options.timing);
      this.set(mitigationKey(stored), current);
      this.enforcement.follow(undefined, current);
    }
    this.isHolding = false;
    this.releaseReports();
    this.schedule();
  }

  private follow(before: Mitigation | undefined, after: Mitigation | undefined, attackStatus?: string): void {
    const changed = after ?? before;
    if (changed === undefined) return;
    this.applied.push(changed);
    this.track(mitigationKey(changed), after);
    this.enforcement.follow(before, after, attackStatus);
  }

  /** Once requests are stored, or could not be: changes that were deferred meanwhile are made. */
  private async finish(): Promise<void> {
    const applied = this.applied.splice(0);
    const reports = this.releaseReports();
    // What the mitigator reported at once is part of what the client is about to be answered.
    if (reports.length > 0) await this.storeReports();
    this.schedule();
    const keys = new Set([...applied, ...reports].map(mitigationKey));
    const last = new Map([...applied, ...reports].map((mitigation) => [mitigationKey(mitigation), mitigation]));
    this.notify([...keys].map((key) => this.table.get(key) ?? last.get(key)).filter((each) => each !== undefined));
  }

  private receive(report: StatusReport): void {
    if (this.isClosed) return;
    if (this.isHolding || this.options.store.isStoring) return void this.heldReports.push(report);
    this.catchUp();
    const changed = this.applyReport(report);
    if (changed === undefined) return;
    this.schedule();
    this.notify([changed]);
    void this.storeReports();
  }

  private releaseReports(): Mitigation[] {
    return this.heldReports.splice(0).flatMap((report) => this.applyReport(report) ?? []);
  }

  private applyReport({ status, at, ...id }: StatusReport): Mitigation | undefined {
    const key = mitigationKey(id);
    const before = this.table.get(key);
    const after = before && reported(before, status, Math.min(at, this.options.clock.now()));
    if (after === undefined || after === before) return undefined;
    this.set(key, after);
    this.unstored.add(key);
    if (isOver(after)) this.enforcement.end(after);
    return after;
  }

  /**
   * Stores the statuses that were reported, all with one write. If they cannot be stored, they are with the next ones;
   * after a restart, the mitigator reports them again.
   */
  private storeReports(): Promise<void> {
    let stored: string[] = [];
    this.storing ??= this.options.store
      .append(() => {
        this.storing = undefined;
        stored = [...this.unstored];
        this.unstored.clear();
        return stored.flatMap((key) => this.table.stored(key));
      })
      .catch(() => stored.forEach((key) => this.unstored.add(key)));
    return this.storing;
  }

  private catchUp(): void {
    if (!this.options.store.isStoring && this.options.clock.now() >= this.nextAt) this.advanceDue();
  }

  private advanceDue(): void {
    const { clock, timing } = this.options;
    const now = clock.now();
    const changed = this.due.takeDue(now).flatMap((key) => {
      const before = this.table.get(key);
      if (before === undefined) return [];
      const current = advance(before, now, timing);
      this.set(key, current);
      if (current !== before) this.enforcement.follow(before, current);
      return current === before ? [] : [current ?? before];
    });
    this.schedule();
    this.notify(changed);
  }

  private set(key: string, next: Mitigation | undefined): void {
    this.table.set(key, next);
    this.track(key, next);
  }

  /** A change that is being stored is not overtaken by time: it is followed once it is applied. */
  private track(key: string, mitigation: Mitigation | undefined): void {
    this.due.set(key, mitigation && nextChange(mitigation, this.options.timing));
  }

  private schedule(): void {
    const { clock } = this.options;
    if (this.due.nextAt === this.nextAt) return;
    clock.clearTimeout(this.timer);
    this.nextAt = this.due.nextAt;
    if (this.nextAt === Infinity) return;
    this.timer = clock.setTimeout(() => this.wake(), Math.max(0, this.nextAt - clock.now()));
  }

  /** A timer may be early: it counts by another clock, and only so far. */
  private wake(): void {
    this.nextAt = -Infinity;
    this.catchUp();
  }

  private notify(changed: Mitigation[]): void {
    if (changed.length === 0) return;
    for (const listener of this.listeners) listener(changed);
  }
}
