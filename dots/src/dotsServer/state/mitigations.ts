import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { Enforcement, type StatusReport } from './enforcement';
import { advance, isOver, mitigationKey, nextChange, reported, type Mitigation, type MitigationId } from './lifecycle';
import type { DropCounters, Mitigator } from './mitigator';
import type { Timing } from './policy';
import type { Store } from './store';
import { readMitigations, writeMitigations } from './storedMitigations';
import { WorkQueue } from './workQueue';

export interface MitigationsOptions {
  store: Store;
  clock: Clock;
  timing: Timing;
  mitigator: Mitigator;
}

/** One change that is stored and applied as a whole. */
export interface MitigationsChange {
  put?: Mitigation[];
  remove?: Mitigation[];
  /** Of an efficacy update, for the mitigator: RFC 9132 section 4.4.3. */
  attackStatus?: string | undefined;
}

/** The mitigations of all clients: stored before they take effect, then updated by time and by the mitigator's reports. */
export class Mitigations {
  private readonly entries = new Map<string, Mitigation>();
  private readonly enforcement: Enforcement;
  private timer: TimerHandle;
  private nextAt = -Infinity;
  private readonly queue = new WorkQueue();
  private readonly listeners = new Set<(changed: Mitigation[]) => void>();
  /** Reports that arrive while a change is being stored, which would overwrite them. */
  private heldReports: StatusReport[] | undefined;
  private isClosed = false;

  private constructor(private readonly options: MitigationsOptions) {
    this.enforcement = new Enforcement(options.mitigator, (report) => this.receive(report));
  }

  /**
   * Resumes from what an earlier server stored; the time that has passed since counts.
   * Throws a DotsError of kind `usage`: `orchestrator/state-unreadable`.
   */
  static async open(options: MitigationsOptions): Promise<Mitigations> {
    const mitigations = new Mitigations(options);
    for (const mitigation of await readMitigations(options.store))
      mitigations.entries.set(mitigationKey(mitigation), mitigation);
    mitigations.resume();
    return mitigations;
  }

  /** Runs one piece of work after the other, so that what it decides is still valid when it commits. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    return this.queue.run(work);
  }

  find(cuid: string, mid: number): Mitigation | undefined {
    this.catchUp();
    return this.entries.get(mitigationKey({ cuid, mid }));
  }

  /** The mitigations of one client, by mid. */
  of(cuid: string): Mitigation[] {
    this.catchUp();
    return [...this.entries.values()].filter((mitigation) => mitigation.cuid === cuid).sort((a, b) => a.mid - b.mid);
  }

  /** All mitigations, by cuid and mid. */
  all(): Mitigation[] {
    this.catchUp();
    return [...this.entries.values()].sort((a, b) => (a.cuid === b.cuid ? a.mid - b.mid : a.cuid < b.cuid ? -1 : 1));
  }

  /** The traffic dropped for a mitigation; undefined while the mitigator does not know it. */
  counters(mitigation: Mitigation): DropCounters | undefined {
    return this.enforcement.counters(mitigation, this.options.clock.now());
  }

  /**
   * Stores a change, then applies it and passes it to the mitigator. Part of `exclusive` work.
   * If the change cannot be stored, nothing changes and the error of the store is thrown.
   */
  async commit(change: MitigationsChange): Promise<void> {
    const { put = [], remove = [] } = change;
    this.heldReports = [];
    try {
      await this.save(withChange(this.entries, change));
      for (const gone of remove) this.replace(gone, undefined);
      for (const mitigation of put) this.replace(mitigation, mitigation, change.attackStatus);
    } catch (error) {
      this.notify(this.releaseReports());
      this.schedule();
      throw error;
    }
    const answered = this.releaseReports();
    // What the mitigator reported at once is part of what the client is about to be answered. If it cannot be stored, the mitigator
    // reports it again after a restart.
    if (answered.length > 0) await this.save(this.entries).catch(() => undefined);
    this.schedule();
    this.notify([...remove, ...put.map((mitigation) => this.entries.get(mitigationKey(mitigation)) ?? mitigation)]);
  }

  /** Calls back with each mitigation whose status or lifetime has changed, or that is removed. */
  onDidChange(listener: (changed: Mitigation[]) => void): void {
    this.listeners.add(listener);
  }

  /** Stops the timer and waits for the current work. */
  async close(): Promise<void> {
    this.listeners.clear();
    await this.queue.idle();
    this.isClosed = true;
    this.options.clock.clearTimeout(this.timer);
    this.nextAt = Infinity;
  }

  private save(entries: ReadonlyMap<string, Mitigation>): Promise<void> {
    return writeMitigations(this.options.store, entries.values());
  }

  private resume(): void {
    this.catchUp();
    this.heldReports = [];
    for (const mitigation of this.entries.values()) this.enforcement.follow(undefined, mitigation);
    this.releaseReports();
    this.schedule();
  }

  private replace(id: MitigationId, next: Mitigation | undefined, attackStatus?: string): void {
    const key = mitigationKey(id);
    const before = this.entries.get(key);
    if (next === undefined) this.entries.delete(key);
    else this.entries.set(key, next);
    this.enforcement.follow(before, next, attackStatus);
  }

  private receive(report: StatusReport): void {
    if (this.isClosed) return;
    if (this.heldReports !== undefined) return void this.heldReports.push(report);
    this.catchUp();
    const changed = this.applyReport(report);
    if (changed === undefined) return;
    if (isOver(changed)) this.schedule();
    this.notify([changed]);
  }

  private releaseReports(): Mitigation[] {
    const reports = this.heldReports ?? [];
    this.heldReports = undefined;
    return reports.map((report) => this.applyReport(report)).filter((changed) => changed !== undefined);
  }

  /** It is stored with the next change only, because after a restart the mitigator reports it again. */
  private applyReport({ status, at, ...id }: StatusReport): Mitigation | undefined {
    const key = mitigationKey(id);
    const before = this.entries.get(key);
    const after = before && reported(before, status, Math.min(at, this.options.clock.now()));
    if (after === undefined || after === before) return undefined;
    this.entries.set(key, after);
    if (isOver(after)) this.enforcement.end(after);
    return after;
  }

  private catchUp(): void {
    if (this.options.clock.now() >= this.nextAt) this.advanceAll(this.options.clock.now());
  }

  private advanceAll(now: number): void {
    const changed: Mitigation[] = [];
    for (const mitigation of this.entries.values()) {
      const current = advance(mitigation, now, this.options.timing);
      if (current === mitigation) continue;
      changed.push(current ?? mitigation);
      this.replace(mitigation, current);
    }
    this.schedule();
    this.notify(changed);
  }

  private schedule(): void {
    const { clock, timing } = this.options;
    clock.clearTimeout(this.timer);
    this.nextAt = Math.min(...[...this.entries.values()].map((entry) => nextChange(entry, timing) ?? Infinity));
    if (this.nextAt === Infinity) return;
    const wait = Math.max(0, this.nextAt - clock.now());
    this.timer = clock.setTimeout(() => this.advanceAll(clock.now()), wait);
  }

  private notify(changed: Mitigation[]): void {
    if (changed.length === 0) return;
    for (const listener of this.listeners) listener(changed);
  }
}

function withChange(entries: ReadonlyMap<string, Mitigation>, change: MitigationsChange): Map<string, Mitigation> {
  const next = new Map(entries);
  for (const gone of change.remove ?? []) next.delete(mitigationKey(gone));
  for (const mitigation of change.put ?? []) next.set(mitigationKey(mitigation), mitigation);
  return next;
}
