import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { command, folder } from '../support/dots';
import { root } from '../support/shared';

/** Modules of Node.js that cost a tenth of a short run each, and that only some actions need. */
const costly = ['crypto', 'readline/promises', 'http', 'https', 'tls', 'dns'];

test('checking a document reads no costly module of Node.js', (t) => {
  const preload = join(folder(t), 'loaded.cjs');
  writeFileSync(preload, "process.on('exit', () => console.error(process.moduleLoadList.join('\\n')));");
  const document = join(root, 'examples/offload-request.dots.json');
  const { status, stderr } = spawnSync(process.execPath, ['-r', preload, command, 'validate', document], {
    encoding: 'utf8',
  });
  assert.equal(status, 0);
  const loaded = new Set(stderr.split('\n'));
  assert.ok(loaded.has('NativeModule fs'));
  assert.deepEqual(
    costly.filter((name) => loaded.has(`NativeModule ${name}`)),
    [],
  );
});
