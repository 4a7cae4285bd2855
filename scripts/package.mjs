import './lib/require-node.mjs';
import { readdirSync, statSync } from 'node:fs';

const { build } = await import('./build.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { inRoot } = await import('./lib/paths.mjs');
const { runMain } = await import('./lib/problem.mjs');
const { makePackage } = await import('./lib/vsix.mjs');

const kib = (path) => `${(statSync(inRoot(path)).size / 1024).toFixed(0)} KiB`;

/** Makes the .vsix (bundles and assets, no node_modules) and prints its size and that of the bundles in it. */
await runMain(async () => {
  await ensureDependencies();
  await build();
  const file = await makePackage();
  const parts = readdirSync(inRoot('dist')).filter((name) => /\.(js|wasm)$/.test(name) && name !== 'cli.js').map((name) => `dist/${name}`);
  process.stdout.write([`${file} ${kib(file)}`, ...parts.map((part) => `  ${part} ${kib(part)} before compression`), ''].join('\n'));
});
