import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../support/shared';
import { removeFolder } from '../../support/removeFolder';

/** The scripts of a clone in which no package is installed yet. */
function clone(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dots-clone-'));
  for (const name of ['scripts', 'package.json']) cpSync(join(root, name), join(folder, name), { recursive: true });
  mkdirSync(join(folder, 'test'));
  return folder;
}

test('what npm start and npm test import before they install the packages needs none of them', (t) => {
  const folder = clone();
  t.after(() => removeFolder(folder));
  for (const module of [
    'test/selection.mjs',
    'test/affected.mjs',
    'lib/watch.mjs',
    'host/start.mjs',
    'lib/dependencies.mjs',
  ]) {
    const words = ['--input-type=module', '--eval', `await import(${JSON.stringify(join(folder, 'scripts', module))})`];
    const { status, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, `${module}: ${stderr}`);
  }
});
