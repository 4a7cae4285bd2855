import { findBrowser, browserHint } from '../host/browser.mjs';
import { ensureBuilt } from '../build.mjs';
import { inRoot, root } from '../lib/paths.mjs';
import { run } from '../lib/processes.mjs';
import { needBuild } from './affected.mjs';
import { filesOf, runNodeTests } from './node-tests.mjs';
import { readmeFaults } from './readme.mjs';
import { forgetResult, resultOf } from './results.mjs';
import { Tally, printFailure, printSkipped } from './tally.mjs';

const minutes = (count) => count * 60_000;

/** A phase that is one test: it passes where `check` returns undefined, and fails with the text that it returns. */
function single(name, check) {
  return {
    name,
    async run() {
      const fault = await check();
      if (fault === undefined) return new Tally({ passed: 1 });
      printFailure(name, fault);
      return new Tally({ failed: 1 });
    },
  };
}

/** A check by a script, which fails with the script's own output. */
const tool = (name, script, args = []) =>
  single(name, async () => {
    const { status, output, timedOut } = await run(process.execPath, [inRoot(script), ...args], {
      cwd: root,
      deadlineMs: minutes(5),
    });
    if (status === 0) return undefined;
    return timedOut ? `${output}\nnot done after 5 minutes` : output || `status ${status}`;
  });

const build = single('build', async () => {
  const { status, timedOut } = await run(process.execPath, [inRoot('scripts/build.mjs')], {
    cwd: root,
    deadlineMs: minutes(10),
    show: true,
  });
  if (status === 0) return undefined;
  return timedOut ? 'not done after 10 minutes' : `status ${status}: its words are above`;
});

/** An area of test/ that `node --test` runs; `run` takes those of its files that are wanted, all without. */
const area = (name, { built = false } = {}) => ({
  name,
  files: () => filesOf(name),
  async run(files) {
    if (built && (files === undefined || needBuild(files))) await ensureBuilt();
    return runNodeTests(name, files ?? filesOf(name));
  },
});

/**
 * A phase that needs VS Code and a browser: a script of its own, believed only with exit status 0 and a result file.
 */
const hosted = (name, script) => ({
  name,
  hosted: true,
  async run() {
    if (!findBrowser()) return withoutBrowser(name);
    await ensureBuilt();
    forgetResult(name);
    const { status, timedOut } = await run(process.execPath, [inRoot(script)], {
      cwd: root,
      deadlineMs: minutes(8),
      show: true,
    });
    const tally = new Tally(resultOf(name));
    if (status === 0 && tally.failed === 0 && tally.passed > 0) return tally;
    if (tally.failed === 0) {
      tally.failed = 1;
      printFailure(name, timedOut ? 'not done after 8 minutes' : `${script} ended with status ${status} and ${tally}`);
    }
    return tally;
  },
});

function withoutBrowser(name) {
  if (process.env.CI === 'true') {
    printFailure(name, browserHint);
    return new Tally({ failed: 1 });
  }
  printSkipped(name, browserHint);
  return new Tally({ skipped: 1 });
}

/** Everything `npm test` runs, in order. */
export const phases = [
  tool('typecheck', 'node_modules/typescript/bin/tsc', ['-b']),
  tool('lint', 'scripts/lint.mjs'),
  single('readme', readmeFaults),
  build,
  area('unit', { built: true }),
  area('lsp', { built: true }),
  area('protocol', { built: true }),
  area('cli', { built: true }),
  area('judges'),
  area('conformance'),
  hosted('editor', 'scripts/test-editor.mjs'),
  hosted('walk', 'scripts/walk.mjs'),
];
