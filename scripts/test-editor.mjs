import './lib/require-node.mjs';

const { buildEditorSuite } = await import('./build.mjs');
const { ensureBuilt } = await import('./lib/bundles.mjs');
const { inRoot, root } = await import('./lib/paths.mjs');
const { runMain } = await import('./lib/problem.mjs');
const { runEditorSuite } = await import('./test/editor-host.mjs');
const { leaveResult } = await import('./test/results.mjs');
const { print } = await import('./test/tally.mjs');

/** The editor suite in VS Code's server and headless Chromium. */
await runMain(async () => {
  await ensureBuilt();
  await buildEditorSuite();
  const tally = await runEditorSuite({ extension: root, tests: inRoot('out/editor/index.js'), workspace: inRoot('examples'), deadlineMs: 5 * 60_000 });
  leaveResult('editor', tally);
  print(`editor suite: ${tally}.`);
  return tally.failed > 0 ? 1 : 0;
});
