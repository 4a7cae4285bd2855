import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { dots, folder, request, startDots, startMock } from '../support/dots';
import { freePort } from '../support/protocol/scene';

test('what opens a session of its own uses the other addresses of the server too', async (t) => {
  const { ready } = await startMock(t);
  const { coaps, profiles } = ready as { coaps: string; profiles: string };
  const { lab } = (JSON.parse(readFileSync(profiles, 'utf8')) as { profiles: { lab: object } }).profiles;
  const path = folder(t, { 'a.dots.json': request });
  const signal = `coaps://127.0.0.1:${await freePort()}`;
  const file = join(dirname(profiles), 'other.profiles.json');
  writeFileSync(file, JSON.stringify({ profiles: { lab: { ...lab, signal, alternates: [coaps] } } }));
  const shared = ['--profiles', file, '--profile', 'lab', '--ledger', join(path, 'ledger')];
  const sent = dots(['send', 'a.dots.json', ...shared], '', path);
  assert.equal(sent.status, 0, sent.err);
  const child = startDots(t, ['watch', ...shared]);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  assert.match(line, /192\.0\.2\.0\/24/);
  child.kill('SIGINT');
  await once(child, 'close');
});
