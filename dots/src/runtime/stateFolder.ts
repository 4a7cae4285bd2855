import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** What of the process decides where its user's state is; a test passes its own. */
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

const surroundings = (): Surroundings => ({ env: process.env, platform: process.platform, home: homedir() });
