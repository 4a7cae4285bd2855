import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { extensionId, manifest, root } from '../lib/paths.mjs';
import { atExit, endGroup, run, spawnGroup } from '../lib/processes.mjs';
import { Problem } from '../lib/problem.mjs';
import { openGate } from './gate.mjs';
import { ensureHost } from './install.mjs';
import { writeSettings } from './settings.mjs';

const startDeadlineMs = 60_000;
const keptLog = 20_000;

/** An extension gallery that is nowhere: only this stops VS Code from asking for one. */
const noGallery = JSON.stringify({ serviceUrl: '', itemUrl: '', resourceUrlTemplate: '', controlUrl: '' });

/** A folder below the system's temporary one, removed when this process ends at the latest. */
export function temporaryFolder(prefix) {
  const path = mkdtempSync(join(tmpdir(), prefix));
  const remove = () => rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  const forget = atExit(remove);
  return {
    path,
    remove: () => {
      forget();
      remove();
    },
  };
}

/** An extensions folder, made anew, that contains the extension at `extension`, a checkout, as a link. */
function linkExtension(folder, extension) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (extension) symlinkSync(extension, join(folder, `${extensionId}-${manifest.version}`), 'junction');
}

/**
 * How a folder comes to be trusted: VS Code asks when it is opened; it does not ask, so that the folder stays
 * restricted until the user trusts it; or every folder is trusted, which is for tests of something else.
 */
const trusts = {
  asked: { settings: {}, args: [] },
  restricted: { settings: { 'security.workspace.trust.startupPrompt': 'never' }, args: [] },
  everything: { settings: {}, args: ['--disable-workspace-trust'] },
};

/** Installs a .vsix as a person does with the command of VS Code. */
async function installPackage(vsix, { node, main, extensions, data, env }) {
  const { status, output } = await run(
    node,
    [
      main,
      '--accept-server-license-terms',
      '--install-extension',
      vsix,
      '--force',
      '--extensions-dir',
      extensions,
      '--server-data-dir',
      data,
    ],
    { cwd: root, env, deadlineMs: 60_000 },
  );
  if (status !== 0)
    throw new Problem(`VS Code's server did not install ${vsix} (status ${status}): see its words above.`, {
      details: output,
    });
}

function environment(runtime, own) {
  // What an outer VS Code says about itself would make this one believe that it is a part of it.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(VSCODE_|ELECTRON_)|^PORT$/.test(name)),
  );
  return { ...env, XDG_RUNTIME_DIR: runtime, EXTENSIONS_GALLERY: noGallery, ...own };
}

/** Resolves as soon as the server says that it listens. */
function listening(child) {
  return new Promise((resolve, reject) => {
    let log = '';
    const give = (what) => reject(new Problem(`VS Code's server ${what}: its last words are above.`, { details: log }));
    const alarm = setTimeout(() => give(`did not start within ${startDeadlineMs / 1000} s`), startDeadlineMs);
    const read = (text) => {
      log = (log + text).slice(-keptLog);
      if (!log.includes('Extension host agent listening on ')) return;
      clearTimeout(alarm);
      resolve();
    };
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', read);
    child.once('error', (error) => give(`cannot be run (${error.message})`));
    child.once('exit', (status) => {
      clearTimeout(alarm);
      give(`ended with status ${status}`);
    });
  });
}

/**
 * Starts the server on the socket `socketPath` with the token in the file `tokenFile`: other users see neither, as they
 * would on a command line.
 */
function spawnServer({ node, main, data, extensions, socketPath, tokenFile, env, more }) {
  const args = [
    '--socket-path',
    socketPath,
    '--connection-token-file',
    tokenFile,
    '--accept-server-license-terms',
    '--server-data-dir',
    data,
    '--user-data-dir',
    data,
    '--extensions-dir',
    extensions,
    '--telemetry-level',
    'off',
  ];
  return spawnGroup(node, [main, ...args, ...more], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/**
 * Starts VS Code's server on a free loopback port. It answers only pages of its own, and only those that know its
 * token, see `openGate`. Options: `data` (its own folder for settings and state), `settings` (user settings besides the
 * quiet ones), `extension` (a checkout to load, by link), `vsix` (a package to install), `tests: true` (a page may ask
 * for a test run, which also changes toasts and dialogs), `trust` (how a folder comes to be trusted, one of `trusts`),
 * `env` (more environment). Returns `{ authority, url(query), exited, stop() }`; `url` takes `{ folder, payload }`,
 * payload being pairs.
 */
export async function startHost({
  data,
  settings = {},
  extension,
  vsix,
  tests = false,
  trust = 'asked',
  env: own = {},
}) {
  const { node, main } = await ensureHost();
  const runtime = temporaryFolder('dots-run-'); // short, because the paths of sockets have a limit of about 100 characters
  const env = environment(runtime.path, own);
  const extensions = join(data, 'extensions');
  linkExtension(extensions, extension);
  rmSync(join(data, 'CachedProfilesData'), { recursive: true, force: true });
  writeSettings(data, { ...trusts[trust].settings, ...settings });
  if (vsix) await installPackage(vsix, { node, main, extensions, data, env });
  const [socketPath, tokenFile] = ['socket', 'token'].map((name) => join(runtime.path, name));
  const token = randomBytes(16).toString('hex');
  writeFileSync(tokenFile, token, { mode: 0o600, flag: 'wx' });
  const more = [...trusts[trust].args, ...(tests ? ['--enable-smoke-test-driver'] : [])];
  const child = spawnServer({ node, main, data, extensions, socketPath, tokenFile, env, more });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  let gate;
  const stop = async () => {
    gate?.close();
    await endGroup(child);
    runtime.remove();
  };
  try {
    await listening(child);
    gate = await openGate(socketPath);
    const { authority } = gate;
    return { authority, exited, stop, url: (query) => pageUrl(authority, token, query) };
  } catch (error) {
    await stop();
    throw error;
  }
}

function pageUrl(authority, token, { folder, payload = [] }) {
  const url = new URL(`http://${authority}/`);
  url.searchParams.set('tkn', token);
  url.searchParams.set('folder', folder);
  if (payload.length > 0) url.searchParams.set('payload', JSON.stringify(payload));
  return url.href;
}

/** What the page calls a file or folder of the server's machine. */
export const remotePath = (authority, path) => `vscode-remote://${authority}${path}`;
