import { cpSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startBrowser } from '../host/browser.mjs';
import { remotePath, startHost, temporaryFolder } from '../host/server.mjs';
import { inRoot } from '../lib/paths.mjs';
import { judgeEditorRun } from './editor-result.mjs';

const keptLines = 40;

/**
 * Errors of VS Code's server that are there in every run: modules of its own that are not built here, and services it
 * is kept from.
 */
const harmless =
  /bindings file|native-watchdog|Release\/watchdog|Service Worker|DefaultAccount|authentication provider/;

/** Copies a folder, so that what opens it may write in it. */
export function copyInto(parent, folder) {
  const copy = join(parent, basename(folder));
  cpSync(folder, copy, { recursive: true });
  return copy;
}

/**
 * Runs a mocha suite in the extension host of VS Code's server, shown by headless Chromium, and returns its Tally.
 * `extension`: the folder of the extension under development; `vsix`: a package to install besides; `tests`: the script
 * whose run() the host calls, and `suite`: which of the suites beside it; `trust`: how the folder comes to be trusted;
 * `workspace`: the folder to open, of which a copy is opened; `deadlineMs`: when to give up; `only`: how the names of
 * the files begin that are run, all without it.
 */
export async function runEditorSuite({
  extension,
  vsix,
  tests,
  suite = 'editor',
  trust = 'everything',
  workspace,
  deadlineMs,
  only,
}) {
  const data = temporaryFolder('dots-editor-');
  const resultFile = join(data.path, 'result.json');
  const folder = copyInto(data.path, workspace);
  let host;
  let browser;
  try {
    host = await startHost({
      data: join(data.path, 'vscode'),
      vsix,
      trust,
      tests: true,
      env: {
        DOTS_EDITOR_RESULT: resultFile,
        DOTS_EDITOR_SUITE: suite,
        ...(only && { DOTS_EDITOR_ONLY: only }),
        XDG_CONFIG_HOME: join(data.path, 'config'),
        XDG_STATE_HOME: join(data.path, 'state'),
      },
    });
    browser = await startBrowser();
    const end = await openTestPage({ host, browser, extension, tests, folder, deadlineMs });
    return judgeEditorRun({ ...end, resultFile });
  } finally {
    // A browser that no longer answers must not delay the end; it ends with this process.
    await Promise.race([browser?.close(), sleep(5000, undefined, { ref: false })]);
    await host?.stop();
    data.remove();
  }
}

/**
 * Opens the page that starts the test run; resolves with the exit code (undefined where none came) and the last lines
 * of the console.
 */
async function openTestPage({ host, browser, extension, tests, folder, deadlineMs }) {
  const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
  const log = [];
  const keep = (line) => {
    log.push(line.slice(0, 500));
    log.splice(0, log.length - keptLines);
  };
  const exit = new Promise((resolve) => {
    void page.exposeFunction('codeAutomationExit', resolve);
  });
  await page.exposeFunction('codeAutomationLog', (type, words) => {
    const text = [words].flat().join(' ');
    if (type === 'error' && !harmless.test(text)) keep(text);
  });
  page.on('pageerror', (error) => keep(`[page] ${error.message}`));
  const remote = (path) => remotePath(host.authority, path);
  const payload = [
    ['skipWelcome', 'true'],
    ['skipReleaseNotes', 'true'],
    ['extensionDevelopmentPath', remote(extension)],
    ['extensionTestsPath', remote(tests)],
  ];
  await page.goto(host.url({ folder, payload }));
  const given = (reason) => ({ log: [...log, reason] });
  const end = await Promise.race([
    exit.then((exitCode) => ({ exitCode, log })),
    host.exited.then((status) => given(`VS Code's server ended with status ${status}`)),
    sleep(deadlineMs, undefined, { ref: false }).then(() => given(`no end after ${deadlineMs / 1000} s`)),
  ]);
  if (end.exitCode === undefined) await takePicture(page, 'editor-suite');
  return end;
}

async function takePicture(page, name) {
  mkdirSync(inRoot('out', 'shots'), { recursive: true });
  await page.screenshot({ path: inRoot('out', 'shots', `${name}.png`), timeout: 5000 }).catch(() => {});
}
