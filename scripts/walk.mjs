import './lib/require-node.mjs';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const { startBrowser } = await import('./host/browser.mjs');
const { remotePath, startHost, temporaryFolder } = await import('./host/server.mjs');
const { ensureBuilt } = await import('./build.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { firstExample, inRoot, root } = await import('./lib/paths.mjs');
const { readArguments, runMain } = await import('./lib/problem.mjs');
const { copyInto } = await import('./test/editor-host.mjs');
const { EditorPage } = await import('./test/page.mjs');
const { leaveResult } = await import('./test/results.mjs');
const { Tally, print, printFailure } = await import('./test/tally.mjs');
const { walk } = await import('./test/walk.mjs');

const viewport = { width: 1600, height: 1000 };

/** Does the steps of the walk one after the other; the first that fails ends it. */
async function take(editor, steps) {
  const tally = new Tally();
  rmSync(inRoot('out/shots', 'walk-failed.png'), { force: true });
  for (const [title, act] of steps) {
    try {
      await act();
      print(`✔ ${title}`);
      tally.passed += 1;
    } catch (error) {
      const picture = await editor.shot('walk-failed').catch(() => 'none, the page is gone');
      printFailure(title, `${error.message}\npicture: ${picture}`);
      tally.failed += 1;
      break;
    }
  }
  return tally;
}

/** Walks through the user interface as `npm start` shows it, on a copy of examples/. */
async function walkThrough() {
  const data = temporaryFolder('dots-walk-');
  const folder = copyInto(data.path, inRoot('examples'));
  let host;
  let browser;
  try {
    host = await startHost({
      data: join(data.path, 'vscode'),
      settings: { 'dots.orchestrator.autoStart': true, 'editor.minimap.enabled': false },
      extension: root,
      // What other runs asked of servers would show in the pictures.
      env: { XDG_STATE_HOME: join(data.path, 'state') },
    });
    browser = await startBrowser();
    const payload = [['openFile', remotePath(host.authority, join(folder, firstExample))]];
    const editor = await EditorPage.open(browser, host.url({ folder, payload }), viewport);
    return await take(editor, walk(editor, host));
  } finally {
    await browser?.close();
    await host?.stop();
    data.remove();
  }
}

await runMain(async () => {
  const { values } = readArguments({ options: { assets: { type: 'boolean' } } }, 'node scripts/walk.mjs [--assets]');
  await ensureDependencies();
  await ensureBuilt();
  const tally = await walkThrough();
  leaveResult('walk', tally);
  if (tally.failed > 0) return 1;
  if (values.assets) {
    for (const theme of ['dark', 'light'])
      for (const [shot, asset] of [
        ['overview', 'screenshot'],
        ['live', 'live'],
        ['orchestrator', 'orchestrator'],
      ])
        copyFileSync(inRoot('out/shots', `${shot}-${theme}.png`), inRoot('assets', `${asset}-${theme}.png`));
    print('The pictures of the README are in assets/: screenshot-dark.png, live-dark.png, and the same in light.');
  }
  return 0;
});
