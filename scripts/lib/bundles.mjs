import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inRoot, root } from './paths.mjs';
import { step } from './progress.mjs';

/** The bundles of the product: what each is for, where it begins, where it goes. */
export const bundles = [
  { title: 'the extension', entry: 'client/src/extension.ts', file: 'dist/client.js', external: ['vscode'] },
  {
    title: 'the LSP client of the extension',
    entry: 'client/src/bundles/language.ts',
    file: 'dist/language.js',
    external: ['vscode'],
  },
  {
    title: 'what the extension loads on first use',
    entry: 'client/src/bundles/protocol.ts',
    file: 'dist/protocol.js',
    external: ['vscode'],
  },
  { title: 'the language server', entry: 'server/src/lsp/main.ts', file: 'dist/server.js' },
  { title: 'the command dots', entry: 'cli/src/main.ts', file: 'dist/cli.js', banner: '#!/usr/bin/env node' },
  { title: 'dots validate', entry: 'cli/src/commands/validate.ts', file: 'dist/validate.js' },
  { title: 'dots send', entry: 'cli/src/commands/send.ts', file: 'dist/send.js' },
  { title: 'what dots send needs for the data channel', entry: 'cli/src/commands/install.ts', file: 'dist/install.js' },
  { title: 'the commands of dots', entry: 'cli/src/run.ts', file: 'dist/commands.js' },
];

/** DTLS, compiled from C: absent where the source of Mbed TLS could not be had. */
export const dtlsModule = 'dist/dtls.wasm';

const sources = [
  'client/src',
  'server/src',
  'dots/src',
  'dots/mbedtls',
  'cli/src',
  'schemas',
  'package.json',
  'package-lock.json',
  'scripts/build.mjs',
  'scripts/lib/bundles.mjs',
];
const stamp = inRoot('dist', '.sources');

const filesBelow = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => filesBelow(join(path, name)))
    : [path];

/** A hash over everything that the bundles and the DTLS module are made of; dates do not count, so that a moved or fresh checkout is judged rightly. */
export function sourceHash() {
  const hash = createHash('sha256');
  for (const path of sources
    .map((name) => inRoot(name))
    .filter(existsSync)
    .flatMap(filesBelow)) {
    hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/** Where the hash of the sources of the present bundles is kept. */
export const sourceStamp = stamp;

function bundlesAreCurrent() {
  const present = bundles.every(({ file }) => existsSync(inRoot(file))) && existsSync(stamp);
  return present && readFileSync(stamp, 'utf8') === sourceHash();
}

/**
 * Builds the bundles and the DTLS module where they are missing or made of other sources than those at hand.
 * Where only the module is missing, its source could not be had at the last build: then no network is asked again.
 */
export async function ensureBuilt() {
  const current = bundlesAreCurrent();
  if (current && existsSync(inRoot(dtlsModule))) return;
  const { buildBundles, buildDtls } = await import('../build.mjs');
  if (!current) await step('Building the extension, the language server and dots', buildBundles);
  await buildDtls({ remote: !current });
}
