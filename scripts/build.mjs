import './lib/require-node.mjs';
import { chmodSync, existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { bundles, dtlsModule, sourceHash, sourceStamp } from './lib/bundles.mjs';
import { writeWhole } from './lib/cache.mjs';
import { licences } from './lib/licences.mjs';
import { inRoot, root } from './lib/paths.mjs';
import { Problem, isMain, readArguments, runMain } from './lib/problem.mjs';
import { say } from './lib/progress.mjs';

/** What all bundles share. The module fields come before "main" because the UMD build of jsonc-parser cannot be bundled. */
const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  mainFields: ['module', 'main'],
  sourcemap: true,
  logLevel: 'silent',
  // VS Code gives an extension its module `vscode` through `require` only.
  supported: { 'dynamic-import': false },
};

/** What is imported as `#lazy/NAME` stays in a bundle of its own, dist/NAME.js, which is loaded when it is first needed. */
const lazy = {
  name: 'lazy',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^#lazy\// }, ({ path }) => ({ path: path.replace('#lazy/', './') + '.js', external: true })),
};

function optionsOf({ title, entry, file, external, banner }) {
  if (!existsSync(inRoot(entry)))
    throw new Problem(`${entry}, where ${title} begins, does not exist: nothing was built.`);
  return {
    ...common,
    minify: true,
    entryPoints: [entry],
    outfile: file,
    plugins: [lazy],
    external,
    banner: banner && { js: banner },
  };
}

async function loadEsbuild() {
  try {
    return await import('esbuild');
  } catch (cause) {
    throw new Problem('esbuild is not installed: run npm ci and try again.', { cause });
  }
}

async function bundle(esbuild, options) {
  try {
    return await esbuild.build(options);
  } catch (error) {
    const details = (await esbuild.formatMessages(error.errors ?? [], { kind: 'error' })).join('');
    throw new Problem(`The build failed on ${[options.entryPoints].flat().join(', ')}: see the errors above.`, {
      details,
      cause: error,
    });
  }
}

/** Makes dist/client.js, dist/server.js and dist/cli.js, each with its source map beside it, and dist/licences.txt for what they contain. */
export async function buildBundles() {
  const hash = sourceHash();
  const options = bundles.map(optionsOf);
  const esbuild = await loadEsbuild();
  const results = await Promise.all(
    options.map((each) => bundle(esbuild, { ...each, metafile: true, legalComments: 'none' })),
  );
  writeFileSync(
    inRoot('dist', 'licences.txt'),
    licences(results.flatMap(({ metafile }) => Object.keys(metafile.inputs))),
  );
  for (const { file, banner } of bundles) if (banner) chmodSync(inRoot(file), 0o755);
  writeFileSync(sourceStamp, hash);
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
 * Makes dist/dtls.wasm. Where the source of Mbed TLS cannot be had, says in one sentence how to give it, and the rest works without; one of other
 * sources is never left in its place. `remote: false` asks no network for the source; `renew` writes the module's hash to dots/mbedtls/pins.json.
 * `tools` and `file` are for tests.
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

/** Makes everything that the product consists of. */
export async function build(dtls) {
  await buildBundles();
  await buildDtls(dtls);
}

/** Makes out/editor/index.js (what the VS Code test host runs) and out/editor/*.editor.js and *.untrusted.js (the suites it finds beside itself). */
export async function buildEditorSuite() {
  const esbuild = await loadEsbuild();
  const suites = readdirSync(inRoot('test/editor')).filter((name) => /\.(editor|untrusted)\.ts$/.test(name));
  rmSync(inRoot('out/editor'), { recursive: true, force: true });
  const entryPoints = ['index.ts', ...suites].map((name) => `test/editor/${name}`);
  await bundle(esbuild, { ...common, entryPoints, outdir: 'out/editor', external: ['vscode', 'mocha'] });
}

/** Rebuilds the bundles at every change, until it is stopped. */
async function watch() {
  const esbuild = await loadEsbuild();
  for (const options of bundles.map(optionsOf)) {
    const context = await esbuild.context({ ...options, logLevel: 'info' });
    await context.watch();
  }
}

const sizeOf = (file) => `${file} ${(statSync(inRoot(file)).size / 1024).toFixed(0)} KiB`;

async function main() {
  const options = { watch: { type: 'boolean' }, editor: { type: 'boolean' }, 'dtls-hash': { type: 'boolean' } };
  const { values } = readArguments({ options }, 'npm run build -- [--watch] [--editor] [--dtls-hash]');
  if (values.watch) return watch();
  await build({ renew: values['dtls-hash'] });
  const made = [...bundles.map(({ file }) => file), dtlsModule].filter((file) => existsSync(inRoot(file)));
  process.stdout.write(`${made.map(sizeOf).join('\n')}\n`);
  if (values.editor) await buildEditorSuite();
}

if (isMain(import.meta)) await runMain(main);
