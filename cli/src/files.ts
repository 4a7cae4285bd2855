import { readFile } from 'node:fs/promises';
import { readFileSync, readdirSync, statSync, type Dirent, type Stats } from 'node:fs';
import { join } from 'node:path';
import picomatch from 'picomatch';
import { documentTypeOf } from '#dots/model/documents';
import { fileReason } from '#dots/runtime/fileReason';
import { judging as service } from '#service/validationService';
import { isDocumentName, mayHoldDocument, skippedFolders } from '#dots/workspace/fileNames';
import { UsageError } from './command';
import type { Io } from './io';

/** A file by the name that results call it, and its bytes. */
export interface Input {
  file: string;
  bytes: Uint8Array;
}

/** What `-` stands for. */
const standardInput = '-';

/**
 * The files that a path names: itself; of a folder all DOTS documents in it; of a glob all files that match; `-` for
 * standard input. Throws UsageError where it names nothing.
 */
export async function filesOf(path: string): Promise<string[]> {
  if (path === standardInput) return [path];
  const stats = statOf(path);
  if (stats?.isDirectory() === true) return documentsIn(path);
  if (stats === undefined && picomatch.scan(path).isGlob) return matching(path);
  return [path];
}

/** Reads a file, or standard input. Throws UsageError with the reason in words. */
export async function readInput(file: string, io: Io): Promise<Input> {
  if (file === standardInput) return { file, bytes: await io.input() };
  try {
    // At once, because reading in the background takes a large file apart and is several times slower.
    return { file, bytes: readFileSync(file) };
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${fileReason(error)}.`);
  }
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

/** All DOTS documents in a folder and below, by name and by content. Throws UsageError where the folder cannot be read. */
export async function documentsBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const file of filesBelow(folder)) {
    if (isDocumentName(file) || (mayHoldDocument(file) && (await isDocument(file)))) found.push(file);
  }
  return found;
}

async function documentsIn(folder: string): Promise<string[]> {
  const found = await documentsBelow(folder);
  if (found.length === 0)
    throw new UsageError(
      `There is no DOTS document in ${folder}.`,
      'Name the files, or end their names in .dots.json.',
    );
  return found;
}

/** Whether a JSON file without the telling name has a top-level member of DOTS. */
async function isDocument(file: string): Promise<boolean> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  return bytes.includes('ietf-dots-') && documentTypeOf(service.parse(bytes, file).value) !== undefined;
}

function matching(pattern: string): string[] {
  const { base } = picomatch.scan(pattern);
  const matches = picomatch(pattern.replace(/^\.\//, ''));
  const found = filesBelow(base === '' ? '.' : base)
    .map((file) => file.replace(/^\.\//, ''))
    .filter((file) => matches(file));
  if (found.length === 0) throw new UsageError(`No file matches ${pattern}.`);
  return pattern.startsWith('./') ? found.map((file) => `./${file}`) : found;
}

/** All files below a folder, by name; links to folders are not followed, so no walk goes in a circle. */
function filesBelow(folder: string): string[] {
  return entriesOf(folder).flatMap((entry) => {
    const path = join(folder, entry.name).replaceAll('\\', '/');
    if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : filesBelow(path);
    return entry.isFile() || (entry.isSymbolicLink() && statOf(path)?.isFile() === true) ? [path] : [];
  });
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1));
  } catch (error) {
    throw new UsageError(`The folder ${folder} cannot be read: ${fileReason(error)}.`);
  }
}
