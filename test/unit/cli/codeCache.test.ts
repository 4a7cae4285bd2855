import assert from 'node:assert/strict';
import { chmodSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readCode, writeCode } from '../../../cli/src/codeCache';
import { folder } from '../../support/dots';

const code = {
  program: 'load("a")',
  runs: 1,
  parts: new Map([
    ['a.js', Buffer.from('code')],
    ['b.js', Buffer.from('')],
  ]),
};
const hasRights = process.platform !== 'win32';

test('stored code is read again as it was, by the same program only', (t) => {
  const place = join(folder(t), 'new', 'code');
  writeCode(place, 'send', code);
  assert.deepEqual(readCode(place, 'send', code.program), code);
  assert.equal(readCode(place, 'send', 'load("b")'), undefined);
  assert.equal(readCode(place, 'status', code.program), undefined);
});

test('stored code that is cut off or no code is not used', (t) => {
  const place = folder(t);
  writeCode(place, 'send', code);
  const whole = readFileSync(join(place, 'send'));
  for (const bytes of [...Array.from(whole, (_, size) => whole.subarray(0, size)), Buffer.concat([whole, whole])]) {
    writeFileSync(join(place, 'send'), bytes);
    assert.equal(readCode(place, 'send', code.program), undefined, `${bytes.length} bytes`);
  }
});

test('only its user may read or write stored code', { skip: !hasRights }, (t) => {
  const place = join(folder(t), 'code');
  writeCode(place, 'send', code);
  assert.equal(statSync(place).mode & 0o777, 0o700);
  assert.equal(statSync(join(place, 'send')).mode & 0o777, 0o600);
});

test('code that another user may write is not executed', { skip: !hasRights }, (t) => {
  const place = join(folder(t), 'code');
  for (const [path, open, closed] of [
    [place, 0o770, 0o700],
    [join(place, 'send'), 0o620, 0o600],
  ] as const) {
    writeCode(place, 'send', code);
    chmodSync(path, open);
    assert.equal(readCode(place, 'send', code.program), undefined, path);
    chmodSync(path, closed);
    assert.notEqual(readCode(place, 'send', code.program), undefined, path);
  }
});

test('code behind a link is not executed, and nothing is written through one', { skip: !hasRights }, (t) => {
  const [place, other] = [join(folder(t), 'code'), join(folder(t), 'other')];
  writeCode(place, 'send', code);
  renameSync(join(place, 'send'), join(place, 'moved'));
  symlinkSync(join(place, 'moved'), join(place, 'send'));
  assert.equal(readCode(place, 'send', code.program), undefined);
  symlinkSync(place, other);
  assert.equal(readCode(other, 'moved', code.program), undefined);
  writeCode(other, 'new', code);
  assert.equal(readCode(place, 'new', code.program), undefined);
});

test('a folder that cannot be made leaves everything as it was', (t) => {
  const place = join(folder(t), 'file');
  writeFileSync(place, '');
  writeCode(place, 'send', code);
  assert.equal(readCode(place, 'send', code.program), undefined);
});
