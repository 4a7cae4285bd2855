import { closeSync, constants, lstatSync, openSync, readdirSync, readSync, statSync, type Dirent } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { surroundings, type Surroundings } from '#dots/runtime/stateFolder';
import { profilesFileName, skippedFolders } from '#dots/workspace/fileNames';

/*
 * Files are read synchronously, which is several times faster. A caller that reads many of them pauses in between
 * (FolderIndex).
 */

/** A file's identity on this machine, independent of its names, and its size in octets. */
export interface RealFile {
  identity: string;
  size: number;
}

/** The names of files for the caller, and their paths on disk. */
export interface FileNaming {
  /** The path of a name; undefined if it is not on disk. */
  pathOf(name: string): string | undefined;
  nameOf(path: string): string;
}

/** Names that are URIs, as a language server has them. */
export const uriNaming: FileNaming = { pathOf, nameOf: uriOf };

/** The path of a `file:` URI; undefined for other URIs and texts. */
export function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

/** The URI of a path. */
export function uriOf(path: string): string {
  return pathToFileURL(path).toString();
}

/** A path relative to a folder, with forward slashes. */
export const pathWithin = (folder: string, path: string): string => relative(folder, path).replaceAll('\\', '/');

/** Whether a path is in a folder or below. */
export function isWithin(folder: string, path: string): boolean {
  const way = pathWithin(folder, path);
  return way !== '..' && !way.startsWith('../') && !/^([a-zA-Z]:|\/)/.test(way);
}

/** The file at a path, or undefined if there is none. */
export function realFile(path: string): RealFile | undefined {
  // File numbers on Windows need more than 53 bits.
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats?.isFile() === true ? { identity: `${stats.dev}:${stats.ino}`, size: Number(stats.size) } : undefined;
}

/** Whether there is a file at a path. */
export function isFile(path: string): boolean {
  return attempt(() => realFile(path)) !== undefined;
}

/** Whether there is anything at a path, even a broken link. */
export function exists(path: string): boolean {
  return attempt(() => lstatSync(path, { throwIfNoEntry: false })) !== undefined;
}

/**
 * A pipe that has taken the place of a file is not waited for. On Windows, which has no such constant, it adds nothing.
 */
const atOnce = constants.O_RDONLY | constants.O_NONBLOCK;

/** The first octets of a file, up to a number. Throws the error of the file system. */
export function readStart(path: string, octets: number): Uint8Array {
  const buffer = Buffer.allocUnsafe(octets);
  const file = openSync(path, atOnce);
  try {
    let length = 0;
    for (let got = -1; got !== 0 && length < octets; length += got)
      got = readSync(file, buffer, length, octets - length, length);
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** One step of a walk: a file, a link to anything or to nothing, or a folder whose entries follow. */
export interface WalkStep {
  path: string;
  kind: 'file' | 'link' | 'folder';
}

/**
 * Walks through a folder by name, and with `deep` through the folders below; links come after the files. Their targets
 * are not looked up here: that takes time as well, and each step has to be short. Links to folders are not followed, so
 * that no walk loops.
 * @param refused is called for a folder that cannot be read
 */
export function* walk(
  folder: string,
  deep: boolean,
  refused: (folder: string, error: unknown) => void = () => undefined,
): Generator<WalkStep> {
  const links: string[] = [];
  for (const entry of entriesOf(folder, refused)) {
    const path = join(folder, entry.name);
    if (entry.isFile()) yield { path, kind: 'file' };
    else if (entry.isSymbolicLink()) links.push(path);
    else if (deep && entry.isDirectory() && !skippedFolders.has(entry.name)) {
      yield { path, kind: 'folder' };
      yield* walk(path, deep, refused);
    }
  }
  for (const path of links) yield { path, kind: 'link' };
}

function entriesOf(folder: string, refused: (folder: string, error: unknown) => void): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((one, other) => (one.name < other.name ? -1 : 1));
  } catch (error) {
    refused(folder, error);
    return [];
  }
}

/** The result of an action, or undefined if the file system refuses it. */
export function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}

/** The default path of the profiles file. */
export function defaultProfilesFile({ env, platform, home }: Surroundings = surroundings()): string {
  const { XDG_CONFIG_HOME: configured, APPDATA: roaming } = env;
  const base =
    platform === 'win32' && roaming !== undefined
      ? roaming
      : configured === undefined || configured === ''
        ? join(home, '.config')
        : configured;
  return join(base, 'dots', profilesFileName);
}
