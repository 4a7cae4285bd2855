import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { inRoot } from '../lib/paths.mjs';

const fileOf = (phase) => inRoot('out', 'results', `${phase}.json`);

/** Forgets the result of an earlier run of a phase. */
export function forgetResult(phase) {
  rmSync(fileOf(phase), { force: true });
}

/** Leaves the Tally of a phase that runs in a process of its own to `npm test`. */
export function leaveResult(phase, { passed, failed, skipped }) {
  mkdirSync(dirname(fileOf(phase)), { recursive: true });
  writeFileSync(fileOf(phase), JSON.stringify({ passed, failed, skipped }));
}

/** The Tally that a phase left, or undefined. */
export function resultOf(phase) {
  return existsSync(fileOf(phase)) ? JSON.parse(readFileSync(fileOf(phase), 'utf8')) : undefined;
}
