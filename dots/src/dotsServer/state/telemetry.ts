import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import type { Limits } from './policy';
import { refuse } from '../signal/refusal';
import { unreadableState, type Store } from './store';

/** The two kinds of telemetry a client leaves at a server, by the parameter that names an entry: RFC 9244 sections 7 and 8. */
export type TelemetryKind = 'tsid' | 'tmid';

/** One entry: what stands under the top-level member, and who left it, as far as that was proved. */
export interface TelemetryEntry {
  cuid: string;
  kind: TelemetryKind;
  id: number;
  owner?: string;
  body: JsonObject;
}

const stateName = 'telemetry';

/** The telemetry of every client: kept safe before it counts. */
export class Telemetry {
  private entries = new Map<string, TelemetryEntry>();
  private queue: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly store: Store,
    private readonly limits: Limits,
  ) {}

  static async open(store: Store, limits: Limits): Promise<Telemetry> {
    const telemetry = new Telemetry(store, limits);
    const kept = await store.read(stateName);
    for (const entry of kept === undefined ? [] : readState(kept)) telemetry.entries.set(keyOf(entry), entry);
    return telemetry;
  }

  /** One entry, or all of a client, by identifier. */
  of(cuid: string, kind: TelemetryKind, id?: number): TelemetryEntry[] {
    return [...this.entries.values()]
      .filter((entry) => entry.cuid === cuid && entry.kind === kind && (id === undefined || entry.id === id))
      .sort((a, b) => a.id - b.id);
  }

  /** All of a client, of both kinds. */
  ofClient(cuid: string): TelemetryEntry[] {
    return [...this.entries.values()].filter((entry) => entry.cuid === cuid);
  }

  /** Keeps an entry; returns whether it is new. Throws a Refusal (5.03) when there is no room. */
  put(entry: TelemetryEntry): Promise<boolean> {
    return this.change((next) => {
      const isNew = !next.has(keyOf(entry));
      if (
        isNew &&
        (next.size >= this.limits.entries || this.of(entry.cuid, entry.kind).length >= this.limits.entriesPerClient)
      ) {
        throw refuse('5.03', 'This server keeps no more telemetry; delete some.', '9244 8.2', 60);
      }
      next.set(keyOf(entry), entry);
      return isNew;
    });
  }

  /** Removes one entry, or all of a client. */
  delete(cuid: string, kind: TelemetryKind, id?: number): Promise<void> {
    return this.change((next) => {
      for (const entry of this.of(cuid, kind, id)) next.delete(keyOf(entry));
    });
  }

  /** Waits for the work in hand. */
  async close(): Promise<void> {
    await this.queue;
  }

  private change<T>(work: (next: Map<string, TelemetryEntry>) => T): Promise<T> {
    const done = this.queue.then(async () => {
      const next = new Map(this.entries);
      const result = work(next);
      await this.store.write(stateName, { version: 1, entries: [...next.values()] });
      this.entries = next;
      return result;
    });
    this.queue = done.catch(() => undefined);
    return done;
  }
}

function keyOf({ cuid, kind, id }: Pick<TelemetryEntry, 'cuid' | 'kind' | 'id'>): string {
  return `${kind} ${id} ${cuid}`;
}

function readState(kept: JsonValue): TelemetryEntry[] {
  const entries = isObject(kept) && kept.version === 1 && Array.isArray(kept.entries) ? kept.entries : undefined;
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
