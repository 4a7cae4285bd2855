import { DotsError } from '#dots/model/errors';
import { join } from 'node:path';
import { fileReason } from '#dots/runtime/fileReason';
import { StoreError, unreadableState, type Journal, type JournalChange, type StoredState } from './journal';
import {
  entryKey,
  firstHash,
  JournalDamage,
  journalHead,
  readJournal,
  recordLines,
  type JournalContent,
} from './journalRecords';

/** One file of the folder of a journal. Each operation rejects with an error of the file system. */
export interface JournalFile {
  /** Writes all bytes at a position. */
  write(bytes: Uint8Array, position: number): Promise<void>;
  truncate(length: number): Promise<void>;
  /** Resolves when the content is on the disk. */
  sync(): Promise<void>;
  /** Whether a path still leads to this file: what is written to one that was moved or removed is not found again. */
  isAt(path: string): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * The folder of a journal. Each operation rejects with an error of the file system, or with a DotsError
 * `runtime/not-private`.
 */
export interface JournalFolder {
  readonly path: string;
  /** Undefined where there is no such file. */
  readBytes(name: string): Promise<Buffer | undefined>;
  /** Opens an existing file to write to it. */
  openToWrite(name: string): Promise<JournalFile>;
  /** Makes a new file; fails where there is something of this name. */
  create(name: string): Promise<JournalFile>;
  rename(from: string, to: string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Resolves when the names in the folder are on the disk. */
  sync(): Promise<void>;
}

/** The file of the journal in its folder, and the one that a compaction writes. */
export const journalName = 'journal';
const draftName = 'journal.new';

/** A journal is not compacted below this size, bytes. */
const smallest = 256 * 1024;
/** It is compacted when it is so many times as large as what is in force. */
const growth = 2;
/** How many changes a compaction writes at once. */
const sliceSize = 128;

interface LiveChange {
  change: JournalChange;
  /** Its part of the file, roughly, bytes. */
  size: number;
}

/**
 * A file to which each request appends one record. Records that arrive together are written and synchronised together.
 * When most of the file is outdated, what is in force is written to a new file that takes its place.
 */
export class FileJournal implements Journal {
  private readonly live = new Map<string, LiveChange>();
  private liveSize = 0;
  private length: number;
  private hash: string;
  /** Whether there may be something behind `length` that was not acknowledged. */
  private hasRest = true;
  /** Whether the name of the file may be lost in a crash. */
  private hasUnsafeName = true;
  /** After a compaction that failed: the size at which the next one is tried, bytes. */
  private postponedTo = 0;

  private constructor(
    private readonly folder: JournalFolder,
    private file: JournalFile,
    { values, length, hash }: JournalContent,
  ) {
    this.length = length;
    this.hash = hash;
    for (const { change } of values.values()) this.remember(change);
  }

  /**
   * Opens the journal in a folder, and makes it with an initial content where there is none. What a crash has cut off
   * is dropped and reported.
   * Throws a DotsError of kind `usage`: `orchestrator/state-unreadable`, `runtime/not-private`; a StoreError; an error
   * of the file system.
   */
  static async open(
    folder: JournalFolder,
    initial: () => Promise<readonly JournalChange[]>,
    notify: (sentence: string) => void,
  ): Promise<{ journal: FileJournal; stored: StoredState }> {
    const content = (await readContent(folder)) ?? (await createJournal(folder, await initial()));
    const file = await folder.openToWrite(journalName);
    const journal = new FileJournal(folder, file, content);
    try {
      if (content.cutOff > 0) notify(cutOffSentence(folder, content));
      // What was read may be a record that was written, and not synchronised, before the server was killed.
      await journal.repair();
    } catch (error) {
      await file.close();
      throw error;
    }
    return { journal, stored: storedState(folder, content) };
  }

  async append(requests: readonly (readonly JournalChange[])[]): Promise<void> {
    await this.repair();
    const { text, hash } = recordLines(requests, this.hash);
    const bytes = Buffer.from(text);
    await this.write(bytes);
    this.length += bytes.length;
    this.hash = hash;
    for (const change of requests.flat()) this.remember(change);
    if (this.length > Math.max(smallest + growth * this.liveSize, this.postponedTo)) await this.compact();
  }

  async close(): Promise<void> {
    await this.file.close();
  }

  private async write(bytes: Buffer): Promise<void> {
    this.hasRest = true;
    try {
      await this.file.write(bytes, this.length);
      await this.file.sync();
      if (!(await this.file.isAt(pathOf(this.folder))))
        throw new DotsError('usage', 'orchestrator/not-stored', 'it was moved or removed');
    } catch (cause) {
      await this.removeRest().catch(() => {
        throw notStored(this.folder, cause, false);
      });
      throw notStored(this.folder, cause, true);
    }
    this.hasRest = false;
  }

  /**
   * Makes up for what has failed before. While that fails nothing is written, so it is certain that nothing is stored.
   */
  private async repair(): Promise<void> {
    try {
      if (this.hasRest) await this.removeRest();
      if (this.hasUnsafeName) await this.folder.sync();
      this.hasUnsafeName = false;
    } catch (cause) {
      throw notStored(this.folder, cause, true);
    }
  }

