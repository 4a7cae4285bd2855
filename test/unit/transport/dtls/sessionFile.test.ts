import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { storedSessions } from '#dots/transport/dtls/sessionFile';
import type { SavedSession } from '#dots/transport/dtls/sessions';
import { eventually } from '../../../support/protocol/scene';
import { removeFolder } from '../../../support/removeFolder';

function fileOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dots-test-'));
  t.after(() => removeFolder(folder));
  return join(folder, 'sessions.json');
}

const saved = (secret: string, identity = 'ab12'): SavedSession => ({
  bytes: Buffer.from(secret),
  peerName: 'dots.example.net',
  certificate: Buffer.from('certificate'),
  identity,
  provedAt: Date.now(),
  notAfter: Date.now() + 3_600_000,
});

const size = (path: string): number => {
  try {
    return Object.keys(JSON.parse(readFileSync(path, 'utf8')) as object).length;
  } catch {
    return 0;
  }
};

test('a session is resumed by the next process, with the same key only, and the file says nothing about it', async (t) => {
  const path = fileOf(t);
  storedSessions(path).set('a key', saved('the master secret'));
  await eventually(() => size(path) === 1);
  const text = readFileSync(path, 'utf8');
  for (const secret of ['the master secret', 'dots.example.net', 'a key'])
    for (const form of ['utf8', 'base64', 'base64url'] as const)
      assert.ok(!text.includes(Buffer.from(secret).toString(form).replace(/=+$/, '')));
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const found = storedSessions(path).get('a key');
  assert.deepEqual([Buffer.from(found?.bytes ?? []).toString(), found?.identity], ['the master secret', 'ab12']);
  assert.equal(storedSessions(path).get('another key'), undefined);
  const [entry] = Object.values(JSON.parse(text) as Record<string, object>);
  const names = JSON.parse(text) as Record<string, object>;
  writeFileSync(path, JSON.stringify({ ...names, [Object.keys(names)[0] ?? '']: { ...entry, sealed: 'AAAA' } }));
  assert.equal(storedSessions(path).get('a key'), undefined, 'a damaged entry is as none');
});

test('a session with a pre-shared key stays in memory', (t) => {
  const path = fileOf(t);
  const sessions = storedSessions(path);
  sessions.set('a key', saved('the master secret', 'psk:dots'));
  assert.equal(Buffer.from(sessions.get('a key')?.bytes ?? []).toString(), 'the master secret');
  assert.deepEqual([size(path), storedSessions(path).get('a key')], [0, undefined]);
});

test('a session that was rejected or is too old is not offered again', async (t) => {
  const path = fileOf(t);
  const sessions = storedSessions(path);
  sessions.set('old', { ...saved('secret'), notAfter: Date.now() - 1 });
  await eventually(() => size(path) === 1);
  assert.equal(storedSessions(path).get('old'), undefined);
  sessions.set('new', saved('secret'));
  await eventually(() => storedSessions(path).get('new') !== undefined);
  sessions.delete('new');
  await eventually(() => size(path) === 0);
  assert.equal(sessions.get('new'), undefined);
});

test('a file that is no such file is as none, and one that cannot be written changes nothing', (t) => {
  const path = fileOf(t);
  writeFileSync(path, 'no json');
  assert.equal(storedSessions(path).get('a key'), undefined);
  const nowhere = storedSessions(join(path, 'below', 'a-file.json'));
  nowhere.set('a key', saved('secret'));
  assert.ok(nowhere.get('a key') !== undefined);
});

test('sessions that are stored at the same time are all in the file', async (t) => {
  const path = fileOf(t);
  const sessions = storedSessions(path);
  for (let index = 0; index < 40; index++) sessions.set(`key ${index}`, saved('secret'));
  await eventually(() => storedSessions(path).get('key 39') !== undefined);
  assert.deepEqual([size(path), storedSessions(path).get('key 7')], [32, undefined], 'the last 32');
});
