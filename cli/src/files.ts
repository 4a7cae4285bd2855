import { readFileSync, statSync, type Stats } from 'node:fs';
import { join, relative } from 'node:path';
import { fileReason } from '#dots/runtime/fileReason';
import { validationService as service } from '#service/validationService';
import { isDocumentFile, isPolicyFile } from '#host/documentFiles';
import { attempt, isFile, realFile, walk } from '#host/files';
import { absolutePath } from './caller';
import { UsageError } from './command';
import { standardInput, type Io } from './io';

/** A file by its name in results, and its bytes. */
export interface Input {
  file: string;
  bytes: Uint8Array;
}

/**
 * The files that a path names: itself; of a folder all DOTS documents in it; of a glob all files that match; `-` for
 * standard input. Throws UsageError if there are none.
 * @param withPolicies of a folder the policies of orchestrators as well
 */
export async function filesOf(path: string, withPolicies = false): Promise<string[]> {
  if (path === standardInput) return [path];
  const stats = statOf(path);
  if (stats?.isDirectory() === true) return someDocumentsIn(path, withPolicies);
  return stats === undefined ? ((await matching(path)) ?? [path]) : [path];
}

/** Reads a file, or standard input. Throws UsageError with the reason in words. */
export async function readInput(file: string, io: Io): Promise<Input> {
  if (file === standardInput) return { file, bytes: await io.input() };
  try {
    // Synchronously, because reading in the background splits a large file and is several times slower.
    return { file, bytes: readFileSync(absolutePath(file)) };
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${fileReason(error)}.`);
  }
}

function statOf(path: string): Stats | undefined {
  return attempt(() => statSync(absolutePath(path)));
}

/** The DOTS documents in a folder and those below it. Throws UsageError where a folder cannot be read. */
export const documentsIn = (folder: string): string[] =>
  once(filesBelow(folder).filter((file) => isDocumentFile(service, file)));

function someDocumentsIn(folder: string, withPolicies: boolean): string[] {
  const policies = withPolicies ? once(filesBelow(folder).filter(isPolicyFile)) : [];
  const found = [...documentsIn(folder), ...policies];
  if (found.length === 0)
    throw new UsageError(`There is no DOTS document in ${folder}.`, 'Name the files, or use the extension .dots.json.');
  return found;
}

/** Of several names of one file only the first. */
function once(files: readonly string[]): string[] {
  const first = new Map<string, string>();
  for (const file of files) {
    const identity = attempt(() => realFile(absolutePath(file)))?.identity ?? file;
    if (!first.has(identity)) first.set(identity, file);
  }
  return [...first.values()];
}

/** The files that match a glob; undefined for a path that is none. */
async function matching(pattern: string): Promise<string[] | undefined> {
  // Most paths name a file: starting does not wait for this.
  const { default: picomatch } = await import('picomatch');
  const { base, isGlob } = picomatch.scan(pattern);
  if (!isGlob) return undefined;
  const matches = picomatch(pattern.replace(/^\.\//, ''));
  const found = filesBelow(base === '' ? '.' : base)
    .map((file) => file.replace(/^\.\//, ''))
    .filter((file) => matches(file));
  if (found.length === 0) throw new UsageError(`No file matches ${pattern}.`);
  return pattern.startsWith('./') ? found.map((file) => `./${file}`) : found;
}

/** All files below a folder, with the folder's name as written. Throws UsageError where a folder cannot be read. */
function filesBelow(folder: string): string[] {
  const base = absolutePath(folder);
  const nameOf = (path: string): string => (path === base ? folder : join(folder, relative(base, path)));
  const refused = (path: string, error: unknown): never => {
    throw new UsageError(`The folder ${nameOf(path)} cannot be read: ${fileReason(error)}.`);
  };
  return [...walk(base, true, refused)]
    .filter(({ path, kind }) => kind === 'file' || (kind === 'link' && isFile(path)))
    .map(({ path }) => nameOf(path).replaceAll('\\', '/'));
}
