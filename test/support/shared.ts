import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { TestContext } from 'node:test';

/** The repository's root folder. */
export const root = resolve(__dirname, '../..');

/** The path of reference material that lies beside the project, or undefined where it is absent. */
export function sharedPath(...names: string[]): string | undefined {
  const path = join(root, '..', 'shared', ...names);
  return existsSync(path) ? path : undefined;
}

/** Like `sharedPath`, and marks the test as skipped, in one line, where the material is absent. */
export function needShared(t: TestContext, ...names: string[]): string | undefined {
  const path = sharedPath(...names);
  if (path === undefined) t.skip(`../shared/${names.join('/')} is not here`);
  return path;
}
