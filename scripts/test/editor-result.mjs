import { existsSync, readFileSync } from 'node:fs';
import { Tally, print, printFailure, printSkipped } from './tally.mjs';

/**
 * What a run of the editor suite is worth. Believed only where the test host ended with exit code 0 and left a result
 * that says that tests passed and none failed; everything else counts as at least one failure. Prints what happened.
 */
export function judgeEditorRun({ exitCode, resultFile, log = [] }) {
  const result = existsSync(resultFile)
    ? JSON.parse(readFileSync(resultFile, 'utf8'))
    : { passes: [], failures: [], pending: [] };
  const tally = new Tally({
    passed: result.passes.length,
    failed: result.failures.length,
    skipped: result.pending.length,
  });
  for (const title of result.passes) print(`✔ ${title}`);
  for (const title of result.pending) printSkipped(title);
  for (const { title, error } of result.failures) printFailure(title, error);
  if (tally.failed === 0 && (exitCode !== 0 || tally.passed === 0)) {
    tally.failed = 1;
    printFailure(
      'editor suite',
      [
        ...log,
        `the test host ended with ${exitCode === undefined ? 'no exit code' : `exit code ${exitCode}`} and left ${existsSync(resultFile) ? 'a result without a failed test' : 'no result'}`,
      ].join('\n'),
    );
  }
  return tally;
}
