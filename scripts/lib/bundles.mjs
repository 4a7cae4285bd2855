import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { inRoot, root } from './paths.mjs';

/**
 * What is bundled: its name, what it is, the files of dist/ that others start by their names, each with where it
 * begins, and what its host provides. What several of them need, and what is loaded on first use, is in dist/NAME-*.js
 * (see chunks.mjs).
 */
export const products = [
  {
    name: 'extension',
    title: 'the extension and the language server',
    entries: {
      client: 'client/src/extension.ts',
      server: 'server/src/lsp/main.ts',
      flowspec: 'client/src/bundles/flowspecWorker.ts',
    },
    external: ['vscode'],
  },
  { name: 'start', title: 'the start of the command dots', entries: { cli: 'cli/src/start.ts' } },
  // start.ts knows the name of this entry.
  { name: 'cli', title: 'the command dots', entries: { 'cli.program': 'cli/src/main.ts' } },
];

/** DTLS, compiled from C: absent where the source of Mbed TLS could not be had. */
export const dtlsModule = 'dist/dtls.wasm';

/** What the DTLS module is made of. */
export const dtlsSources = ['dots/mbedtls'];

/** What builds: a change here reaches a build only when that is started anew. */
export const buildSources = ['scripts/build.mjs', 'scripts/lib/bundles.mjs', 'scripts/lib/chunks.mjs'];

/** All that a build is made of. */
export const sources = [
  'client/src',
  'server/src',
  'dots/src',
  ...dtlsSources,
  'cli/src',
  'schemas',
  'package.json',
  'package-lock.json',
  ...buildSources,
];
const stamp = inRoot('dist', '.sources');

const filesBelow = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path)
        .sort()
        .flatMap((name) => filesBelow(join(path, name)))
    : [path];

/** A hash over files and folders; dates do not count, so that a moved or fresh checkout is judged rightly. */
export function sourceHash(names = sources) {
  const hash = createHash('sha256');
  for (const path of names
    .map((name) => inRoot(name))
    .filter(existsSync)
    .flatMap(filesBelow)) {
    hash.update(relative(root, path)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}

/** Notes that the bundles `files` (below the repository's root) are made of the sources with this hash. */
export function stampBundles(hash, files) {
  writeFileSync(stamp, JSON.stringify({ hash, files }));
}

/** What the last build noted: `{ hash, files }`, or undefined. */
export function stampedBundles() {
  try {
    return JSON.parse(readFileSync(stamp, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Whether the bundles are all there and made of the sources at hand. */
export function bundlesAreCurrent() {
  const { hash, files } = stampedBundles() ?? {};
  return files?.every((file) => existsSync(inRoot(file))) === true && hash === sourceHash();
}
