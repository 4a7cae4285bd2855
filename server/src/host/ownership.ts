import { lstatSync, statSync } from 'node:fs';
import { attempt } from './files';

/** The owners of files, by POSIX user ids. */
export interface Owners {
  /** The user; undefined if the system has no user ids: then every file counts as the user's own. */
  user: number | undefined;
  /** The owners of the file at a path, and of the link if it is one; empty if unknown. */
  of(path: string): readonly number[];
}

/** The owners of this machine. */
export const systemOwners: Owners = {
  user: process.getuid?.(),
  of: (path) => attempt(() => [statSync(path).uid, lstatSync(path).uid]) ?? [],
};

/**
 * Whether a file may decide about the documents of a folder: it belongs to the user, or to the owner of that folder.
 * A file of another user may have been put there to affect the documents of others (the class of CVE-2022-24765).
 */
export function mayGovern(file: string, folder: string, { user, of }: Owners): boolean {
  if (user === undefined) return true;
  const owners = of(file);
  const allowed = [user, ...of(folder)];
  return owners.length > 0 && owners.every((owner) => allowed.includes(owner));
}
