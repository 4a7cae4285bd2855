import { Problem } from '../lib/problem.mjs';
import { affected } from './affected.mjs';
import { phases } from './phases.mjs';
import { names } from './words.mjs';

/** The usage of `npm test`. */
export const usage = `npm test [-- PHASE|WORD... --changed --watch], phases: ${phases.map(({ name }) => name).join(' ')}; a word matches the path of test files, with / read as -`;

const isPhase = (word) => phases.some(({ name }) => name === word);

/**
 * What to run, as `[{ phase, files }]`: `files` of an area of test/, undefined for all of it and for the other phases.
 * Words that are no phase choose files by their path, `changed` (paths) those that it may affect; then, and with
 * `onlyFiles`, only areas run. Throws a Problem for a word that matches nothing.
 */
export function select(words, { changed, onlyFiles = false }) {
  const patterns = words.filter((word) => !isPhase(word));
  const chosen = words.length === patterns.length ? phases : phases.filter(({ name }) => words.includes(name));
  if (patterns.length === 0 && changed === undefined && !onlyFiles) return chosen.map((phase) => ({ phase }));
  const whole = chosen.find(({ name, files }) => words.includes(name) && files === undefined);
  if (whole !== undefined)
    throw new Problem(`${whole.name} has no test files to choose from: run it by itself. Usage: ${usage}`, {
      status: 2,
    });
  const areas = chosen.filter((phase) => phase.files !== undefined);
  const all = areas.flatMap((phase) => phase.files());
  const files = matching(all, patterns);
  const wanted = new Set(changed === undefined ? files : affected(files, changed));
  return areas
    .map((phase) => ({ phase, files: phase.files().filter((file) => wanted.has(file)) }))
    .filter((each) => each.files.length > 0);
}

/**
 * Those of the files that at least one pattern matches, all without patterns. A pattern that is the path of a file
 * matches that alone.
 */
function matching(files, patterns) {
  const matched = patterns.map((pattern) => {
    const path = pattern.replaceAll('\\', '/');
    return files.includes(path) ? [path] : files.filter((file) => names(pattern, file));
  });
  const idle = patterns.find((_, index) => matched[index].length === 0);
  if (idle !== undefined)
    throw new Problem(`${idle} is no phase and matches no test file. Usage: ${usage}`, { status: 2 });
  return patterns.length === 0 ? files : files.filter((file) => matched.some((some) => some.includes(file)));
}
