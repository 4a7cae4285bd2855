import { readFileSync } from 'node:fs';
import { inRoot, manifest } from '../lib/paths.mjs';

const packageLine = /^(?<name>[a-z0-9][a-z0-9.+-]*)\s+(?<purpose>\S.*)$/gm;

/** The first cell of each row of the first table below a heading of the README. */
function rowsBelow(readme, heading) {
  const section = readme.split(/^## /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `(?<name>[^`]+)` +\|/gm)].map(({ groups }) => groups.name);
}

/** The difference between what the README lists and what is so, as a sentence; undefined where there is none. */
function difference(what, listed, real) {
  const missing = real.filter((name) => !listed.includes(name));
  const extra = listed.filter((name) => !real.includes(name));
  if (missing.length + extra.length === 0) return undefined;
  return `README.md, ${what}: missing ${missing.join(', ') || 'nothing'}; too many ${extra.join(', ') || 'none'}.`;
}

/**
 * Whether the README's tables are true: its Debian packages and its runtime dependencies. Returns what is wrong, or
 * undefined.
 */
export function readmeFaults() {
  const readme = readFileSync(inRoot('README.md'), 'utf8');
  const packages = [...readFileSync(inRoot('scripts/debian-packages.txt'), 'utf8').matchAll(packageLine)].map(
    ({ groups }) => groups.name,
  );
  const faults = [
    difference('Debian packages', rowsBelow(readme, 'Debian packages'), packages),
    difference('Runtime dependencies', rowsBelow(readme, 'Runtime dependencies'), Object.keys(manifest.dependencies)),
  ].filter(Boolean);
  return faults.length > 0 ? faults.join('\n') : undefined;
}
