import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DotsError } from '#dots/model/errors';
import { fileReason } from '#dots/runtime/fileReason';
import type { JsonValue } from '#dots/model/json';

/** Where the orchestrator keeps what must outlive it. */
export interface Store {
  /** The value kept under this name, or undefined. */
  read(name: string): Promise<JsonValue | undefined>;
  /** Keeps a value; resolves when it is safe. */
  write(name: string, value: unknown): Promise<void>;
}

/** Keeps nothing: for an orchestrator that forgets when it ends. */
export const memoryStore: Store = {
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
};

/** Keeps each value in a JSON file of a folder, which is made when it is missing. Throws a DotsError of kind `usage` where that cannot be. */
export async function folderStore(folder: string): Promise<Store> {
  await makeStateFolder(folder);
  return {
    read: (name) => readState(join(folder, `${name}.json`)),
    write: (name, value) => writeState(join(folder, `${name}.json`), JSON.stringify(value)),
  };
}

/** Makes a folder for state, of its owner only, with those above it that are missing. Throws a DotsError of kind `usage` where that cannot be. */
export async function makeStateFolder(folder: string): Promise<void> {
  await makeFolder(resolve(folder)).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    const why =
      code === 'EEXIST'
        ? `${folder} is a file, not a folder: no state can be kept in it.`
        : `The state folder ${folder} cannot be made: ${code === 'ENOENT' ? 'its parent takes no folder' : fileReason(cause)}.`;
    throw new DotsError('usage', 'orchestrator/state-folder', why, 'Choose a folder you may write to.', { cause });
  });
}

/** Step by step, for where a folder that is there takes none, as /proc does, Node's own recursive way never ends. */
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

/** Throws when a kept value is not what this version writes. */
export function unreadableState(path: string, cause?: unknown): DotsError {
  return new DotsError(
    'usage',
    'orchestrator/state-unreadable',
    `The kept state "${path}" cannot be read${cause instanceof Error && 'code' in cause ? `: ${fileReason(cause)}` : ''}.`,
    'Move it away to start with none, or choose another folder.',
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

/** The new file takes the place of the old one in one step, so that a crash leaves either of them whole. */
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
