import { readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import Mocha from 'mocha';

/** What the launcher reads: the titles of the tests, and why those that failed did. */
interface Result {
  passes: string[];
  pending: string[];
  failures: { title: string; error: string }[];
}

/**
 * VS Code's test host calls this. It runs every suite beside this script (test/editor/*.editor.ts, with mocha's `suite`
 * and `test`; or *.untrusted.ts where DOTS_EDITOR_SUITE says `untrusted`), leaves the result in the file that
 * DOTS_EDITOR_RESULT names, and rejects when a test failed.
 */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'tdd', timeout: 30_000, reporter: Mocha.reporters.Base });
  const ending = `.${process.env.DOTS_EDITOR_SUITE ?? 'editor'}.js`;
  for (const name of readdirSync(__dirname)
    .filter((each) => each.endsWith(ending) && each.startsWith(process.env.DOTS_EDITOR_ONLY ?? ''))
    .sort())
    mocha.addFile(join(__dirname, name));
  const result: Result = { passes: [], pending: [], failures: [] };
  await new Promise<void>((done) => {
    mocha
      .run(() => done())
      .on('pass', (test) => result.passes.push(test.fullTitle()))
      .on('pending', (test) => result.pending.push(test.fullTitle()))
      .on('fail', (test, error) => result.failures.push({ title: test.fullTitle(), error: inspect(error) }));
  });
  leave(result);
  if (result.failures.length > 0) throw new Error(`${result.failures.length} tests failed.`);
}

/** Writes the result beside its place and renames it, so that the launcher never reads half of it. */
function leave(result: Result): void {
  const file = process.env.DOTS_EDITOR_RESULT;
  if (file === undefined) return;
  writeFileSync(`${file}.part`, JSON.stringify(result));
  renameSync(`${file}.part`, file);
}
