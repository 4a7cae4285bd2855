import './lib/require-node.mjs';

const { Problem, readArguments, runMain } = await import('./lib/problem.mjs');
const { ensureDependencies } = await import('./lib/dependencies.mjs');
const { phases } = await import('./test/phases.mjs');
const { Tally, print, printFailure, printSkipped } = await import('./test/tally.mjs');

const usage = `npm test [-- PHASE...], phases: ${phases.map(({ name }) => name).join(' ')}`;

function chosen(names) {
  const unknown = names.find((name) => !phases.some((phase) => phase.name === name));
  if (unknown) throw new Problem(`There is no phase ${unknown}. Usage: ${usage}`, { status: 2 });
  return names.length === 0 ? phases : phases.filter(({ name }) => names.includes(name));
}

/** Runs a phase; what breaks it is a failure of the phase, not the end of the run. */
async function outcomeOf(phase) {
  try {
    return await phase.run();
  } catch (error) {
    const text = error instanceof Problem ? [error.details, error.message].filter(Boolean).join('\n') : error.stack;
    printFailure(phase.name, text);
    return new Tally({ failed: 1 });
  }
}

await runMain(async () => {
  const { positionals } = readArguments({ allowPositionals: true }, usage);
  const selected = chosen(positionals);
  await ensureDependencies();
  const total = new Tally();
  let built = true;
  for (const phase of selected) {
    print(`== ${phase.name}`);
    const start = Date.now();
    if (phase.hosted && !built) {
      printSkipped(phase.name, 'the build failed');
      total.skipped += 1;
      continue;
    }
    const tally = await outcomeOf(phase);
    if (phase.name === 'build') built = tally.failed === 0;
    total.add(tally);
    print(`${phase.name}: ${tally} (${Math.round((Date.now() - start) / 1000)} s)`);
  }
  print(String(total));
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
});
