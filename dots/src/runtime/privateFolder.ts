import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  type Stats,
} from 'node:fs';
import { chmod, link, open, rename, rm } from 'node:fs/promises';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { DotsError } from '#dots/model/errors';
import { newFile, syncFolder, writeFileAtomically } from './atomicFile';
import { makeFolder } from './makeFolder';
import { isOthers } from './ownership';
import { PrivateFile } from './privateFile';

/** The rights of a group and of all other users to do anything at all. */
const othersAny = 0o077;

/** All users may write to a folder, and only owners may rename what is in it, as in /tmp. */
const everyoneWrites = 0o002;
const sticky = 0o1000;

/** No link is followed, and opening a pipe does not block. On Windows, which has neither constant, they are 0. */
const asItIs = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Receives one sentence for each change of rights. */
export type Notify = (sentence: string) => void;

/** How a private folder is opened. */
export interface PrivateFolderOptions {
  /**
   * The names that belong in it. A folder with others in it has another purpose as well, such as a home or a project,
   * and its permissions are not changed.
   */
  names: RegExp;
  /** Receives a sentence for each file or folder that was made unreadable to others. */
  notify: Notify;
}

/**
 * A folder whose files decide what a program does, or prove an identity: it and its files belong to the user alone and
 * are not links. If others own or may write to one, it is refused. If others may read one, it is made unreadable to
 * them and reported. It is read at once, without the threads of Node.js: see smallFile.ts.
 */
export class PrivateFolder {
  private constructor(
    readonly path: string,
    private readonly notify: Notify | undefined,
  ) {}

  /**
   * Opens a folder, and makes it if it is missing. Throws a DotsError `runtime/not-private`, and errors of the file
   * system.
   */
  static async make(path: string, { names, notify }: PrivateFolderOptions): Promise<PrivateFolder> {
    refuseLinks(path);
    await makeFolder(path);
    const { mode } = claimFolder(path);
    if (isReadable(mode) && readdirSync(path).every((name) => names.test(name))) {
      await chmod(path, 0o700);
      notify(madeUnreadable(path));
    }
    return new PrivateFolder(path, notify);
  }

  /** Opens an existing folder to read in it: no rights are changed. Throws as `make` does. */
  static async open(path: string): Promise<PrivateFolder> {
    refuseLinks(path);
    claimFolder(path);
    return new PrivateFolder(path, undefined);
  }

  /** The path of a file in it. */
  pathOf(name: string): string {
    return join(this.path, name);
  }

  /** The names of the files in it. Rejects with an error of the file system. */
  async names(): Promise<string[]> {
    return readdirSync(this.path);
  }

  /**
   * The text of a file; undefined where there is none. Throws a DotsError `runtime/not-private`, and errors of the file
   * system.
   */
  async read(name: string): Promise<string | undefined> {
    return (await this.readBytes(name))?.toString();
  }

  /** The content of a file. Returns and throws as `read` does. */
  async readBytes(name: string): Promise<Buffer | undefined> {
    const path = this.pathOf(name);
    const file = openFile(path, constants.O_RDONLY);
    if (file === undefined) return undefined;
    try {
      this.claimFile(path, file);
      return readFileSync(file);
    } finally {
      closeSync(file);
    }
  }

