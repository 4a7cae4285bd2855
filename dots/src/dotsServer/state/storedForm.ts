import type { JsonValue } from '#dots/model/json';
import type { JournalChange, JournalEntry } from './journal';

/** A value that was stored, and what the journal has of it in this form; undefined: it is in an earlier form. */
export interface Loaded<T> {
  value: T;
  written: T | undefined;
}

/** How the values of a table are stored in the journal. */
export interface StoredForm<T> {
  /** The tables of the journal that have their entries; the first one is the name of the table. */
  readonly names: readonly [string, ...string[]];
  keyOf(value: T): string;
  /**
   * The values in the entries of these tables. Throws what `damaged` returns for an entry that no server has stored.
   */
  read(entries: readonly JournalEntry[], damaged: (entry: JournalEntry, reason: string) => Error): Loaded<T>[];
  /** What a change adds to the journal. @param written what the journal has; undefined: nothing, or an earlier form */
  changes(key: string, written: T | undefined, value: T | undefined): JournalChange[];
}

/** How the values of a table are named and checked. */
interface ValueCheck<T> {
  keyOf: (value: T) => string;
  /** Why a stored value is refused; undefined: it is valid. */
  faultOf: (value: JsonValue) => string | undefined;
}

/** The form of values that are one entry each. */
export function wholeValues<T>(name: string, { keyOf, faultOf }: ValueCheck<T>): StoredForm<T> {
  return {
    names: [name],
    keyOf,
    read: (entries, damaged) =>
      entries.map((entry) => {
        const value = entry.value as unknown as T;
        const fault = faultOf(entry.value) ?? wrongKey(entry, keyOf(value));
        if (fault !== undefined) throw damaged(entry, fault);
        return { value, written: value };
      }),
    changes: (key, _written, value) => [[name, key, (value ?? null) as JsonValue]],
  };
}

/** The fault of an entry that has another key than its content; undefined: it has none. */
export function wrongKey({ key }: JournalEntry, expected: string): string | undefined {
  return key === expected ? undefined : `its key is ${JSON.stringify(key)}`;
}
