import { existsSync, readdirSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { inRoot, root } from '../lib/paths.mjs';
import { endGroup, spawnGroup } from '../lib/processes.mjs';
import { Tally, print, printFailure, printSkipped } from './tally.mjs';

/** When a file that does not end, for a test or a handle left open, counts as failed; and when a whole area does. */
const fileDeadlineMs = 5 * 60_000;
const deadlineMs = 15 * 60_000;

/** The test files of an area: test/AREA/**.test.ts (Node 20 expands no patterns itself). */
export function filesOf(area) {
  const folder = inRoot('test', area);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => `test/${area}/${name}`);
}

/** Whether an event is about a whole file, which the runner reports only where the file is empty or broken. */
const isFile = ({ nesting, name, file }) => nesting === 0 && resolve(root, name) === file;

/** Counts and shows the events of the reporter, in their order. */
class Report {
  tally = new Tally();
  #names = [];

  read(event) {
    if (event.type === 'start') this.#names.splice(event.nesting, Infinity, event.name);
    else if (event.type === 'output') process.stdout.write(event.text);
    else this.#judge(event);
  }

  get lastName() {
    return this.#names.join(' > ');
  }

  #judge(event) {
    const file = relative(root, event.file ?? root);
    const title = isFile(event)
      ? file
      : `${[...this.#names.slice(0, event.nesting), event.name].join(' > ')} (${file})`;
    // What only says that something inside it failed has been reported already.
    if (event.kind === 'subtestsFailed') return;
    if (event.kind === 'testTimeoutFailure' && isFile(event))
      return this.#fail(
        title,
        'This file did not end in time: a test that waits for ever, or a handle that is left open.',
      );
    if (event.type === 'fail' && event.todo === undefined) return this.#fail(title, event.error);
    if (event.skip !== undefined || event.todo !== undefined) return this.#skip(event, title);
    if (event.suite) return;
    if (isFile(event)) return this.#fail(title, 'This file contains no test.');
    this.tally.passed += 1;
  }

  #fail(title, text) {
    this.tally.failed += 1;
    printFailure(title, text);
  }

  #skip(event, title) {
    this.tally.skipped += 1;
    printSkipped(title, event.skip ?? event.todo);
  }

  /** Adds a failure that no test event reported. */
  broken(title, text) {
    this.#fail(title, text);
  }
}

/** Runs test files of one area (`node --test`, TypeScript through tsx) and returns their Tally. */
export async function runNodeTests(area, files) {
  const report = new Report();
  if (files.length === 0) {
    report.broken(
      `test/${area} contains no test`,
      'A phase without tests proves nothing: restore the folder, or remove the phase from scripts/test/phases.mjs.',
    );
    return report.tally;
  }
  const args = [
    '--import',
    'tsx',
    '--test',
    '--test-concurrency=2',
    `--test-timeout=${fileDeadlineMs}`,
    '--test-reporter=./scripts/test/reporter.mjs',
    '--test-reporter-destination=stdout',
    ...files,
  ];
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawnGroup(process.execPath, args, {
    cwd: root,
    env: { ...env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let late = false;
  const alarm = setTimeout(() => {
    late = true;
    void endGroup(child);
  }, deadlineMs);
  const status = new Promise((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) readLine(line, report);
  clearTimeout(alarm);
  if (late)
    report.broken(
      `${area}: not done after ${deadlineMs / 60_000} minutes`,
      `The last test heard of was: ${report.lastName}`,
    );
  else if ((await status) !== 0 && report.tally.failed === 0)
    report.broken(`${area}: the test runner ended with status ${await status}`);
  return report.tally;
}

function readLine(line, report) {
  if (line.startsWith('{"type":')) report.read(JSON.parse(line));
  else print(line);
}