  /** Opens an existing file to write to it. Throws as `read` does, and `runtime/file-removed`. */
  async openToWrite(name: string): Promise<PrivateFile> {
    const path = this.pathOf(name);
    const file = await open(path, constants.O_WRONLY | asItIs).catch((error: unknown) => unopened(path, error));
    if (file === undefined) throw new DotsError('usage', 'runtime/file-removed', `${path} was removed.`);
    try {
      this.claimFile(path, file.fd);
      return new PrivateFile(file);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /**
   * Makes a new file that only its user may read; fails where there is something of this name. Rejects with an error of
   * the file system.
   */
  async create(name: string): Promise<PrivateFile> {
    return new PrivateFile(await open(this.pathOf(name), newFile, 0o600));
  }

  /** Writes a file as a whole, readable by its user only. Rejects with an error of the file system. */
  write(name: string, text: string): Promise<void> {
    return writeFileAtomically(this.pathOf(name), text);
  }

  /** Renames a file; a file with the new name is replaced. Rejects with an error of the file system. */
  rename(from: string, to: string): Promise<void> {
    return rename(this.pathOf(from), this.pathOf(to));
  }

  /**
   * Links a file under a second name; false if that name exists. Rejects with an error of the file system.
   */
  async link(from: string, to: string): Promise<boolean> {
    try {
      await link(this.pathOf(from), this.pathOf(to));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    }
  }

  /** Removes a file, if it is there. Rejects with an error of the file system. */
  remove(name: string): Promise<void> {
    return rm(this.pathOf(name), { force: true });
  }

  /** Resolves when the names in it are on the disk. Rejects with an error of the file system. */
  sync(): Promise<void> {
    return syncFolder(this.path);
  }

  private claimFile(path: string, file: number): void {
    const stats = fstatSync(file);
    if (!stats.isFile()) throw notPrivate(`${path} is not a regular file.`, 'Remove it.');
    if (isOthers(stats)) throw ofOthers(path, stats);
    if (this.notify === undefined || !isReadable(stats.mode)) return;
    fchmodSync(file, 0o600);
    this.notify(madeUnreadable(path));
  }
}

function openFile(path: string, access: number): number | undefined {
  try {
    return openSync(path, access | asItIs);
  } catch (error) {
    return unopened(path, error);
  }
}

/** What follows from a file that cannot be opened: undefined where there is none. */
function unopened(path: string, error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  refuseLink(path);
  throw error;
}

function claimFolder(path: string): Stats {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) throw notPrivate(`${path} is not a folder.`, 'Name a folder.');
  if (isOthers(stats)) throw ofOthers(path, stats);
  refuseOpenParent(dirname(resolve(path)), path);
  return stats;
}

/**
 * A user who may rename a folder can replace it while it is in use. A group that may is not refused: often its user is
 * alone in it.
 */
function refuseOpenParent(parent: string, path: string): void {
  const { mode } = statSync(parent);
  if (process.geteuid === undefined || (mode & everyoneWrites) === 0 || (mode & sticky) !== 0) return;
  throw notPrivate(
    `All users may write to ${parent}, so they could replace ${path} by another folder.`,
    'Run chmod o-w on it, or choose another folder.',
  );
}

/** Whether others may read a file or list a folder; on Windows the mode does not show that. */
const isReadable = (mode: number): boolean => process.geteuid !== undefined && (mode & othersAny) !== 0;

const madeUnreadable = (path: string): string => `${path} was readable by other users; now only its owner can read it.`;

function ofOthers(path: string, { uid }: Stats): DotsError {
  return uid === process.geteuid?.()
    ? notPrivate(
        `Other users may write to ${path}, so they could change its content.`,
        'Run chmod go-w on it if you trust its content, or choose another folder.',
      )
    : notPrivate(
        `${path} belongs to another user (uid ${uid}), who could change its content.`,
        'Choose a folder that you own.',
      );
}

/**
 * A repository may contain links: neither the end of a path nor its parts below the working directory may be one. Above
 * it links are allowed, such as /tmp on macOS. Throws a DotsError `runtime/not-private`.
 */
export function refuseLinks(path: string, from = process.cwd()): void {
  const whole = resolve(from, path);
  const names = relative(from, whole).split(sep);
  const isBelow = names[0] !== '..' && resolve(from, ...names) === whole;
  const parts = isBelow ? names.map((_, index) => resolve(from, ...names.slice(0, index + 1))) : [whole];
  for (const part of parts) refuseLink(part);
}

function refuseLink(path: string): void {
  if (!isLink(path)) return;
  throw notPrivate(
    `${path} is a symbolic link to ${readlinkSync(path)}, and symbolic links are not followed here.`,
    'Remove it, or name the folder that it leads to.',
  );
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

function notPrivate(message: string, hint: string): DotsError {
  return new DotsError('usage', 'runtime/not-private', message, hint);
}
