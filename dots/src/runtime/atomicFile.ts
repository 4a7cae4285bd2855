import { constants } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * A draft is a new file: never an existing one, nor the target of a symbolic link. On Windows, which has no O_NOFOLLOW,
 * the flag is 0.
 */
export const newFile = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;

/**
 * Writes a file as a whole: readers see the old content or the new one, also after a crash. Only its user can read the
 * file, from its creation on. A symbolic link at `path` is replaced; its target is unchanged. Rejects with an error of
 * the file system.
 */
export function writeFileAtomically(path: string, content: string | Uint8Array): Promise<void> {
  return withDraft(path, content, (draft) => rename(draft, path));
}

/**
 * Makes a new file as a whole, as `writeFileAtomically` does; of several processes that make the same one, exactly one
 * succeeds.
 * @returns false where the file exists already, or the folder lost the draft meanwhile
 */
export async function createFileAtomically(path: string, content: string | Uint8Array): Promise<boolean> {
  try {
    await withDraft(path, content, async (draft) => {
      await link(draft, path);
      await rm(draft, { force: true });
    });
    return true;
  } catch (error) {
    if (['EEXIST', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Writes a draft beside a file, and has it put at its place; nothing of it is left where that fails. */
async function withDraft(
  path: string,
  content: string | Uint8Array,
  put: (draft: string) => Promise<void>,
): Promise<void> {
  // The global crypto would load all of Web Cryptography.
  const { randomUUID } = await import('node:crypto');
  const draft = `${path}.${randomUUID().replaceAll('-', '')}`;
  const file = await open(draft, newFile, 0o600);
  try {
    try {
      await file.writeFile(content);
      await file.sync();
    } finally {
      await file.close();
    }
    await put(draft);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  // The file itself is safe, and so is the old one until the new name is.
  await syncFolder(dirname(path)).catch(() => undefined);
}

/**
 * Resolves when the names in a folder are on the disk: a new name is safe only then. Windows, which cannot do that,
 * needs not. Rejects with an error of the file system.
 */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  } finally {
    await folder.close();
  }
}

/** Some file systems, such as those of networks, synchronise no folders. */
const isUnsupported = (error: unknown): boolean =>
  ['EINVAL', 'ENOTSUP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '');
