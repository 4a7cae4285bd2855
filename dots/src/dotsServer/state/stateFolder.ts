import type { Clock } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { fileReason } from '#dots/runtime/fileReason';
import { FolderInUse, FolderLock, lockNames } from '#dots/runtime/folderLock';
import { PrivateFolder, type Notify } from '#dots/runtime/privateFolder';
import { earlierNames, readEarlierState, setAside } from './earlierState';
import { FileJournal, journalName, readStoredState } from './fileJournal';
import { emptyState, memoryJournal, type Journal, type StoredState } from './journal';

/** The socket on which the running server is asked what it does. */
export const controlName = 'control';

/** What a state folder contains, with what a crash has left and what was set aside. */
const stateNames = new RegExp(
  `^(\\.gitignore|lab|dms|ledger|${controlName}(\\.\\w+)?|${journalName}(\\..*)?|\\w+\\.json(\\..*)?)$|${lockNames.source}`,
);

/**
 * How long a server waits for one that is ending, milliseconds: with the time that it takes to start it refuses within
 * a second.
 */
const patienceMs = 600;

export interface StateFolderOptions {
  /** Sets aside what is stored, under names with the date, and begins with none. */
  discardState: boolean;
  clock: Clock;
  /** Receives a sentence for each right that is taken from others, and for each part of the state that is not used. */
  notify: Notify;
}

/** The state of a server, and where its changes go. */
export interface OpenedState {
  journal: Journal;
  stored: StoredState;
}

/** For a server whose state ends with it. */
export const withoutFolder: OpenedState = { journal: memoryJournal, stored: emptyState };

/**
 * Opens the folder in which one server stores its state, and makes it if it is missing. It belongs to its user alone.
 * Throws a DotsError of kind `usage`: `orchestrator/state-folder`, `orchestrator/state-in-use`,
 * `orchestrator/state-unreadable`, `runtime/not-private`.
 */
export async function openStateFolder(path: string, options: StateFolderOptions): Promise<OpenedState> {
  const folder = await PrivateFolder.make(path, { names: stateNames, notify: options.notify }).catch((cause: unknown) =>
    refuseFolder(path, cause),
  );
  const lock = await FolderLock.take(folder, patienceMs).catch((cause: unknown) => refuseLock(path, cause));
  try {
    const { journal, stored } = await openJournal(folder, options);
    return { journal: closedBefore(journal, () => lock.release()), stored };
  } catch (error) {
    await lock.release();
    throw error instanceof DotsError ? error : refuseFolder(path, error);
  }
}

/**
 * The state in an existing folder, of a server that may run now: nothing in the folder is changed. Throws as
 * `openStateFolder` does.
 */
export async function readStateFolder(path: string): Promise<StoredState> {
  const folder = await PrivateFolder.open(path).catch((cause: unknown) => refuseFolder(path, cause));
  return (await readStoredState(folder)) ?? (await readEarlierState(folder)) ?? emptyState;
}

async function openJournal(
  folder: PrivateFolder,
  { discardState, clock, notify }: StateFolderOptions,
): Promise<OpenedState> {
  if (discardState) await setAside(folder, [journalName, ...earlierNames], { clock, notify });
  let imported = false;
  const opened = await FileJournal.open(
    folder,
    async () => {
      const earlier = await readEarlierState(folder);
      imported = earlier !== undefined;
      return (earlier?.entries ?? []).map(({ table, key, value }) => [table, key, value]);
    },
    notify,
  );
  await leaveEarlier(folder, imported, notify);
  return opened;
}

/** Says what became of the files of an earlier version. */
async function leaveEarlier(folder: PrivateFolder, imported: boolean, notify: Notify): Promise<void> {
  const names = await folder.names();
  for (const name of earlierNames.filter((earlier) => names.includes(earlier))) {
    if (imported) await folder.rename(name, `${name}.imported`);
    notify(
      imported
        ? `${folder.pathOf(name)}, of an earlier version, was read into the journal and renamed to ${name}.imported.`
        : `${folder.pathOf(name)}, of an earlier version, is not used: the journal beside it is newer.`,
    );
  }
}

function closedBefore(journal: Journal, then: () => Promise<void>): Journal {
  return {
    append: (requests) => journal.append(requests),
    close: async () => {
      await journal.close();
      await then();
    },
  };
}

function refuseLock(path: string, cause: unknown): never {
  if (!(cause instanceof FolderInUse)) refuseFolder(path, cause);
  throw new DotsError(
    'usage',
    'orchestrator/state-in-use',
    `The state folder ${path} is in use by process ${cause.pid}.`,
    'Stop that process, or choose another folder.',
    { cause },
  );
}

function refuseFolder(path: string, cause: unknown): never {
  if (cause instanceof DotsError) throw cause;
  const { code } = cause as NodeJS.ErrnoException;
  const why =
    code === 'EEXIST'
      ? `${path} is a file, not a folder: no state can be stored in it.`
      : `The state folder ${path} cannot be ${code === 'ENOENT' ? 'created: no folder can be created in its parent' : `used: ${fileReason(cause)}`}.`;
  throw new DotsError('usage', 'orchestrator/state-folder', why, 'Choose a folder that you may write to.', { cause });
}
