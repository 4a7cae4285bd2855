import { existsSync, readFileSync } from 'node:fs';
import { inRoot } from './paths.mjs';
import { npm } from './npm.mjs';
import { step } from './progress.mjs';

const packagesOf = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;

/**
 * Whether node_modules contains what package-lock.json requires. npm leaves its own record of what it installed there
 * when it is done, so an installation that was made by hand counts, and one that was broken off does not.
 */
function dependenciesAreCurrent() {
  const record = inRoot('node_modules', '.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = packagesOf(record);
  const wanted = Object.entries(packagesOf(inRoot('package-lock.json')));
  return wanted.every(
    ([path, { version, optional, devOptional }]) =>
      path === '' || optional || devOptional || installed[path]?.version === version,
  );
}

/** Installs node_modules where it is missing or another than package-lock.json says. */
export async function ensureDependencies() {
  if (dependenciesAreCurrent()) return;
  await step('Installing the packages this project uses (npm ci)', () =>
    npm(['ci', '--include=dev', '--no-audit', '--no-fund'], inRoot()),
  );
}
