import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { DotsError } from '#dots/model/errors';
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
  await mkdir(folder, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    const code = String((cause as NodeJS.ErrnoException).code);
    const why = code === 'EEXIST' ? `${folder} is a file, not a folder: no state can be kept in it.` : `The state folder ${folder} cannot be made (${code}).`;
    throw new DotsError('usage', 'orchestrator/state-folder', why, 'Choose a folder you may write to.', { cause });
  });
  return {
    read: (name) => readState(join(folder, `${name}.json`)),
    write: (name, value) => writeState(join(folder, `${name}.json`), JSON.stringify(value)),
  };
}

/** Throws when a kept value is not what this version writes. */
export function unreadableState(path: string, cause?: unknown): DotsError {
  return new DotsError('usage', 'orchestrator/state-unreadable', `The kept state "${path}" cannot be read.`, 'Move it away to start with none, or choose another folder.', { cause });
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
