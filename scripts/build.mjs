import './lib/require-node.mjs';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import {
  buildSources,
  bundlesAreCurrent,
  dtlsModule,
  dtlsSources,
  products,
  sourceHash,
  sources,
  stampBundles,
  stampedBundles,
} from './lib/bundles.mjs';
import { writeWhole } from './lib/cache.mjs';
import { commonJs, moduleOptions, schemaFiles } from './lib/chunks.mjs';
import { licences } from './lib/licences.mjs';
import { inRoot, root } from './lib/paths.mjs';
import { Problem, isMain, readArguments, runMain } from './lib/problem.mjs';
import { say, step } from './lib/progress.mjs';
import { atEveryChange } from './lib/watch.mjs';

async function loadEsbuild() {
  try {
    return await import('esbuild');
  } catch (cause) {
    throw new Problem('esbuild is not installed: run npm ci and try again.', { cause });
  }
}

/** Does a step of esbuild; what it finds wrong is a Problem that shows it. */
async function withErrors(esbuild, what, step) {
  try {
    return await step();
  } catch (error) {
    const details = (await esbuild.formatMessages(error.errors ?? [], { kind: 'error' })).join('');
    throw new Problem(`The build failed on ${what}: see the errors above.`, { details, cause: error });
  }
}

function checkEntries({ title, entries }) {
  for (const entry of Object.values(entries))
    if (!existsSync(inRoot(entry)))
      throw new Problem(`${entry}, where ${title} begins, does not exist: nothing was built.`);
}

/** The files of a product, in memory; `firstPass` does the first pass of esbuild (see chunks.mjs). */
async function bundle(esbuild, product, firstPass) {
  checkEntries(product);
  return withErrors(esbuild, product.title, async () => {
    const modules = await firstPass(product);
    return { inputs: Object.keys(modules.metafile.inputs), files: await commonJs(esbuild, product, modules) };
  });
}

/**
 * Makes what scripts/lib/bundles.mjs names, each script with its source map beside it, the schemas that they read, and
 * dist/licences.txt for what they contain.
 * Bundles of an earlier build are removed. Nothing is written where one product fails.
 */
export async function buildBundles(firstPass) {
  const hash = sourceHash();
  const esbuild = await loadEsbuild();
  const pass = firstPass ?? ((product) => esbuild.build(moduleOptions(product)));
  const built = await Promise.all(products.map((product) => bundle(esbuild, product, pass)));
  const files = [...built.flatMap((each) => each.files), ...schemaFiles()];
  for (const { path, contents } of files) writeWhole(path, contents);
  writeFileSync(inRoot('dist', 'licences.txt'), licences(built.flatMap(({ inputs }) => inputs)));
  removeOthers(files.map(({ path }) => basename(path)));
  stampBundles(hash, files.map(({ path }) => `dist/${basename(path)}`).sort());
}

/** Removes the files of the bundles of earlier builds from dist/. */
function removeOthers(names) {
  for (const name of readdirSync(inRoot('dist')))
    if (/\.(js|js\.map|json)$/.test(name) && !names.includes(name)) rmSync(inRoot('dist', name));
}

/** DTLS is compiled only where npm has installed what that takes. */
async function loadDtlsBuild() {
  try {
    return await import('../dots/mbedtls/build.mjs');
  } catch (cause) {
    throw new Problem('The compiler of DTLS is not installed: run npm ci and try again.', { cause });
  }
}

/**
 * Makes dist/dtls.wasm. Where the source of Mbed TLS cannot be had, says in one sentence how to give it, and the rest
 * works without; one of other sources is never left behind. `remote: false` asks no network for the source; `renew`
 * writes the module's hash to dots/mbedtls/pins.json. `tools` and `file` are for tests.
 */
export async function buildDtls({ remote = true, renew = false, tools, file = inRoot(dtlsModule) } = {}) {
  const { makeModule, recordModule, SourceMissing } = tools ?? (await loadDtlsBuild());
  try {
    const module = await makeModule({ remote });
    recordModule(module, { renew });
    writeWhole(file, module);
  } catch (error) {
    rmSync(file, { force: true });
    if (!(error instanceof SourceMissing)) throw error;
    say(error.message);
  }
}

