import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inRoot, root } from './paths.mjs';
import { Problem } from './problem.mjs';
import { say } from './progress.mjs';

/** How often the files are looked at, milliseconds: the system does not report changes of whole trees everywhere. */
const intervalMs = 500;

/** What is made, not written. */
const made = new Set(['dist', 'out', 'node_modules']);

/** The files and folders of the repository's root that people write. */
export const written = () => readdirSync(root).filter((name) => !name.startsWith('.') && !made.has(name));

/** Size and date of all files below paths of the repository, by their paths; nothing for what does not exist. */
function stateOf(paths, state = new Map()) {
  for (const path of paths) {
    const stats = statSync(inRoot(path), { throwIfNoEntry: false });
    if (stats?.isDirectory())
      stateOf(
        readdirSync(inRoot(path)).map((name) => join(path, name)),
        state,
      );
    else if (stats !== undefined) state.set(path, `${stats.size} ${stats.mtimeMs}`);
  }
  return state;
}

const differing = (before, after) =>
  [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));

/** Does `work` to its end. A Problem is shown and is no end: the next change may solve it. */
async function attempt(work) {
  const start = Date.now();
  try {
    if (await work()) return true;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    say([error.details?.trimEnd(), error.message].filter(Boolean).join('\n'));
  }
  say(`${((Date.now() - start) / 1000).toFixed(1)} s; waiting for a change (^C ends it)`);
  return false;
}

/**
 * Does `work` now and after every change below `paths` of the repository, one at a time, until it returns true. It
 * receives the paths that have changed since it began the time before; undefined the first time.
 */
export async function atEveryChange(paths, work) {
  let seen = stateOf(paths);
  if (await attempt(() => work(undefined))) return;
  for (;;) {
    await sleep(intervalMs);
    const state = stateOf(paths);
    const changed = differing(seen, state);
    seen = state;
    if (changed.length === 0) continue;
    say(`changed: ${changed.join(', ')}`);
    if (await attempt(() => work(changed))) return;
  }
}
