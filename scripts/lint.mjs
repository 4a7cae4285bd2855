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

async function faultsOf([, script, args]) {
  const { status, output } = await run(process.execPath, [inRoot('node_modules', script), ...args], { cwd: root });
  return status === 0 ? '' : output || `${script} ended with status ${status}\n`;
}

await runMain(async () => {
  const faulty = [];
  for (const check of checks) {
    const faults = await step(`Checking ${check[0]}`, () => faultsOf(check));
    process.stdout.write(faults);
    if (faults !== '') faulty.push(check[0]);
  }
  if (faulty.length > 0) throw new Problem(`Not clean: ${faulty.join('; ')}. See the findings above.`);
});
