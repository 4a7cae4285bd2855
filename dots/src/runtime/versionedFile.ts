import { randomBytes, randomInt } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { DotsError } from '#dots/model/errors';
import { createFileAtomically } from './atomicFile';
import type { PrivateFolder } from './privateFolder';

/** A reader that is this many changes late still finds its file. */
const versionsKept = 8;

/** By so many later changes a process may be overtaken and still recognise its own. */
const changesKept = 64;

/** So often a change is tried beside those of other processes; each failure means that one of them has succeeded. */
const mostAttempts = 1000;

/** The longest pause between two attempts, milliseconds. */
const longestPauseMs = 50;

/** The content of a file. */
interface Stored<T> {
  /** The names of the last changes, the newest one last. */
  changes: string[];
  value: T;
}

/** The value after so many changes; there is none before the first one. */
interface Version<T> {
  version: number;
  stored: Stored<T> | undefined;
}

/** The result of a change. Without a new value nothing is written. */
export interface Change<T, R> {
  value?: T;
  result: R;
}

/**
 * A JSON value that many processes change at once. Every change is a new file, `NAME.VERSION.json`, and exactly one
 * process can make each: a process that is late reads again and repeats its change. So there is no lock that a dead
 * process could leave behind, and none that expires by a clock.
 */
export class VersionedFile<T> {
  /** The changes of this process come one after the other: they need not compete. */
  private last: Promise<unknown> = Promise.resolve();

  /** @param isValid whether a value that was read is one; other content is reported as damaged */
  constructor(
    private readonly folder: PrivateFolder,
    private readonly name: string,
    private readonly isValid: (value: unknown) => value is T,
  ) {}

  /** The names of all versioned files in a folder. Rejects with an error of the file system. */
  static async names(folder: PrivateFolder): Promise<string[]> {
    const names = (await folder.names()).map((file) => /^(.+)\.\d+\.json$/.exec(file)?.[1]);
    return [...new Set(names.filter((name) => name !== undefined))].sort();
  }

  /**
   * The value as it is now; undefined where there is none. Rejects with an error of the file system, or a DotsError
   * `runtime/damaged-file`.
   */
  async read(): Promise<T | undefined> {
    return (await this.current()).stored?.value;
  }

  /**
   * Replaces the value by what `change` makes of it, which may be called several times and has to be without side
   * effects. Rejects with what `change` throws, an error of the file system, or a DotsError `runtime/damaged-file` or
   * `runtime/contention`.
   */
  change<R>(change: (value: T | undefined) => Change<T, R>): Promise<R> {
    const done = this.last.then(() => this.changeNow(change));
    this.last = done.catch(() => undefined);
    return done;
  }

  private async changeNow<R>(change: (value: T | undefined) => Change<T, R>): Promise<R> {
    for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
      const current = await this.current();
      const { value, result } = change(current.stored?.value);
      if (value === undefined || (await this.commit(current, value))) return result;
      await pause(randomInt(Math.min(longestPauseMs, 2 * attempt)));
    }
    throw new DotsError(
      'usage',
      'runtime/contention',
      `${this.folder.pathOf(this.name)} was changed by other processes ${mostAttempts} times in a row.`,
      'Try again when fewer of them are running.',
    );
  }

  /** A version whose file was removed while it was about to be read has a successor. */
  private async current(): Promise<Version<T>> {
    for (;;) {
      const whole = (await this.files()).filter(({ isDraft }) => !isDraft);
      const version = Math.max(0, ...whole.map((each) => each.version));
      if (version === 0) return { version, stored: undefined };
      const text = await this.folder.read(this.file(version));
      if (text !== undefined) return { version, stored: this.parsed(text, version) };
    }
  }

  /** False where another process was faster. */
  private async commit({ version: before, stored }: Version<T>, value: T): Promise<boolean> {
    const version = before + 1;
    const change = randomBytes(8).toString('hex');
    const next: Stored<T> = { changes: [...(stored?.changes ?? []), change].slice(-changesKept), value };
    const path = this.folder.pathOf(this.file(version));
    if (!(await createFileAtomically(path, `${JSON.stringify(next)}\n`))) return false;
    const files = await this.files();
    const isOvertaken = files.some((other) => other.version > version && !other.isDraft);
    // The version may have been another's, whose file was removed after others had followed it.
    if (isOvertaken && (await this.current()).stored?.changes.includes(change) !== true) return false;
    for (const { file } of files.filter((each) => each.version <= version - versionsKept))
      await rm(this.folder.pathOf(file), { force: true });
    return true;
  }

  /** The files of all versions, and drafts, also those of processes that have died. */
  private async files(): Promise<{ file: string; version: number; isDraft: boolean }[]> {
    const own = (await this.folder.names()).filter((file) => file.startsWith(`${this.name}.`));
    return own.flatMap((file) => {
      const [, version, draft] = /^\.(\d+)\.json(\.[0-9a-f]+)?$/.exec(file.slice(this.name.length)) ?? [];
      return version === undefined ? [] : [{ file, version: Number(version), isDraft: draft !== undefined }];
    });
  }

  private file(version: number): string {
    return `${this.name}.${version}.json`;
  }

  private parsed(text: string, version: number): Stored<T> {
    try {
      const stored = JSON.parse(text) as Stored<T>;
      if (Array.isArray(stored.changes) && this.isValid(stored.value)) return stored;
    } catch {
      // Reported below, as other content is.
    }
    throw new DotsError(
      'usage',
      'runtime/damaged-file',
      `${this.folder.pathOf(this.file(version))} is damaged: its content was not written by this product.`,
      'Remove it to use the previous version.',
    );
  }
}
