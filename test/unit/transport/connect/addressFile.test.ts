import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { storedAddresses } from '#dots/transport/connect/addressFile';
import { eventually } from '../../../support/protocol/scene';

async function fileIn(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dots-addresses-'));
  t.after(() => rm(folder, { recursive: true }));
  return join(folder, 'addresses.json');
}

test('another process reads the last addresses of a name', async (t) => {
  const path = await fileIn(t);
  storedAddresses(path).set('dots.example.net', ['192.0.2.1', '2001:db8::1']);
  await eventually(() => storedAddresses(path).get('dots.example.net') !== undefined);
  assert.deepEqual(storedAddresses(path).get('dots.example.net'), ['192.0.2.1', '2001:db8::1']);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
});

test('addresses that have not changed are not written again', async (t) => {
  const path = await fileIn(t);
  await writeFile(path, '{ "dots.example.net": ["192.0.2.1"] }');
  storedAddresses(path).set('dots.example.net', ['192.0.2.1']);
  assert.equal(await readFile(path, 'utf8'), '{ "dots.example.net": ["192.0.2.1"] }');
});

test('content that is none is ignored, and a folder that is missing ends nothing', async (t) => {
  const path = await fileIn(t);
  for (const text of [
    '',
    '[',
    '[]',
    'null',
    '{"dots.example.net":"192.0.2.1"}',
    '{"dots.example.net":["nowhere",7]}',
  ]) {
    await writeFile(path, text);
    assert.equal(storedAddresses(path).get('dots.example.net'), undefined, text);
  }
  const missing = storedAddresses(join(path, 'missing'));
  missing.set('dots.example.net', ['192.0.2.1']);
  assert.deepEqual(missing.get('dots.example.net'), ['192.0.2.1']);
});
