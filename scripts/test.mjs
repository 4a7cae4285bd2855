import './lib/require-node.mjs';

const { Problem, readArguments, runMain } = await import('./lib/problem.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { atEveryChange, written } = await import('./lib/watch.mjs');
const { changedFiles } = await import('./test/affected.mjs');
const { select, usage } = await import('./test/selection.mjs');
const { Tally, print, printFailure, printFailuresAgain, printSkipped } = await import('./test/tally.mjs');

/** Runs a phase; what breaks it is a failure of the phase, not the end of the run. */
async function outcomeOf(phase, files) {
  try {
    return await phase.run(files);
  } catch (error) {
    const text = error instanceof Problem ? [error.details, error.message].filter(Boolean).join('\n') : error.stack;
    printFailure(phase.name, text);
    return new Tally({ failed: 1 });
  }
}

/** Runs what was selected, one phase after the other, and prints the sum. */
async function runAll(selected) {
  const total = new Tally();
  if (selected.length === 0) print('The changes affect none of these tests.');
  let built = true;
  for (const { phase, files } of selected) {
    print(`== ${phase.name}${files === undefined ? '' : `: ${files.length} files`}`);
    const start = Date.now();
    if (phase.hosted && !built) {
      printSkipped(phase.name, 'the build failed');
      total.skipped += 1;
      continue;
    }
    const tally = await outcomeOf(phase, files);
    if (phase.name === 'build') built = tally.failed === 0;
    total.add(tally);
    print(`${phase.name}: ${tally} (${Math.round((Date.now() - start) / 1000)} s)`);
  }
  printFailuresAgain();
  print(String(total));
  return total;
}

/** Runs what was selected; after each change that of it which may be affected by what has changed since all passed. */
async function watch(words, changed) {
  // Words that choose nothing end the command; later a Problem is one of the sources.
  select(words, { changed, onlyFiles: true });
  let since;
  await atEveryChange(written(), async (latest = []) => {
    since = since === undefined ? changed : [...since, ...latest];
    const selected = select(words, { changed: since, onlyFiles: true });
    if ((await runAll(selected)).failed === 0) since = [];
  });
}

await runMain(async () => {
  const options = { changed: { type: 'boolean' }, watch: { type: 'boolean' } };
  const { positionals, values } = readArguments({ options, allowPositionals: true }, usage);
  await ensureDependencies();
  const changed = values.changed ? await changedFiles() : undefined;
  if (values.watch) return watch(positionals, changed);
  const selected = select(positionals, { changed });
  const total = await runAll(selected);
  return total.failed > 0 || (total.passed === 0 && selected.length > 0) ? 1 : 0;
});
