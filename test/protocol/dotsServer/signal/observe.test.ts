import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeClock, settle } from '../../../support/protocol/fakeClock';
import { eventually, openSession, protect, scopesOf, startOrchestrator } from '../../../support/protocol/scene';

test('an observer is notified of each status of a mitigation', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock });
  const session = await openSession(t, orchestrator.signal);
  await session.requestMitigation(protect('192.0.2.0/24', { lifetime: 600 }), 1);
  const heard: string[] = [];
  const lifetimes: unknown[] = [];
  await session.observe(1, (answer) => {
    const [scope] = scopesOf(answer.body);
    const label = answer.ok ? String(scope?.status) : answer.code;
    if (heard.at(-1) !== label) heard.push(label);
    lifetimes.push(scope?.lifetime);
  });
  for (let turn = 0; turn < 2_000 && heard.at(-1) !== '4.04'; turn++) await clock.advance(2_000);
  assert.deepEqual(heard, [
    'attack-mitigation-in-progress',
    'attack-successfully-mitigated',
    'attack-stopped',
    'attack-mitigation-terminated',
    '4.04',
  ]);
  assert.ok(lifetimes.length > 30, 'the status is repeated');
  assert.deepEqual(orchestrator.mitigations(), []);
});

test('an observer is notified of a withdrawal, and of nothing after it cancels', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock });
  const session = await openSession(t, orchestrator.signal);
  await session.requestMitigation(protect('192.0.2.0/24'), 1);
  const heard: unknown[] = [];
  const stop = await session.observe(1, (answer) => heard.push(scopesOf(answer.body)[0]?.status));
  await clock.advance(4_000);
  await session.withdraw(1);
  await clock.advance(4_000);
  await eventually(() => heard.at(-1) === 'dots-client-withdrawn-mitigation');
  stop();
  await session.status(1);
  const count = heard.length;
  await clock.advance(200_000);
  await session.status();
  await settle();
  assert.equal(heard.length, count);
});
