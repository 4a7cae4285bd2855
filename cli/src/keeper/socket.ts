import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { isOthers } from '#dots/runtime/ownership';
import { runtimeFolder } from '#dots/runtime/stateFolder';
import { caller } from '../caller';

/**
 * Where `dots session` listens: a socket that only its user may open. The launcher (cli/dots) looks for it there too.
 * On Windows it is a file with the name of a pipe, which other users can neither read nor guess.
 */
export const socketName = 'session';

/** The longest path of a socket, octets: `sun_path` without its last octet. */
export const longestPath = process.platform === 'darwin' ? 103 : 107;

/** The commands that a keeper runs for other processes. The launcher has the same list. */
export const keptCommands: ReadonlySet<string> = new Set([
  'send',
  'status',
  'withdraw',
  'refresh',
  'efficacy',
  'config',
  'telemetry',
]);

/** Words of commands that print something from time to time: a reply comes at the end. The launcher has them too. */
const lasting: ReadonlySet<string> = new Set(['--keep', 'watch']);

/** Whether a keeper is asked to run a command. */
export const isKept = (words: readonly string[]): boolean =>
  keptCommands.has(words[0] ?? '') && !words.some((word) => lasting.has(word));

/** What `dots session` of this user listens on; undefined where there is nothing that only this user can have made. */
export function keeperSocket(): string | undefined {
  const folder = runtimeFolder(caller());
  const path = join(folder, socketName);
  if (process.platform === 'win32') return pipeOf(path);
  const isReady = isOwn(folder, (stats) => stats.isDirectory()) && isOwn(path, (stats) => stats.isSocket());
  return isReady && Buffer.byteLength(path) <= longestPath ? path : undefined;
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
