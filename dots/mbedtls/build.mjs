import { mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, writeWhole } from '../../scripts/lib/cache.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { say, step } from '../../scripts/lib/progress.mjs';
import { compileFlags, compileModule, linkFlags, unused } from './compile.mjs';
import { findSource, pins, pinsFile, sha256 } from './source.mjs';

export { SourceMissing } from './source.mjs';

/** The version of the compiler in node_modules. */
export const compilerVersion = () =>
  JSON.parse(readFileSync(inRoot('node_modules/@yowasp/clang/package.json'), 'utf8')).version;

/** Our C files and headers, name to content, with the line ends that every machine has. */
export function ownFiles(folder = import.meta.dirname) {
  const names = readdirSync(folder)
    .filter((name) => /\.[ch]$/.test(name))
    .sort();
  return Object.fromEntries(
    names.map((name) => [name, readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n')]),
  );
}

/** Everything that the bytes of the module depend on. */
export const moduleInputs = (own = ownFiles()) => ({
  archive: pins.archive,
  compiler: compilerVersion(),
  flags: [compileFlags, linkFlags, unused.map(String)],
  own,
});

/** The key of a module in the cache: a hash over its inputs. */
export const moduleKey = (inputs) => sha256(JSON.stringify(inputs));

/** Kept modules say their own hash in their name, so that a broken one is known. */
const keptName = (key, hash) => `dtls-${key}-${hash}.wasm`;

/** The module of a key, where the cache holds it whole; a broken one is removed. */
export function readKept(cache, key) {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache).filter((each) => each.startsWith(`dtls-${key}-`))) {
    const module = readFileSync(join(cache, name));
    if (name === keptName(key, sha256(module))) return module;
    rmSync(join(cache, name), { force: true });
  }
  return undefined;
}

/** Puts a module into the cache. */
export const keep = (cache, key, module) => writeWhole(join(cache, keptName(key, sha256(module))), module);

/** Does what a cache is for, where it can be had: a home that cannot be written costs time, not the build. */
function attempt(work) {
  try {
    return work();
  } catch {
    return undefined;
  }
}

/**
 * The WebAssembly module of DTLS: from the user's cache, or compiled from source. SourceMissing where the source cannot
 * be had. `remote: false` asks no network for it.
 */
export async function makeModule({ remote = true, cache = cacheFolder() } = {}) {
  const own = ownFiles();
  const key = moduleKey(moduleInputs(own));
  const kept = attempt(() => readKept(cache, key));
  if (kept) return kept;
  const find = (report) => findSource({ remote, cache, report });
  const source = remote ? await step(`Fetching the source of Mbed TLS ${pins.version}`, find) : await find();
  const module = await step('Compiling DTLS to WebAssembly (once for this machine)', (report) =>
    compileModule(source, own, report),
  );
  attempt(() => keep(cache, key, module));
  return module;
}

/**
 * Says where a module is another than the committed one; `renew` commits to this one instead, and to the compiler that
 * made it.
 */
export function recordModule(module, { renew = false } = {}) {
  const hash = sha256(module);
  if (hash === pins.module) return;
  if (renew)
    writeWhole(pinsFile, `${JSON.stringify({ ...pins, compiler: compilerVersion(), module: hash }, undefined, 2)}\n`);
  else
    say(
      'dist/dtls.wasm is not the module that dots/mbedtls/pins.json commits to: where its C files changed on purpose, run npm run build -- --dtls-hash.',
    );
}
