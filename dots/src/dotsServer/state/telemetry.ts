import { documentType } from '#dots/model/documents';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import type { Store } from './store';
import { wholeValues } from './storedForm';
import { faultOfDocument, faultOfMembers, isCdid, isCuid, isOwner, isTime, isUint32 } from './storedValues';
import type { Table } from './table';

/**
 * The two kinds of telemetry that a client sends to a server, by the parameter that names an entry: RFC 9244 sections 7
 * and 8.
 */
export type TelemetryKind = 'tsid' | 'tmid';

export interface TelemetryEntry {
  cuid: string;
  /** The domain of the client behind a gateway: RFC 9132 section 4.4.1.2. */
  cdid?: string;
  kind: TelemetryKind;
  id: number;
  /** The proved identity of the client that sent it; absent over a plain path. */
  owner?: string;
  /** The content of the top-level member. */
  body: JsonObject;
  /** When it was received, milliseconds since 1970; absent where an earlier version has stored it. */
  at?: number;
}

/** What became of an entry, and the identifiers of those that it has overridden, or of the one that overrides it. */
export type Stored =
  { outcome: 'created' | 'changed'; removed: number[] } | { outcome: 'overridden'; by: number } | { outcome: 'full' };

/** The telemetry of all clients: stored before it takes effect. */
export class Telemetry {
  private readonly table: Table<TelemetryEntry>;

  /** Resumes from what an earlier server stored. Throws `orchestrator/state-unreadable`. */
  constructor(private readonly store: Store) {
    this.table = telemetryTable(store);
  }

  /** One entry, or all of a client, by identifier. */
  of(cuid: string, kind: TelemetryKind, id?: number): TelemetryEntry[] {
    return this.ofClient(cuid)
      .filter((entry) => entry.kind === kind && (id === undefined || entry.id === id))
      .sort((a, b) => a.id - b.id);
  }

  /** All of all clients, of both kinds. */
  all(): Iterable<TelemetryEntry> {
    return this.table.values();
  }

  /** Calls back with each change of an entry, for an index: see `Table.watch`. Begins with those that there are. */
  watch(watcher: (before: TelemetryEntry | undefined, after: TelemetryEntry | undefined) => void): void {
    for (const entry of this.table.values()) watcher(undefined, entry);
    this.table.watch((_key, before, after) => watcher(before, after));
  }

  /** All of a client, of both kinds. */
  ofClient(cuid: string): TelemetryEntry[] {
    return this.table.of(cuid);
  }

  /**
   * Stores an entry, and removes those that it overrides.
   * @param isFull whether one more would exceed the limits, asked when it is decided
   * @param overlaps whether one of two entries overrides the other: that with the higher identifier
   */
  put(entry: TelemetryEntry, isFull: () => boolean, overlaps: (other: TelemetryEntry) => boolean): Promise<Stored> {
    return this.store.exclusive(() => {
      const isNew = this.table.get(telemetryKey(entry)) === undefined;
      const overlapping = this.of(entry.cuid, entry.kind).filter((other) => other.id !== entry.id && overlaps(other));
      const higher = overlapping.find(({ id }) => id > entry.id);
      if (higher !== undefined) return { outcome: 'overridden', by: higher.id };
      if (isNew && overlapping.length === 0 && isFull()) return { outcome: 'full' };
      for (const lower of overlapping) this.table.remove(telemetryKey(lower));
      this.table.put(entry);
      return { outcome: isNew ? 'created' : 'changed', removed: overlapping.map(({ id }) => id) };
    });
  }

  /** Removes one entry, or all of a client. */
  delete(cuid: string, kind: TelemetryKind, id?: number): Promise<void> {
    return this.store.exclusive(() => {
      for (const entry of this.of(cuid, kind, id)) this.table.remove(telemetryKey(entry));
    });
  }
}

/** Names an entry. */
export function telemetryKey({ cuid, kind, id }: Pick<TelemetryEntry, 'cuid' | 'kind' | 'id'>): string {
  return `${kind} ${id} ${cuid}`;
}

/** The telemetry in a store. Throws `orchestrator/state-unreadable` for an entry that no server has stored. */
export function telemetryTable(store: Store): Table<TelemetryEntry> {
  return store.table(wholeValues<TelemetryEntry>('telemetry', { keyOf: telemetryKey, faultOf }));
}

const kinds = { tsid: 'telemetry-setup', tmid: 'telemetry' } as const;

function faultOf(value: JsonValue): string | undefined {
  const fault = faultOfMembers(value, {
    cuid: isCuid,
    cdid: isCdid,
    kind: (kind) => kind === 'tsid' || kind === 'tmid',
    id: isUint32,
    owner: isOwner,
    body: isObject,
    at: (at) => at === undefined || isTime(at),
  });
  if (fault !== undefined) return fault;
  const { kind, body } = value as unknown as TelemetryEntry;
  return faultOfDocument({ [documentType(kinds[kind]).topMember]: body });
}
