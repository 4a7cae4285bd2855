import type { JournalChange } from './journal';
import type { Loaded, StoredForm } from './storedForm';

/** One entry of a table: it belongs to a cuid. */
export interface TableEntry {
  cuid: string;
}

/** Called once a change is stored and applied, with the value that it replaced. */
export type Applied<T> = (before: T | undefined) => void;

/** A change that a decision has made in a table. */
export interface StagedChange {
  /** What is stored of it. */
  stored: JournalChange[];
  /** Takes the change out of the table again, in the same turn. */
  undo(): void;
  /** Applies the change once it is stored. */
  apply(): void;
}

/** Receives the changes of a decision. Throws an Error outside of one. */
export type Stage = (change: StagedChange) => void;

/**
 * The entries of one kind, by key and by cuid. `put` and `remove` are part of a decision (`Store.exclusive`): the
 * decision and those after it in its turn see them at once, everything else sees them once they are stored.
 */
export class Table<T extends TableEntry> {
  private readonly entries = new Map<string, T>();
  /** What the journal has of them: without what follows from time alone. */
  private readonly written = new Map<string, T>();
  private readonly byCuid = new Map<string, Map<string, T>>();
  private readonly watchers: ((key: string, before: T | undefined, after: T | undefined) => void)[] = [];

  constructor(
    private readonly form: StoredForm<T>,
    private readonly stage: Stage,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  get(key: string): T | undefined {
    return this.entries.get(key);
  }

  /** The entries of one client, in the order in which they were added. */
  of(cuid: string): T[] {
    return [...(this.byCuid.get(cuid)?.values() ?? [])];
  }

  /** How many entries one client has. */
  countOf(cuid: string): number {
    return this.byCuid.get(cuid)?.size ?? 0;
  }

  values(): IterableIterator<T> {
    return this.entries.values();
  }

  /**
   * Calls back with each change, also with those that a decision makes and that are taken back until they are stored:
   * for an index.
   */
  watch(watcher: (key: string, before: T | undefined, after: T | undefined) => void): void {
    this.watchers.push(watcher);
  }

  /** Part of a decision: adds or replaces an entry. */
  put(value: T, applied?: Applied<T>): void {
    this.change(this.form.keyOf(value), value, applied);
  }

  /** Part of a decision: removes an entry. */
  remove(key: string, applied?: Applied<T>): void {
    this.change(key, undefined, applied);
  }

  /** An entry as it is stored: what the journal needs to have it as it is now. */
  stored(key: string): JournalChange[] {
    return this.form.changes(key, undefined, this.entries.get(key));
  }

  /** An entry that was read at the start. */
  load({ value, written }: Loaded<T>): void {
    const key = this.form.keyOf(value);
    this.set(key, value);
    this.setWritten(key, written);
  }

  /**
   * Sets an entry outside of a decision; undefined removes it. For what is read at the start, and for what follows from
   * time alone.
   */
  set(key: string, value: T | undefined): void {
    const before = this.entries.get(key);
    if (value === undefined) this.entries.delete(key);
    else this.entries.set(key, value);
    if (before !== undefined && before.cuid !== value?.cuid) this.leave(before.cuid, key);
    if (value !== undefined) this.enter(key, value);
    for (const watcher of this.watchers) watcher(key, before, value);
  }

  private change(key: string, value: T | undefined, applied?: Applied<T>): void {
    const [before, written] = [this.entries.get(key), this.written.get(key)];
    this.stage({
      stored: this.form.changes(key, written, value),
      undo: () => {
        this.set(key, before);
        this.setWritten(key, written);
      },
      apply: () => {
        const replaced = this.entries.get(key);
        this.set(key, value);
        this.setWritten(key, value);
        applied?.(replaced);
      },
    });
    this.set(key, value);
    this.setWritten(key, value);
  }

  private setWritten(key: string, value: T | undefined): void {
    if (value === undefined) this.written.delete(key);
    else this.written.set(key, value);
  }

  private enter(key: string, value: T): void {
    const own = this.byCuid.get(value.cuid);
    if (own === undefined) this.byCuid.set(value.cuid, new Map([[key, value]]));
    else own.set(key, value);
  }

  private leave(cuid: string, key: string): void {
    const own = this.byCuid.get(cuid);
    own?.delete(key);
    if (own?.size === 0) this.byCuid.delete(cuid);
  }
}
