import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DotsError } from '#dots/model/errors';
import { fileReason } from '#dots/runtime/fileReason';
import type { JsonValue } from '#dots/model/json';

/** Where the server stores what it must not lose when it stops. */
export interface Store {
  /** The value stored under this name, or undefined. */
  read(name: string): Promise<JsonValue | undefined>;
  /** Stores a value; resolves when it is safe. */
  write(name: string, value: unknown): Promise<void>;
}

/** Stores nothing: for a server whose state ends with it. */
export const memoryStore: Store = {
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
};

/** Stores each value in a JSON file of a folder, which is created if missing. Throws a DotsError of kind `usage`: `orchestrator/state-folder`. */
export async function folderStore(folder: string): Promise<Store> {
  await makeStateFolder(folder);
  return {
    read: (name) => readState(join(folder, `${name}.json`)),
    write: (name, value) => writeState(join(folder, `${name}.json`), JSON.stringify(value)),
  };
}

/**
 * Creates a folder for state, accessible to its owner only, and its missing parents.
 * Throws a DotsError of kind `usage`: `orchestrator/state-folder`.
 */
export async function makeStateFolder(folder: string): Promise<void> {
  await makeFolder(resolve(folder)).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'EEXIST'
        ? `${folder} is a file, not a folder: no state can be stored in it.`
        : `The state folder ${folder} cannot be created: ${code === 'ENOENT' ? 'no folder can be created in its parent' : fileReason(cause)}.`;
    throw new DotsError('usage', 'orchestrator/state-folder', why, 'Choose a folder you may write to.', { cause });
  });
}

/** Step by step, because Node's own recursive way never ends where an existing folder accepts no new one, as in /proc. */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((await stat(folder).catch(() => undefined))?.isDirectory() === true) return;
    const parent = dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || parent === folder || (await exists(parent))) throw error;
    await makeFolder(parent);
    await mkdir(folder, { mode: 0o700 });
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );

/** The error for a stored value that cannot be read, or that this version did not write. */
export function unreadableState(path: string, cause?: unknown): DotsError {
  return new DotsError(
    'usage',
    'orchestrator/state-unreadable',
    `The stored state "${path}" cannot be read${cause instanceof Error && 'code' in cause ? `: ${fileReason(cause)}` : ''}.`,
    'Move it away to start without it, or choose another folder.',
    { cause },
  );
}

async function readState(path: string): Promise<JsonValue | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as JsonValue;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadableState(path, cause);
  }
}

/** The new file replaces the old one in one step, so that a crash leaves one of them complete. */
async function writeState(path: string, text: string): Promise<void> {
  const fresh = `${path}.new`;
  const file = await open(fresh, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(fresh, path);
}
