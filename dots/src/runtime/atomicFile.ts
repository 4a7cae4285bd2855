import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * A draft is a new file: never an existing one, nor the target of a symbolic link. On Windows, which has no O_NOFOLLOW,
 * the flag is 0.
 */
const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Writes a file as a whole: readers see the old content or the new one, also after a crash. Only its user can read the
 * file, from its creation on. A symbolic link at `path` is replaced; its target is unchanged. Rejects with an error of
 * the file system.
 */
export async function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  const draft = `${path}.${randomBytes(8).toString('hex')}`;
  const file = await open(draft, newFile, 0o600);
  try {
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * The new name of a file is durable only once its folder is synchronised; some systems cannot do that for folders, and
 * need not.
 */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r');
    await folder.sync().finally(() => folder.close());
  } catch {
    // The file itself is safe.
  }
}
