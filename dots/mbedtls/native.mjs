import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, withScratchFolder, writeWhole } from '../../scripts/lib/cache.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { Problem } from '../../scripts/lib/problem.mjs';
import { onPath, run } from '../../scripts/lib/processes.mjs';
import { ownFiles } from './build.mjs';
import { usedOf, wrapFlags } from './compile.mjs';
import { findSource, pins, sha256 } from './source.mjs';

/**
 * Every fault ends the program, and memory that nothing was written to has a pattern by which test/fuzz/native knows
 * it.
 */
const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
const compileFlags = [
  ...sanitizers,
  '-fno-omit-frame-pointer',
  '-ftrivial-auto-var-init=pattern',
  '-std=gnu11',
  '-O1',
  '-g',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-DMBEDTLS_CONFIG_FILE="dots/config.h"',
  '-I.',
  '-Iinclude',
  '-Ilibrary',
];
const linkFlags = [
  ...sanitizers,
  ...wrapFlags,
  ...['malloc', 'calloc', 'free', 'time'].map((name) => `-Wl,--wrap=${name}`),
];

/**
 * How the sanitizers are to behave: leaks are counted by the program itself, because their own detector does not work
 * in every container.
 */
export const nativeEnvironment = {
  ASAN_OPTIONS: 'detect_leaks=0:max_malloc_fill_size=1000000000:malloc_fill_byte=190',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};

/**
 * The path of a C compiler, or undefined; what CC names first. Only GNU's linker, and LLVM's, replace functions by
 * others.
 */
export function findCompiler({ env = process.env, platform = process.platform } = {}) {
  if (platform !== 'linux') return undefined;
  return [env.CC, 'gcc', 'clang', 'cc']
    .filter(Boolean)
    .map((name) => (existsSync(name) ? name : onPath(name)))
    .find(Boolean);
}

function writeTree(folder, tree) {
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of Object.entries(tree)) {
    if (typeof content === 'string' || content instanceof Uint8Array) writeFileSync(join(folder, name), content);
    else writeTree(join(folder, name), content);
  }
}

async function compile(compiler, args, cwd) {
  const { status, output } = await run(compiler, args, { cwd });
  if (status !== 0)
    throw new Problem(`${compiler} could not compile DTLS for the sanitizers: see its words above.`, {
      details: output,
    });
}

/** The C files of all parts in as many lists as there are processors, the longest files in different ones. */
function batchesOf(parts) {
  const files = Object.entries(parts).flatMap(([part, tree]) =>
    Object.keys(tree)
      .filter((name) => name.endsWith('.c'))
      .map((name) => ({ path: `${part}/${name}`, size: tree[name].length })),
  );
  const sorted = files.sort((one, other) => other.size - one.size).map(({ path }) => path);
  const count = Math.min(availableParallelism(), sorted.length);
  return Array.from({ length: count }, (_, batch) => sorted.filter((_path, index) => index % count === batch));
}

async function build(compiler, tree, scratch) {
  writeTree(scratch, tree);
  const { include: _include, ...parts } = tree;
  const batches = batchesOf(parts);
  await Promise.all(batches.map((batch) => compile(compiler, [...compileFlags, '-c', ...batch], scratch)));
  const objects = batches.flat().map((path) => path.replace(/^.*\//, '').replace(/c$/, 'o'));
  await compile(compiler, [...linkFlags, ...objects, '-o', 'dtls-native'], scratch);
  return readFileSync(join(scratch, 'dtls-native'));
}

/**
 * The path of the program that drives our C files and Mbed TLS under AddressSanitizer and UndefinedBehaviorSanitizer
 * (test/fuzz/native), from the user's cache or compiled. SourceMissing where the source cannot be had; `remote: false`
 * asks no network for it. A Problem where it does not compile.
 */
export async function makeNative({ compiler = findCompiler(), remote = true, cache = cacheFolder() } = {}) {
  const { output: version } = await run(compiler, ['--version']);
  const [dots, native] = [ownFiles(), ownFiles(inRoot('test/fuzz/native'))];
  const path = join(
    cache,
    `dtls-native-${sha256(JSON.stringify({ archive: pins.archive, version, compileFlags, linkFlags, dots, native }))}`,
  );
  if (existsSync(path)) return path;
  const { include, library } = await findSource({ remote, cache });
  const program = await withScratchFolder((scratch) =>
    build(compiler, { include, library: usedOf(library), dots, native }, scratch),
  );
  writeWhole(path, program, 0o755);
  return path;
}
