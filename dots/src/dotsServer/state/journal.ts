import { DotsError } from '#dots/model/errors';
import type { JsonValue } from '#dots/model/json';

/** The new content of one entry, as it is stored; null: the entry is removed. */
export type JournalChange = readonly [table: string, key: string, value: JsonValue];

/** An entry that was stored when the server started. */
export interface JournalEntry {
  table: string;
  key: string;
  value: JsonValue;
  /** Where its record begins in the file, bytes. */
  offset?: number;
}

/** What was stored when the server started. */
export interface StoredState {
  entries: readonly JournalEntry[];
  /** The error for an entry whose content is not what a server stores. */
  damaged(entry: JournalEntry, reason: string): DotsError;
}

/** Where the changes of requests are stored. */
export interface Journal {
  /**
   * Stores the changes of several requests, each as a whole; resolves when all are safe. Throws a StoreError. One call
   * at a time.
   */
  append(requests: readonly (readonly JournalChange[])[]): Promise<void>;
  /** Ends all use of files. */
  close(): Promise<void>;
}

/** Stores nothing: for a server whose state ends with it. */
export const memoryJournal: Journal = { append: () => Promise.resolve(), close: () => Promise.resolve() };

/** The state of a server that has stored nothing yet. */
export const emptyState: StoredState = {
  entries: [],
  damaged: (_entry, reason) => unreadableState('the state', reason),
};

/**
 * The error for stored state that cannot be read, or that no server has stored. `where` names the file and the place in
 * it.
 */
export function unreadableState(where: string, reason: string, cause?: unknown): DotsError {
  return new DotsError(
    'usage',
    'orchestrator/state-unreadable',
    `${where} cannot be used: ${reason}.`,
    'Restore the file from a copy, choose another folder, or start once with dots mock --discard-state: it sets the state aside and begins with none.',
    { cause },
  );
}

/** A request that could not be stored. */
export class StoreError extends DotsError {
  /**
   * @param isCertain whether it is certain that nothing of it is stored; otherwise it may be in force after a restart,
   * and is not answered
   */
  constructor(
    readonly isCertain: boolean,
    message: string,
    options?: ErrorOptions,
  ) {
    super('usage', isCertain ? 'orchestrator/not-stored' : 'orchestrator/storage-unknown', message, undefined, options);
    this.name = 'StoreError';
  }
}
