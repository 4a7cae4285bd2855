import './lib/require-node.mjs';
import { readFileSync } from 'node:fs';

const { build } = await import('./build.mjs');
const { dtlsModule } = await import('./lib/bundles.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { inRoot } = await import('./lib/paths.mjs');
const { runMain } = await import('./lib/problem.mjs');
const { makePackage } = await import('./lib/vsix.mjs');
const { zipEntries } = await import('./lib/zip.mjs');

const kib = (bytes) => `${(bytes / 1024).toFixed(0)} KiB`;

/** What a .vsix weighs: in all, its bundles, and apart DTLS and the rest. */
function report(file) {
  const archive = readFileSync(inRoot(file));
  const entries = zipEntries(archive);
  const inDist = entries.filter(({ name }) => /^extension\/dist\/.*\.(js|wasm)$/.test(name));
  const dtls = entries.find(({ name }) => name === `extension/${dtlsModule}`);
  return [
    `${file} ${kib(archive.length)}`,
    ...inDist.map(({ name, compressed, size }) => `  ${name.slice('extension/'.length)} ${kib(compressed)}, ${kib(size)} before compression`),
    dtls ? `DTLS ${kib(dtls.compressed)}, the rest ${kib(archive.length - dtls.compressed)}` : `${dtlsModule} is not in it: DTLS will not work`,
  ];
}

/** Makes the .vsix (bundles and assets, no node_modules) and prints its size and that of the bundles in it. */
await runMain(async () => {
  await ensureDependencies();
  await build();
  process.stdout.write(`${report(await makePackage()).join('\n')}\n`);
});
