import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import type { Limits } from './policy';
import { unreadableState, type Store } from './store';
import { WorkQueue } from './workQueue';

/** The two kinds of telemetry that a client sends to a server, by the parameter that names an entry: RFC 9244 sections 7 and 8. */
export type TelemetryKind = 'tsid' | 'tmid';

export interface TelemetryEntry {
  cuid: string;
  kind: TelemetryKind;
  id: number;
  /** The proved identity of the client that sent it; absent over a plain path. */
  owner?: string;
  /** The content of the top-level member. */
  body: JsonObject;
}

const stateName = 'telemetry';

/** The telemetry of all clients: stored before it takes effect. */
export class Telemetry {
  private entries = new Map<string, TelemetryEntry>();
  private readonly queue = new WorkQueue();

  private constructor(
    private readonly store: Store,
    private readonly limits: Limits,
  ) {}

  /** Resumes from what an earlier server stored. Throws a DotsError of kind `usage`: `orchestrator/state-unreadable`. */
  static async open(store: Store, limits: Limits): Promise<Telemetry> {
    const telemetry = new Telemetry(store, limits);
    const stored = await store.read(stateName);
    for (const entry of stored === undefined ? [] : readState(stored)) telemetry.entries.set(keyOf(entry), entry);
    return telemetry;
  }

  /** One entry, or all of a client, by identifier. */
  of(cuid: string, kind: TelemetryKind, id?: number): TelemetryEntry[] {
    return [...this.entries.values()]
      .filter((entry) => entry.cuid === cuid && entry.kind === kind && (id === undefined || entry.id === id))
      .sort((a, b) => a.id - b.id);
  }

  /** All of all clients. */
  all(): TelemetryEntry[] {
    return [...this.entries.values()];
  }

  /** All of a client, of both kinds. */
  ofClient(cuid: string): TelemetryEntry[] {
    return [...this.entries.values()].filter((entry) => entry.cuid === cuid);
  }

  /** Stores an entry, except where a new one would exceed the limits. */
  put(entry: TelemetryEntry): Promise<'created' | 'changed' | 'full'> {
    return this.queue.run(async () => {
      const isNew = !this.entries.has(keyOf(entry));
      if (isNew && this.isFull(entry)) return 'full';
      await this.commit((next) => next.set(keyOf(entry), entry));
      return isNew ? 'created' : 'changed';
    });
  }

  /** Removes one entry, or all of a client. */
  delete(cuid: string, kind: TelemetryKind, id?: number): Promise<void> {
    return this.queue.run(() =>
      this.commit((next) => {
        for (const entry of this.of(cuid, kind, id)) next.delete(keyOf(entry));
      }),
    );
  }

  /** Waits for the current work. */
  async close(): Promise<void> {
    await this.queue.idle();
  }

  private isFull({ cuid, kind }: TelemetryEntry): boolean {
    return this.entries.size >= this.limits.entries || this.of(cuid, kind).length >= this.limits.entriesPerClient;
  }

  private async commit(change: (next: Map<string, TelemetryEntry>) => void): Promise<void> {
    const next = new Map(this.entries);
    change(next);
    await this.store.write(stateName, { version: 1, entries: [...next.values()] });
    this.entries = next;
  }
}

function keyOf({ cuid, kind, id }: Pick<TelemetryEntry, 'cuid' | 'kind' | 'id'>): string {
  return `${kind} ${id} ${cuid}`;
}

function readState(stored: JsonValue): TelemetryEntry[] {
  const entries =
    isObject(stored) && stored.version === 1 && Array.isArray(stored.entries) ? stored.entries : undefined;
  if (entries?.every(isEntry) !== true) throw unreadableState(stateName);
  return entries as unknown as TelemetryEntry[];
}

function isEntry(value: JsonValue): boolean {
  return (
    isObject(value) &&
    typeof value.cuid === 'string' &&
    (value.kind === 'tsid' || value.kind === 'tmid') &&
    Number.isInteger(value.id) &&
    ['string', 'undefined'].includes(typeof value.owner) &&
    isObject(value.body)
  );
}
