import type { Stats } from 'node:fs';

/** The rights of a group and of all other users to write. */
const othersWrite = 0o022;

/** Whether another user owns a file or folder, or may write to it; never on Windows, which has no such rights. */
export function isOthers({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): boolean {
  const own = process.geteuid?.();
  return own !== undefined && (uid !== own || (mode & othersWrite) !== 0);
}
