import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** What of a process decides where its user's files are. */
export interface Surroundings {
  env: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  home: string;
}

/**
 * The folder for what the programs of this product remember of one run for the next: `dots` in $XDG_STATE_HOME, which
 * is ~/.local/state unless it is set (XDG Base Directory Specification), and in %LOCALAPPDATA% on Windows. It need not
 * exist.
 */
export function stateFolder({ env, platform, home }: Surroundings = surroundings()): string {
  const { XDG_STATE_HOME: set = '', LOCALAPPDATA: local = '' } = env;
  const usual = platform === 'win32' && local !== '' ? local : join(home, '.local', 'state');
  // A relative path is ignored, as the specification requires.
  return join(isAbsolute(set) ? set : usual, 'dots');
}

/**
 * The folder for what ends with the user's session: `dots` in $XDG_RUNTIME_DIR, or `run` in the state folder. It need
 * not exist.
 */
export function runtimeFolder(around: Surroundings = surroundings()): string {
  const { XDG_RUNTIME_DIR: runtime = '' } = around.env;
  return isAbsolute(runtime) ? join(runtime, 'dots') : join(stateFolder(around), 'run');
}

/**
 * The folder for what costs time to make and can be made again: `dots` in $XDG_CACHE_HOME, which is ~/.cache unless it
 * is set, and the equivalents of macOS and Windows. It need not exist.
 */
export function cacheFolder({ env, platform, home }: Surroundings = surroundings()): string {
  const { XDG_CACHE_HOME: set = '', LOCALAPPDATA: local = '' } = env;
  if (platform === 'win32' && local !== '') return join(local, 'dots', 'cache');
  const usual = platform === 'darwin' ? join(home, 'Library', 'Caches') : join(home, '.cache');
  return join(isAbsolute(set) ? set : usual, 'dots');
}

/** What the programs of this product put into the folder of the user's session, with drafts that a crash has left. */
export const runtimeNames = /^(\.gitignore|mock-\d+\.json(\.\w+)?|session(\.\w+)?|lock(\.\d+|-[0-9a-f]{16}(\.new)?))$/;

export const surroundings = (): Surroundings => ({ env: process.env, platform: process.platform, home: homedir() });
