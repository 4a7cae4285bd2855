import { DotsError } from '#dots/model/errors';
import { fileReason } from '#dots/runtime/fileReason';
import { PrivateFolder, type Tell } from '#dots/runtime/privateFolder';
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

/** What a state folder contains, with drafts that a crash has left. */
const stateNames = /^(\.gitignore|lab|\w+\.json(\.\w+)?)$/;

/**
 * Stores each value in a JSON file of a folder that belongs to its user alone, and is created if missing; `tell` receives a sentence for each
 * right that is taken from others. Throws a DotsError of kind `usage`: `orchestrator/state-folder`, `runtime/not-private`.
 */
export async function folderStore(path: string, tell: Tell = () => undefined): Promise<Store> {
  const folder = PrivateFolder.make(path, { names: stateNames, tell });
  return storeIn(await folder.catch((cause: unknown) => refuseFolder(path, cause)));
}

/** The store of an existing folder, for reading: nothing in it is changed. Throws as `folderStore` does. */
export async function existingStore(path: string): Promise<Store> {
  return storeIn(await PrivateFolder.open(path).catch((cause: unknown) => refuseFolder(path, cause)));
}

function storeIn(folder: PrivateFolder): Store {
  return {
    read: (name) => readState(folder, `${name}.json`),
    write: (name, value) => folder.write(`${name}.json`, JSON.stringify(value)),
  };
}

function refuseFolder(path: string, cause: unknown): never {
  if (cause instanceof DotsError) throw cause;
  const { code } = cause as NodeJS.ErrnoException;
  const why =
    code === 'EEXIST'
      ? `${path} is a file, not a folder: no state can be stored in it.`
      : `The state folder ${path} cannot be created: ${code === 'ENOENT' ? 'no folder can be created in its parent' : fileReason(cause)}.`;
  throw new DotsError('usage', 'orchestrator/state-folder', why, 'Choose a folder that you may write to.', { cause });
}

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

async function readState(folder: PrivateFolder, name: string): Promise<JsonValue | undefined> {
  try {
    const text = await folder.read(name);
    return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
  } catch (cause) {
    throw cause instanceof DotsError ? cause : unreadableState(folder.pathOf(name), cause);
  }
}