  private async removeRest(): Promise<void> {
    await this.file.truncate(this.length);
    await this.file.sync();
    this.hasRest = false;
  }

  private remember(change: JournalChange): void {
    const key = entryKey(change);
    this.liveSize -= this.live.get(key)?.size ?? 0;
    this.live.delete(key);
    if (change[2] === null) return;
    const size = JSON.stringify(change).length;
    this.live.set(key, { change, size });
    this.liveSize += size;
  }

  /** If it fails, the journal stays as it is, and is compacted when it has grown by half. */
  private async compact(): Promise<void> {
    const changes = [...this.live.values()].map(({ change }) => change);
    const fresh = await replaceJournal(this.folder, changes).catch(() => undefined);
    if (fresh === undefined) {
      this.postponedTo = 1.5 * this.length;
      return;
    }
    await this.file.close().catch(() => undefined);
    ({ file: this.file, length: this.length, hash: this.hash } = fresh);
    this.hasUnsafeName = true;
    await this.repair().catch(() => undefined);
  }
}

/** The state in the journal of a folder; undefined where there is none. Throws as `FileJournal.open` does. */
export async function readStoredState(folder: JournalFolder): Promise<StoredState | undefined> {
  const content = await readContent(folder);
  return content && storedState(folder, content);
}

/** How often a file that another process writes is read again where it seems damaged. */
const readings = 3;

async function readContent(folder: JournalFolder): Promise<JournalContent | undefined> {
  for (let reading = 1; ; reading += 1) {
    const bytes = await readBytes(folder);
    if (bytes === undefined) return undefined;
    try {
      return readJournal(bytes);
    } catch (error) {
      if (!(error instanceof JournalDamage)) throw error;
      if (reading === readings) throw damagedAt(folder, error.offset, error.reason);
    }
  }
}

async function readBytes(folder: JournalFolder): Promise<Buffer | undefined> {
  try {
    return await folder.readBytes(journalName);
  } catch (cause) {
    throw cause instanceof DotsError
      ? cause
      : unreadableState(`The journal ${pathOf(folder)}`, fileReason(cause), cause);
  }
}

function storedState(folder: JournalFolder, { values }: JournalContent): StoredState {
  return {
    entries: [...values.values()].map(({ change: [table, key, value], offset }) => ({ table, key, value, offset })),
    damaged: ({ table, offset = 0 }, reason) =>
      damagedAt(folder, offset, `the ${table} in the record is invalid: ${reason}`),
  };
}

async function createJournal(folder: JournalFolder, changes: readonly JournalChange[]): Promise<JournalContent> {
  const { file } = await replaceJournal(folder, changes);
  await file.close();
  await folder.sync();
  const content = await readContent(folder);
  if (content === undefined) throw damagedAt(folder, 0, 'it was removed');
  return content;
}

/**
 * Writes a journal with one record for each change, in slices between which others have their turn, and gives it its
 * name.
 */
async function replaceJournal(
  folder: JournalFolder,
  changes: readonly JournalChange[],
): Promise<{ file: JournalFile; length: number; hash: string }> {
  await folder.remove(draftName);
  const file = await folder.create(draftName);
  try {
    const written = await writeAll(file, changes);
    await file.sync();
    await folder.rename(draftName, journalName);
    return { file, ...written };
  } catch (error) {
    await file.close().catch(() => undefined);
    await folder.remove(draftName).catch(() => undefined);
    throw error;
  }
}

async function writeAll(
  file: JournalFile,
  changes: readonly JournalChange[],
): Promise<{ length: number; hash: string }> {
  await file.write(journalHead, 0);
  let written = { length: journalHead.length, hash: firstHash };
  for (let first = 0; first < changes.length; first += sliceSize) {
    const { text, hash } = recordLines(
      changes.slice(first, first + sliceSize).map((change) => [change]),
      written.hash,
    );
    const bytes = Buffer.from(text);
    await file.write(bytes, written.length);
    written = { length: written.length + bytes.length, hash };
  }
  return written;
}

const pathOf = (folder: JournalFolder): string => join(folder.path, journalName);

function damagedAt(folder: JournalFolder, offset: number, reason: string): DotsError {
  return unreadableState(`The journal ${pathOf(folder)}, damaged at byte ${offset},`, reason);
}

function cutOffSentence(folder: JournalFolder, { cutOff }: JournalContent): string {
  return `${pathOf(folder)} ended in the middle of a record, of a request that was never acknowledged: its ${cutOff} bytes were dropped.`;
}

function notStored(folder: JournalFolder, cause: unknown, isCertain: boolean): StoreError {
  const what = isCertain ? 'Nothing was stored' : 'It is unknown whether the request is stored';
  return new StoreError(isCertain, `${what}: ${pathOf(folder)} cannot be written: ${fileReason(cause)}.`, { cause });
}
