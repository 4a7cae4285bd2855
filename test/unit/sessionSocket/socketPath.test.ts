import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { newPipe } from '#dots/sessionSocket/newPipe';
import { keeperSocket } from '#dots/sessionSocket/socketPath';
import { folder } from '../../support/dots';

test('on Windows the file of the socket names a pipe that nobody else can guess', (t) => {
  const state = folder(t);
  const around = { env: { LOCALAPPDATA: state }, platform: 'win32' as const, home: state };
  assert.equal(keeperSocket(around), undefined, 'there is none yet');
  mkdirSync(join(state, 'dots/run'), { recursive: true });
  const file = join(state, 'dots/run/session');
  const pipe = newPipe();
  assert.match(pipe, /^\\\\\.\\pipe\\dots-[0-9a-f]{32}$/);
  assert.notEqual(newPipe(), pipe);
  writeFileSync(file, pipe);
  assert.equal(keeperSocket(around), pipe);
  for (const other of ['', `${pipe}x`, '\\\\.\\pipe\\other', '\\\\server\\pipe\\dots-00', join(state, 'x')]) {
    writeFileSync(file, other);
    assert.equal(keeperSocket(around), undefined, other);
  }
});
