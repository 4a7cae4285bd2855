import './lib/require-node.mjs';

const { inRoot, root } = await import('./lib/paths.mjs');
const { Problem, runMain } = await import('./lib/problem.mjs');
const { run } = await import('./lib/processes.mjs');
const { step } = await import('./lib/progress.mjs');

/** The checks of `npm run lint` and of the phase `lint` of `npm test`: a program of node_modules and its arguments. */
const checks = [
  ['the rules of ESLint', 'eslint/bin/eslint.js', ['.']],
  ['the format', 'prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '.']],
  ['unused files, exports and packages', 'knip/bin/knip.js', []],
  ['files of the product that only tests use', 'knip/bin/knip.js', ['--production', '--include', 'files']],
];

/** What a check finds, as it says it; nothing where all is well. */
async function faultsOf([title, script, args]) {
  const { status, output } = await run(process.execPath, [inRoot('node_modules', script), ...args], { cwd: root });
  return status === 0 ? [] : [{ title, output: output || `${script} ended with status ${status}\n` }];
}

await runMain(async () => {
  const found = await step('Checking rules, format and unused code', () => Promise.all(checks.map(faultsOf)));
  const faults = found.flat();
  for (const { output } of faults) process.stdout.write(output);
  if (faults.length > 0)
    throw new Problem(`Not clean: ${faults.map(({ title }) => title).join('; ')}. See the findings above.`);
});
