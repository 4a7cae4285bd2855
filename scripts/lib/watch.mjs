import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { inRoot } from './paths.mjs';
import { Problem } from './problem.mjs';
import { say } from './progress.mjs';

/** How often the files are looked at, milliseconds: notices of the system are not to be had for whole trees everywhere. */
const intervalMs = 500;

/** Path, size and date of all files below a path; nothing where it does not exist. */
function stateOf(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isDirectory())
    return readdirSync(path)
      .map((name) => stateOf(join(path, name)))
      .join('');
  return stats === undefined ? '' : `${path} ${stats.size} ${stats.mtimeMs}\n`;
}

/** Does `work` to its end. A Problem is shown and is no end: what it is about may be put right by the next change. */
async function attempt(work) {
  const start = Date.now();
  try {
    const ended = await work();
    if (!ended) say(`done in ${((Date.now() - start) / 1000).toFixed(1)} s; waiting for a change (^C ends it)`);
    return ended;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    say([error.details?.trimEnd(), error.message].filter(Boolean).join('\n'));
    return false;
  }
}

/** Does `work` now and after every change below the paths `names` of the repository, one at a time, until it returns true. */
export async function atEveryChange(names, work) {
  for (let seen; ; await sleep(intervalMs)) {
    const state = names.map((name) => stateOf(inRoot(name))).join('');
    if (state === seen) continue;
    seen = state;
    if (await attempt(work)) return;
  }
}
