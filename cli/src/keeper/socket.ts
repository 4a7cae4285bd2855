import { lstatSync, type Stats } from 'node:fs';
import { isOthers } from '#dots/runtime/ownership';

/**
 * Where `dots session` listens for the `dots send` of the same folder: a socket that only its user may open. The
 * launcher uses it too.
 */
export const keeperFolder = '.dots';
export const keeperSocket = `${keeperFolder}/session`;

/** Whether a file is this user's, of the expected type and not a link, and other users cannot replace it. */
function isOwn(path: string, is: (stats: Stats) => boolean): boolean {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats !== undefined && is(stats) && !isOthers(stats);
}

/** Whether only this user can change the folder of the socket. */
export function isOwnFolder(): boolean {
  return isOwn(keeperFolder, (stats) => stats.isDirectory());
}

/** Whether there is a socket that only this user can have made. */
export function isOwnSocket(): boolean {
  return isOwnFolder() && isOwn(keeperSocket, (stats) => stats.isSocket());
}

/** The separator of the words. */
export const wordEnd = '\0';
/** The separator of exit status, results and messages in the reply (ASCII record separator); no text contains it. */
const separator = '\x1e';

/**
 * The keep-alive before the reply, and its interval, milliseconds; after `silentMs` without any the keeper counts as
 * hung.
 */
export const signOfLife = ' '.repeat(16);
export const signOfLifeMs = 1000;
export const silentMs = 10_000;

/** The result of a run of `dots send`. */
export interface Reply {
  status: number;
  out: string;
  said: string;
}

/** A reply as sent over the socket. */
export function replyText({ status, out, said }: Reply): string {
  return [String(status), out, said].map((part) => part.replaceAll(separator, ' ')).join(separator);
}

/** Reads a reply; undefined for anything else. */
export function replyOf(text: string): Reply | undefined {
  const [status = '', out, said, ...more] = text.split(separator);
  return /^ *[0-3]$/.test(status) && out !== undefined && said !== undefined && more.length === 0
    ? { status: Number(status), out, said }
    : undefined;
}
