import { join } from 'node:path';
import { inRoot, root } from '../lib/paths.mjs';
import { onPath, run } from '../lib/processes.mjs';
import { Problem } from '../lib/problem.mjs';
import { writeSettings } from './settings.mjs';

/** There `code` is a batch file, which only a shell can run. */
const windows = process.platform === 'win32';

/**
 * The command of a desktop VS Code, or undefined. Inside a terminal of a remote VS Code the name leads to a helper that
 * only opens files there and knows nothing of extensions under development.
 */
export const findDesktop = () => (process.env.VSCODE_IPC_HOOK_CLI ? undefined : onPath('code'));

/**
 * Opens `folder` and `file` in the desktop VS Code at `command`, with the extension of this checkout and a user-data
 * folder of its own.
 */
export async function openDesktop(command, { folder, file, settings, data = inRoot('.dots', 'desktop') }) {
  writeSettings(data, settings);
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const args = [
    '--new-window',
    `--extensionDevelopmentPath=${root}`,
    '--user-data-dir',
    data,
    '--extensions-dir',
    join(data, 'extensions'),
    ...asRoot,
    folder,
    file,
  ];
  const { status, output } = windows
    ? await run(
        `"${command}"`,
        args.map((each) => `"${each}"`),
        { shell: true },
      )
    : await run(command, args);
  if (status !== 0)
    throw new Problem(
      `${command} ended with status ${status}: run "npm start -- --browser" to open VS Code in the browser instead.`,
      { details: output },
    );
}
