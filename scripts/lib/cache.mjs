import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';
import { atExit } from './processes.mjs';

/** This user's folder for what costs time to make and can be made again; it may not exist yet. */
export function cacheFolder({ platform = process.platform, env = process.env, home = homedir() } = {}) {
  const name = 'dots-workbench';
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), name);
  if (platform === 'darwin') return join(home, 'Library', 'Caches', name);
  // The XDG base directory specification: a relative path there counts as none.
  return join(isAbsolute(env.XDG_CACHE_HOME ?? '') ? env.XDG_CACHE_HOME : join(home, '.cache'), name);
}

/**
 * Writes a file so that no reader ever sees a part of it, also if others write it at the same time; no link of others
 * is followed.
 */
export function writeWhole(path, bytes, mode = 0o666) {
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(draft, bytes, { mode, flag: 'wx' });
    renameSync(draft, path);
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Calls `work` with a new private folder, which is gone afterwards, however it ends. */
export async function withScratchFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'dots-'));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  const forget = atExit(remove);
  try {
    return await work(folder);
  } finally {
    forget();
    remove();
  }
}
