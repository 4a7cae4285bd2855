import { cpSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt } from '../build.mjs';
import { ensureDependencies } from '../lib/dependencies.mjs';
import { firstExample, inRoot, root } from '../lib/paths.mjs';
import { untilSignal } from '../lib/processes.mjs';
import { Problem, readArguments } from '../lib/problem.mjs';
import { say, step } from '../lib/progress.mjs';
import { findDesktop, openDesktop } from './desktop.mjs';
import { remotePath, startHost } from './server.mjs';

const original = inRoot('examples');
/** The copy that is opened: editors save by themselves, and the checkout stays as it is. */
const folder = inRoot('.dots', 'examples');
const file = join(folder, firstExample);
const settings = { 'dots.orchestrator.autoStart': true };

/**
 * Installs, builds and opens the extension on a copy of examples/: in the desktop VS Code where there is one, otherwise
 * in the browser.
 */
export async function start() {
  const { values } = readArguments({ options: { browser: { type: 'boolean' } } }, 'npm start -- [--browser]');
  if (!existsSync(join(original, firstExample)))
    throw new Problem(`examples/${firstExample} is not here: restore it (git checkout examples) and try again.`);
  if (!existsSync(inRoot('node_modules')))
    say(
      'A first start takes about four minutes, most of them downloads and builds, and 1.1 GB on disk. Later ones take seconds.',
    );
  await ensureDependencies();
  await ensureBuilt();
  copyExamples();
  const desktop = values.browser ? undefined : findDesktop();
  return desktop ? startDesktop(desktop) : startBrowserHost();
}

/** Copies the examples that are not in the copy yet: what was edited there stays. */
function copyExamples() {
  cpSync(original, folder, { recursive: true, force: false });
}

const hasDisplay = () => process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);

/** Without trust documents are checked and completed, and nothing is sent. */
const trustHint =
  'VS Code asks whether you trust the authors of the files in .dots/examples/, a copy of examples/: with "Yes" the mock orchestrator starts.';

async function startDesktop(command) {
  await step(`Opening .dots/examples/ in the desktop VS Code (${command})`, () =>
    openDesktop(command, { folder, file, settings }),
  );
  say(
    hasDisplay()
      ? 'VS Code is open; it goes on by itself. "npm start -- --browser" opens it in the browser instead.'
      : 'There seems to be no display here (DISPLAY is not set): where no window opens, run "npm start -- --browser".',
  );
  say(trustHint);
}

async function startBrowserHost() {
  const host = await startHost({ data: inRoot('.dots', 'browser'), settings, extension: root });
  const signal = untilSignal();
  say('VS Code runs. Open this address in a browser on this machine; ^C ends it.');
  say(trustHint);
  process.stdout.write(`${host.url({ folder, payload: [['openFile', remotePath(host.authority, file)]] })}\n`);
  const failure = await Promise.race([signal.then(() => undefined), host.exited.then((status) => `status ${status}`)]);
  await host.stop();
  if (failure) throw new Problem(`VS Code's server ended by itself (${failure}): run npm start again.`);
}
