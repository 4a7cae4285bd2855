import { readdir, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { profilesFileName, skippedFolders } from '#dots/workspace/fileNames';

/** So many files of a folder are looked at; a folder with more is no place for documents. */
const maximumFiles = 20_000;

/** A file larger than this is read only when it is opened, bytes. */
const maximumSize = 64 * 1024 * 1024;

/** The path of a `file:` URI; undefined for what lies elsewhere or is no URI. */
export function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith('file:') ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

/** The URI of a path. */
export const uriOf = (path: string): string => pathToFileURL(path).toString();

/** A path relative to a folder, with forward slashes. */
export const pathWithin = (folder: string, path: string): string => relative(folder, path).replaceAll('\\', '/');

/** Whether a path lies in a folder or below. */
export function isWithin(folder: string, path: string): boolean {
  const way = pathWithin(folder, path);
  return way !== '..' && !way.startsWith('../') && !/^([a-zA-Z]:|\/)/.test(way);
}

/** A file's bytes, or undefined where it cannot be read. */
export async function bytesOf(path: string): Promise<Uint8Array | undefined> {
  try {
    return (await stat(path)).size > maximumSize ? undefined : await readFile(path);
  } catch {
    return undefined;
  }
}

/** The nearest file of a name upwards of a path, itself not counted. */
export async function nearest(name: string, path: string): Promise<string | undefined> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const candidate = join(folder, name);
    if (await isFile(candidate)) return candidate;
    if (dirname(folder) === folder) return undefined;
  }
}

/** All files below a folder; links to folders are not followed, and a folder that cannot be read has none. */
export async function filesBelow(root: string): Promise<string[]> {
  const files: string[] = [];
  const folders = [root];
  for (let folder = folders.pop(); folder !== undefined && files.length < maximumFiles; folder = folders.pop()) {
    for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !skippedFolders.has(entry.name)) folders.push(path);
      else if (entry.isFile() || (entry.isSymbolicLink() && (await isFile(path)))) files.push(path);
    }
  }
  return files;
}

/** Where the profiles file is looked for when no setting names it. */
export function usualProfiles(): string {
  const { XDG_CONFIG_HOME: configured, APPDATA: roaming } = process.env;
  const base =
    process.platform === 'win32' && roaming !== undefined
      ? roaming
      : configured === undefined || configured === ''
        ? join(homedir(), '.config')
        : configured;
  return join(base, 'dots', profilesFileName);
}

/** Whether there is a file at a path. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isFile(),
    () => false,
  );
}
