import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, startMock } from '../support/dots';
import { checkOutput } from '../support/outputs';
import { launcher, runIn, startKeeper } from '../support/sessionKeeper';

const configuration = {
  'ietf-dots-signal-channel:signal-config': {
    'mitigating-config': { 'heartbeat-interval': { 'current-value': 60 } },
  },
};

test('a configuration that is set over a kept session stays with it, and each command says over which session it went', async (t) => {
  const { signal } = await startMock(t);
  const cwd = folder(t, { 'config.dots.json': JSON.stringify(configuration) });
  const to = ['--server', signal, '--cuid', 'kept', '--ledger', join(cwd, 'ledger')];
  await startKeeper(t, cwd, ...to);
  const run = (...words: string[]): Record<string, unknown> =>
    JSON.parse(runIn(cwd, launcher, [...words, '--format', 'json']).out) as Record<string, unknown>;
  const set = run('config', 'set', 'config.dots.json', ...to);
  checkOutput('resource', set);
  assert.deepEqual([set.code, set.kept, set.next], ['2.01', true, 'dots config get shows what is in force.']);
  const { body, kept } = run('config', 'get', ...to);
  assert.equal(kept, true);
  assert.match(JSON.stringify(body), /"heartbeat-interval":\{[^}]*"current-value":60\}/);
  assert.equal(run('telemetry', 'get', ...to).kept, true);
  checkOutput('sessions', run('session', 'status'));
  const watched = runIn(cwd, launcher, ['telemetry', 'watch', ...to]);
  assert.equal(watched.status, 1, 'there is no telemetry, and it uses a session of its own');
});
