import { DotsError } from '#dots/model/errors';
import { fileReason } from '#dots/runtime/fileReason';
import { FolderLock } from '#dots/runtime/folderLock';
import { PrivateFolder } from '#dots/runtime/privateFolder';
import { runtimeFolder, runtimeNames } from '#dots/runtime/stateFolder';
import { longestPath, socketName } from '#dots/sessionSocket/socketPath';
import { caller } from '../caller';
import { UsageError } from '../command';
import type { Io } from '../io';
import { freshSocket } from './freshSocket';

/** The right of one process of this user to be its keeper. */
export interface KeeperLock {
  /** What to listen on. */
  socket: string;
  release(): Promise<void>;
}

/**
 * Takes the lock of the user's keeper, and removes the socket that a killed one has left. Throws FolderInUse where
 * another process has it, and UsageError where there can be no socket.
 */
export async function lockKeeper(io: Io): Promise<KeeperLock> {
  const path = runtimeFolder(caller());
  try {
    const folder = await PrivateFolder.make(path, { names: runtimeNames, notify: (line) => io.say(`dots: ${line}`) });
    requireShort(folder);
    const lock = await FolderLock.take(folder);
    const release = async (): Promise<void> => {
      await folder.remove(socketName);
      await lock.release();
    };
    return { socket: await freshSocket(folder, socketName), release };
  } catch (error) {
    if (error instanceof DotsError || (error as NodeJS.ErrnoException).syscall === undefined) throw error;
    throw new UsageError(
      `The folder of the socket, ${path}, cannot be used: ${fileReason(error)}.`,
      'Set XDG_RUNTIME_DIR to a folder that you may write to.',
    );
  }
}

function requireShort(folder: PrivateFolder): void {
  const path = folder.pathOf(socketName);
  if (process.platform === 'win32' || Buffer.byteLength(path) <= longestPath) return;
  throw new UsageError(
    `The path of the socket has ${Buffer.byteLength(path)} octets, and the system accepts ${longestPath} at most: ${path}.`,
    'Set XDG_RUNTIME_DIR to a folder with a shorter path.',
  );
}
