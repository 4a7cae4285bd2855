import './lib/require-node.mjs';
import { readdirSync, statSync } from 'node:fs';

const { build } = await import('./build.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { inRoot, manifest, root } = await import('./lib/paths.mjs');
const { run } = await import('./lib/processes.mjs');
const { Problem, runMain } = await import('./lib/problem.mjs');

const kib = (path) => `${(statSync(inRoot(path)).size / 1024).toFixed(0)} KiB`;

/** Makes the .vsix (bundles and assets, no node_modules) and prints its size and that of the bundles in it. */
await runMain(async () => {
  await ensureDependencies();
  await build();
  const file = `${manifest.name}-${manifest.version}.vsix`;
  const args = ['package', '--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', file];
  const { status, output } = await run(process.execPath, [inRoot('node_modules/@vscode/vsce/vsce'), ...args], { cwd: root });
  if (status !== 0) throw new Problem(`vsce package failed (status ${status}): see its words above.`, { details: output });
  const parts = readdirSync(inRoot('dist')).filter((name) => /\.(js|wasm)$/.test(name)).map((name) => `dist/${name}`);
  process.stdout.write([`${file} ${kib(file)}`, ...parts.map((part) => `  ${part} ${kib(part)} before compression`), ''].join('\n'));
});
