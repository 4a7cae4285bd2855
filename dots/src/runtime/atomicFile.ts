import { closeSync, constants, fsync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';

/** The only step that waits for a disk: through the threads of Node.js, the others take several times as long. */
const synced = promisify(fsync);

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
  return withDraft(path, content, (draft) => renameSync(draft, path));
}

/**
 * The same for what can be found out again, which its readers check: it waits for no disk, so that after a crash of the
 * machine the file may be empty.
 */
export function replaceFile(path: string, content: string): Promise<void> {
  return withDraft(path, content, (draft) => renameSync(draft, path), false);
}

/**
 * Makes a new file as a whole, as `writeFileAtomically` does; of several processes that make the same one, exactly one
 * succeeds.
 * @returns false where the file exists already, or the folder lost the draft meanwhile
 */
export async function createFileAtomically(path: string, content: string | Uint8Array): Promise<boolean> {
  try {
    await withDraft(path, content, (draft) => {
      linkSync(draft, path);
      rmSync(draft, { force: true });
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
  put: (draft: string) => void,
  isLasting = true,
): Promise<void> {
  // The global crypto would load all of Web Cryptography.
  const { randomUUID } = await import('node:crypto');
  const draft = `${path}.${randomUUID().replaceAll('-', '')}`;
  const file = openSync(draft, newFile, 0o600);
  try {
    try {
      writeFileSync(file, content);
      if (isLasting) await synced(file);
    } finally {
      closeSync(file);
    }
    put(draft);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  // The file itself is safe, and so is the old one until the new name is.
  if (isLasting) await syncFolder(dirname(path)).catch(() => undefined);
}

/**
 * Resolves when the names in a folder are on the disk: a new name is safe only then. Windows, which cannot do that,
 * needs not. Rejects with an error of the file system.
 */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    await synced(folder);
  } catch (error) {
    if (!isUnsupported(error)) throw error;
  } finally {
    closeSync(folder);
  }
}

/** Some file systems, such as those of networks, synchronise no folders. */
const isUnsupported = (error: unknown): boolean =>
  ['EINVAL', 'ENOTSUP', 'ENOSYS'].includes((error as NodeJS.ErrnoException).code ?? '');