/**
 * Makes everything that the product consists of; the bundles come last, for they leave the note that all is current.
 */
export async function build(dtls) {
  await buildDtls(dtls);
  await buildBundles();
}

/**
 * Builds the bundles and the DTLS module where they are missing or made of other sources than those at hand.
 * Where only the module is missing, its source could not be had at the last build: then no network is asked again.
 */
export async function ensureBuilt() {
  const current = bundlesAreCurrent();
  if (current && existsSync(inRoot(dtlsModule))) return;
  await buildDtls({ remote: !current });
  if (!current) await step('Building the extension, the language server and dots', () => buildBundles());
}

/**
 * Makes out/editor/index.js (what the VS Code test host runs) and out/editor/*.editor.js and *.untrusted.js (the suites
 * it finds beside itself).
 */
export async function buildEditorSuite() {
  const esbuild = await loadEsbuild();
  const suites = readdirSync(inRoot('test/editor')).filter((name) => /\.(editor|untrusted)\.ts$/.test(name));
  rmSync(inRoot('out/editor'), { recursive: true, force: true });
  await withErrors(esbuild, 'the editor suite', () =>
    esbuild.build({
      absWorkingDir: root,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
      mainFields: ['module', 'main'],
      sourcemap: true,
      logLevel: 'silent',
      // VS Code provides `vscode` through require only.
      supported: { 'dynamic-import': false },
      entryPoints: ['index.ts', ...suites].map((name) => `test/editor/${name}`),
      outdir: 'out/editor',
      external: ['vscode', 'mocha'],
    }),
  );
}

/**
 * Builds at every change, until it is stopped. What it leaves is a whole build: the next test run takes it as it is.
 */
async function watch() {
  const esbuild = await loadEsbuild();
  const contexts = new Map();
  for (const product of products) contexts.set(product, await esbuild.context(moduleOptions(product)));
  const builders = sourceHash(buildSources);
  let dtls;
  await atEveryChange(sources, async () => {
    if (sourceHash(buildSources) !== builders) {
      say('The build itself has changed: start npm run build -- --watch again.');
      return true;
    }
    const now = sourceHash(dtlsSources);
    if (now !== dtls) await buildDtls({ remote: dtls === undefined });
    dtls = now;
    await buildBundles((product) => contexts.get(product).rebuild());
    return false;
  });
  await Promise.all([...contexts.values()].map((context) => context.dispose()));
}

const bytesOf = (files) => files.reduce((sum, file) => sum + statSync(inRoot(file)).size, 0);
const sizeLine = (what, files) => `${what}: ${(bytesOf(files) / 1024).toFixed(0)} KiB in ${files.length} files\n`;

/** What was made, with its size: each product with the files it shares and the schemas, and the DTLS module. */
function sizes() {
  const files = stampedBundles().files.filter((file) => !file.endsWith('.map'));
  const schemas = files.filter((file) => file.endsWith('.json'));
  const lines = products.map(({ name, title, entries }) => {
    const own = files.filter((file) => file.startsWith(`dist/${name}-`) || basename(file, '.js') in entries);
    return sizeLine(title, own);
  });
  const dtls = existsSync(inRoot(dtlsModule)) ? [sizeLine('DTLS', [dtlsModule])] : [];
  return [...lines, sizeLine('the schemas that both read', schemas), ...dtls].join('');
}

async function main() {
  const options = { watch: { type: 'boolean' }, editor: { type: 'boolean' }, 'dtls-hash': { type: 'boolean' } };
  const { values } = readArguments({ options }, 'npm run build -- [--watch] [--editor] [--dtls-hash]');
  if (values.watch) return watch();
  await build({ renew: values['dtls-hash'] });
  process.stdout.write(sizes());
  if (values.editor) await buildEditorSuite();
}

if (isMain(import.meta)) await runMain(main);
