import './lib/require-node.mjs';
import { existsSync, readFileSync } from 'node:fs';

const { build } = await import('./build.mjs');
const { dtlsModule } = await import('./lib/bundles.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { inRoot } = await import('./lib/paths.mjs');
const { Problem, isMain, readArguments, runMain } = await import('./lib/problem.mjs');
const { makePackage } = await import('./lib/vsix.mjs');
const { zipEntries } = await import('./lib/zip.mjs');

const kib = (bytes) => `${(bytes / 1024).toFixed(0)} KiB`;

/** What a .vsix weighs: in all, its bundles, and DTLS and the rest separately. */
export function report(file, archive) {
  const entries = zipEntries(archive);
  const inDist = entries.filter(({ name }) => /^extension\/dist\/.*\.(js|wasm)$/.test(name));
  const dtls = entries.find(({ name }) => name === `extension/${dtlsModule}`);
  return [
    `${file} ${kib(archive.length)}`,
    ...inDist.map(
      ({ name, compressed, size }) =>
        `  ${name.slice('extension/'.length)} ${kib(compressed)}, ${kib(size)} before compression`,
    ),
    dtls
      ? `DTLS ${kib(dtls.compressed)}, the rest ${kib(archive.length - dtls.compressed)}`
      : `${dtlsModule} is not in it: DTLS will not work`,
  ];
}

/**
 * A package without DTLS, or with another module than dots/mbedtls/pins.json commits to, is a Problem, unless the one
 * was asked for. `module`: the bytes, or undefined where it was not built.
 */
export async function checkModule(module, { withoutDtls = false } = {}) {
  if (module === undefined && !withoutDtls)
    throw new Problem(
      `${dtlsModule} is missing, so the package would be without DTLS: see above what the build needs, or run npm run package -- --without-dtls.`,
    );
  if (module === undefined) return;
  const { pins, sha256 } = await import('../dots/mbedtls/source.mjs');
  if (sha256(module) !== pins.module)
    throw new Problem(
      `${dtlsModule} is not the module that dots/mbedtls/pins.json commits to, so nothing was packed: where its C files changed on purpose, run npm run build -- --dtls-hash.`,
    );
}

/** Makes the .vsix (bundles and assets, no node_modules) and prints its size and that of the bundles in it. */
async function main() {
  const { values } = readArguments(
    { options: { 'without-dtls': { type: 'boolean' } } },
    'npm run package -- [--without-dtls]',
  );
  await ensureDependencies();
  await build();
  const module = inRoot(dtlsModule);
  await checkModule(existsSync(module) ? readFileSync(module) : undefined, { withoutDtls: values['without-dtls'] });
  const file = await makePackage();
  process.stdout.write(`${report(file, readFileSync(inRoot(file))).join('\n')}\n`);
}

if (isMain(import.meta)) await runMain(main);
