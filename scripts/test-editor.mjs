import './lib/require-node.mjs';

const { buildEditorSuite, ensureBuilt } = await import('./build.mjs');
const { inRoot, root } = await import('./lib/paths.mjs');
const { readArguments, runMain } = await import('./lib/problem.mjs');
const { makePackage } = await import('./lib/vsix.mjs');
const { runEditorSuite } = await import('./test/editor-host.mjs');
const { leaveResult } = await import('./test/results.mjs');
const { Tally, print } = await import('./test/tally.mjs');

/** The suite of a trusted folder, and that of another one; only the first where tests are chosen. */
function runs(only) {
  const trusted = { suite: 'editor' };
  return only === undefined ? [trusted, { suite: 'untrusted', trust: 'restricted' }] : [trusted];
}

/**
 * The editor suite in VS Code's server and headless Chromium, with the .vsix installed as users get it; then the suite
 * of a folder that is not trusted. With --development the checkout is loaded instead of a package;
 * --only WORD runs the files of the suite whose names begin with it.
 */
await runMain(async () => {
  const { values } = readArguments(
    { options: { development: { type: 'boolean' }, only: { type: 'string' } } },
    'npm run test:editor -- [--development] [--only WORD]',
  );
  await ensureBuilt();
  await buildEditorSuite();
  const subject = values.development
    ? { extension: root }
    : { vsix: inRoot(await makePackage()), extension: inRoot('test/editor/host') };
  const common = {
    ...subject,
    tests: inRoot('out/editor/index.js'),
    workspace: inRoot('examples'),
    deadlineMs: 225_000,
    only: values.only,
  };
  const total = new Tally();
  for (const run of runs(values.only)) {
    const tally = await runEditorSuite({ ...common, ...run });
    print(`${run.suite === 'editor' ? 'editor suite' : 'suite of a folder that is not trusted'}: ${tally}.`);
    total.add(tally);
  }
  leaveResult('editor', total);
  return total.failed > 0 ? 1 : 0;
});
