import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { isOthers } from '#dots/runtime/ownership';
import { runtimeFolder, surroundings, type Surroundings } from '#dots/runtime/stateFolder';

/**
 * Where `dots session` listens: a socket that only its user may open. The launcher (cli/dots) looks for it there too.
 * On Windows it is a file with the name of a pipe, which other users can neither read nor guess.
 */
export const socketName = 'session';

/** The longest path of a socket, octets: `sun_path` without its last octet. */
export const longestPath = process.platform === 'darwin' ? 103 : 107;

/**
 * What `dots session` of a user listens on; undefined where there is nothing that only this user can have made.
 * @param around the process that asks; absent: this one
 */
export function keeperSocket(around: Surroundings = surroundings()): string | undefined {
  const path = ownSocket(runtimeFolder(around), socketName, around.platform);
  return path !== undefined && Buffer.byteLength(path) <= longestPath ? path : undefined;
}

/** A socket in a folder, or the pipe that it names; undefined where there is none that only this user can have made. */
export function ownSocket(folder: string, name: string, platform = process.platform): string | undefined {
  const path = join(folder, name);
  if (platform === 'win32') return pipeOf(path);
  const isReady = isOwn(folder, (stats) => stats.isDirectory()) && isOwn(path, (stats) => stats.isSocket());
  return isReady ? path : undefined;
}

/** Whether a file is this user's, of the expected type and not a link, and other users cannot replace it. */
function isOwn(path: string, is: (stats: Stats) => boolean): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && is(stats) && !isOthers(stats);
}

function pipeOf(path: string): string | undefined {
  try {
    return /^\\\\\.\\pipe\\dots-[0-9a-f]{32}$/.exec(readFileSync(path, 'utf8'))?.[0];
  } catch {
    return undefined;
  }
}
