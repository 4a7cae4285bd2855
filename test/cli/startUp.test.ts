import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { folder } from '../support/dots';
import { root } from '../support/shared';

const dist = join(root, 'dist');

/** Modules of Node.js that cost a tenth of a short run each, and that only some actions need. */
const costly = ['crypto', 'readline/promises', 'http', 'https', 'tls', 'dns', 'fs/promises'];

/** Packages that take as long to load as all rules together, and that only some actions need. */
const large = /node_modules\/(cbor2|picomatch|undici|coap)\//;

/** The command reads its parts itself (cli/src/parts.ts). */
const preload = `const fs = require('node:fs');
const [files, { readFileSync }] = [[], fs];
fs.readFileSync = (file, ...rest) => {
  files.push(String(file));
  return readFileSync(file, ...rest);
};
process.on('exit', () => console.error(JSON.stringify({ native: process.moduleLoadList, files })));`;

interface Loaded {
  native: string[];
  files: string[];
}

/** What checking one document reads. */
function loadedToCheck(t: TestContext): Loaded {
  const script = join(folder(t), 'loaded.cjs');
  writeFileSync(script, preload);
  const document = join(root, 'examples/offload-request.dots.json');
  const { status, stderr } = spawnSync(
    process.execPath,
    ['-r', script, join(root, 'dist/cli.js'), 'validate', document],
    {
      encoding: 'utf8',
    },
  );
  assert.equal(status, 0);
  return JSON.parse(stderr) as Loaded;
}

/** The source files of a bundle. */
const sourcesOf = (bundle: string): string[] =>
  (JSON.parse(readFileSync(`${bundle}.map`, 'utf8')) as { sources: string[] }).sources;

test('checking a document reads no costly module of Node.js, and no large package', (t) => {
  const { native, files } = loadedToCheck(t);
  assert.ok(native.includes('NativeModule fs'));
  assert.deepEqual(
    costly.filter((name) => native.includes(`NativeModule ${name}`)),
    [],
  );
  const sources = files.filter((file) => file.startsWith(dist) && file.endsWith('.js')).flatMap(sourcesOf);
  assert.ok(sources.some((source) => source.endsWith('dots/src/check/check.ts')));
  assert.deepEqual(
    sources.filter((source) => large.test(source)),
    [],
  );
});

test('no source map depends on the folder in which the product was built', () => {
  const bundles = readdirSync(dist).filter((name) => name.endsWith('.js.map'));
  assert.ok(bundles.length > 10);
  const sources = new Set(bundles.flatMap((name) => sourcesOf(join(dist, name.replace(/\.map$/, '')))));
  assert.deepEqual(
    [...sources].filter((source) => source.includes(dist) || isAbsolute(source)),
    [],
  );
});

/** The source files of a bundle and of all that it needs. */
function sourcesNeededBy(name: string): string[] {
  const needed = new Set([name]);
  for (const each of needed)
    for (const [, next = ''] of readFileSync(join(dist, each), 'utf8').matchAll(/require\("\.\/(cli[\w-]*\.js)"\)/g))
      needed.add(next);
  return [...needed].flatMap((each) => sourcesOf(join(dist, each)));
}

test('what asks dots session to run a command reads none of the rules for documents', () => {
  const bundles = readdirSync(dist).filter((name) => /^cli-client-\w+\.js$/.test(name));
  const [sources, ...more] = bundles
    .map(sourcesNeededBy)
    .filter((all) => all.some((source) => source.endsWith('cli/src/keeper/client.ts')));
  assert.deepEqual(more, []);
  assert.deepEqual(
    sources?.filter((source) => /\/(check|languageService|workspace)\//.test(source)),
    [],
  );
});
