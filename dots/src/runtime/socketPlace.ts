import { open } from 'node:fs/promises';
import { join, relative } from 'node:path';

/** The longest path of a socket that every system accepts, bytes. */
const longestSocket = 100;

/** A path that reaches a socket of a folder, until it is closed. */
export interface SocketPlace {
  path: string;
  close: () => Promise<void>;
}

/**
 * A path of a socket that the system accepts, although that of its folder may be too long. Rejects with an error of the
 * file system. Not for Windows, where a pipe is in no folder.
 */
export async function socketPlace(folder: string, name: string): Promise<SocketPlace> {
  const path = join(folder, name);
  const shortest = [path, relative('', path)].find((each) => Buffer.byteLength(each) <= longestSocket);
  if (shortest !== undefined) return { path: shortest, close: () => Promise.resolve() };
  const handle = await open(folder, 'r');
  return { path: `/proc/self/fd/${handle.fd}/${name}`, close: () => handle.close() };
}
