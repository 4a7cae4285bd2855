import { statSync } from 'node:fs';
import { plural } from '#dots/words/quantities';
import { attempt } from '#host/files';
import { absolutePath } from '../caller';
import { UsageError, type Arguments } from '../command';
import { filesOf } from '../files';

/** The documents that a command line names. */
export interface NamedFiles {
  files: string[];
  /** Whether each has a result of its own: more than one is named, or all of a folder. */
  several: boolean;
}

/** The files that the arguments name, each once. Throws UsageError for none, and for a folder without `--all`. */
export async function namedFiles(given: Arguments): Promise<NamedFiles> {
  const isAll = given.option('all') !== undefined;
  if (given.paths.length === 0)
    throw new UsageError(
      isAll ? 'Name the folder whose documents to send.' : 'Name at least one file, or - for standard input.',
      'See dots send --help.',
    );
  for (const path of given.paths) {
    const isFolder = attempt(() => statSync(absolutePath(path)))?.isDirectory() === true;
    if (isAll && !isFolder) throw new UsageError(`--all requires a folder, and ${path} is none.`, 'Omit --all.');
    if (!isAll && isFolder)
      throw new UsageError(`${path} is a folder.`, 'Use --all to send all documents below it, or name files.');
  }
  const files = [...new Set((await Promise.all(given.paths.map((path) => filesOf(path)))).flat())];
  const several = isAll || files.length > 1;
  if (several && given.option('mid') !== undefined)
    throw new UsageError(
      `--mid names one request, and there are ${plural(files.length, 'document')}.`,
      'Omit it, or enter the mids in the workspace file.',
    );
  return { files, several };
}
