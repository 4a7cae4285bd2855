import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { isObject, itemsOf, type JsonValue } from '#dots/model/json';
import { advance, nextChange, statusLabels, type Mitigation } from './lifecycle';
import type { Timing } from './policy';
import { unreadableState, type Store } from './store';

const stateName = 'mitigations';

/** The longest wait a timer can be set to, milliseconds. */
const longestTimer = 2 ** 31 - 1;

/** Every mitigation of every client: kept safe before it counts, and brought up to date as time passes. */
export class Mitigations {
  private entries = new Map<string, Mitigation>();
  private timer: TimerHandle;
  private nextAt = -Infinity;
  private queue: Promise<unknown> = Promise.resolve();
  private readonly listeners = new Set<(changed: Mitigation[]) => void>();

  private constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly timing: Timing,
  ) {}

  /** Takes up what an earlier orchestrator left; the time that has passed since counts. */
  static async open(store: Store, clock: Clock, timing: Timing): Promise<Mitigations> {
    const mitigations = new Mitigations(store, clock, timing);
    const kept = await store.read(stateName);
    for (const mitigation of kept === undefined ? [] : readState(kept))
      mitigations.entries.set(keyOf(mitigation), mitigation);
    mitigations.catchUp();
    return mitigations;
  }

  /** Runs one piece of work after the other, so that what it decides still holds when it commits. */
  exclusive<T>(work: () => Promise<T>): Promise<T> {
    const done = this.queue.then(work);
    this.queue = done.catch(() => undefined);
    return done;
  }

  find(cuid: string, mid: number): Mitigation | undefined {
    this.catchUp();
    return this.entries.get(keyOf({ cuid, mid }));
  }

  /** The mitigations of one client, by mid. */
  of(cuid: string): Mitigation[] {
    this.catchUp();
    return [...this.entries.values()].filter((mitigation) => mitigation.cuid === cuid).sort((a, b) => a.mid - b.mid);
  }

  all(): Mitigation[] {
    this.catchUp();
    return [...this.entries.values()].sort((a, b) => (a.cuid === b.cuid ? a.mid - b.mid : a.cuid < b.cuid ? -1 : 1));
  }

  /** Keeps and applies a change; when it cannot be kept, nothing has changed and the error is the caller's. */
  async commit(change: { put?: Mitigation[]; remove?: Mitigation[] }): Promise<void> {
    const { put = [], remove = [] } = change;
    const next = new Map(this.entries);
    for (const gone of remove) next.delete(keyOf(gone));
    for (const mitigation of put) next.set(keyOf(mitigation), mitigation);
    await this.store.write(stateName, { version: 1, mitigations: [...next.values()] });
    for (const gone of remove) this.entries.delete(keyOf(gone));
    for (const mitigation of put) this.entries.set(keyOf(mitigation), mitigation);
    this.schedule();
    this.tell([...remove, ...put]);
  }

  /** Calls back with each mitigation whose status or lifetime has changed, or that is gone. */
  onDidChange(listener: (changed: Mitigation[]) => void): void {
    this.listeners.add(listener);
  }

  /** Stops the timer and waits for the work in hand. */
  async close(): Promise<void> {
    this.listeners.clear();
    await this.queue;
    this.clock.clearTimeout(this.timer);
    this.nextAt = Infinity;
  }

  private catchUp(): void {
    if (this.clock.now() >= this.nextAt) this.advanceAll(this.clock.now());
  }

  private advanceAll(now: number): void {
    const changed: Mitigation[] = [];
    for (const [key, mitigation] of this.entries) {
      const current = advance(mitigation, now, this.timing);
      if (current === mitigation) continue;
      changed.push(current ?? mitigation);
      if (current === undefined) this.entries.delete(key);
      else this.entries.set(key, current);
    }
    this.schedule();
    if (changed.length > 0) this.tell(changed);
  }

  private schedule(): void {
    this.clock.clearTimeout(this.timer);
    this.nextAt = Math.min(
      ...[...this.entries.values()].map((mitigation) => nextChange(mitigation, this.timing) ?? Infinity),
    );
    if (this.nextAt === Infinity) return;
    const wait = Math.max(0, this.nextAt - this.clock.now());
    this.timer = this.clock.setTimeout(() => this.advanceAll(this.clock.now()), Math.min(wait, longestTimer));
  }

  private tell(changed: Mitigation[]): void {
    for (const listener of this.listeners) listener(changed);
  }
}

function keyOf({ cuid, mid }: Pick<Mitigation, 'cuid' | 'mid'>): string {
  return `${mid} ${cuid}`;
}

function readState(kept: JsonValue): Mitigation[] {
  const mitigations = isObject(kept) && kept.version === 1 ? itemsOf(kept.mitigations) : undefined;
  if (mitigations?.every(isMitigation) !== true) throw unreadableState(stateName);
  return mitigations as unknown as Mitigation[];
}

function isMitigation(value: JsonValue): boolean {
  if (!isObject(value)) return false;
  const numbers = [
    value.mid,
    value.since,
    value.droppedForMs,
    value.terminatingMs,
    value.startedAt ?? 0,
    value.expiresAt ?? 0,
  ];
  return (
    typeof value.cuid === 'string' &&
    ['string', 'undefined'].includes(typeof value.owner) &&
    isObject(value.scope) &&
    Object.hasOwn(statusLabels, String(value.status)) &&
    numbers.every(Number.isFinite)
  );
}
