import { statSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { syncFolder, writeFileAtomically } from './atomicFile';

/**
 * Makes a folder that only its user may read, with missing parent folders. The folder itself, and one called `.dots`
 * above it, get a
 * `.gitignore` when they are made, so that no key in them is committed by accident. Rejects with an error of the file
 * system.
 */
export async function makeFolder(path: string): Promise<void> {
  const whole = resolve(path);
  for (const folder of missingFolders(whole)) {
    if ((await isMade(folder)) && (folder === whole || basename(folder) === '.dots'))
      await writeFileAtomically(join(folder, '.gitignore'), '*\n');
  }
}

/**
 * The missing folders of a path, the topmost first. Step by step, because Node's recursive mkdir never ends in a folder
 * such as /proc, where none can be made.
 */
function missingFolders(path: string): string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return [];
  const parent = dirname(path);
  return found !== undefined || parent === path ? [path] : [...missingFolders(parent), path];
}

/** Makes one folder; false where another process has made it meanwhile. */
async function isMade(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { mode: 0o700 });
    await syncFolder(dirname(folder)).catch(() => undefined);
    return true;
  } catch (error) {
    if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) return false;
    throw error;
  }
}
