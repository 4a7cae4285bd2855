import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openSession, protect, scopesOf, startOrchestrator } from '../../../support/protocol/scene';

test('of overlapping requests the one with the higher mid overrides', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const session = await openSession(t, orchestrator.signal);
  await session.requestMitigation(protect('192.0.2.0/24'), 10);
  assert.equal((await session.requestMitigation(protect('192.0.2.128/25'), 11)).code, '2.01');
  assert.deepEqual(
    orchestrator.mitigations().map(({ mid }) => mid),
    [11],
  );
  const late = await session.requestMitigation(protect('192.0.2.0/24'), 9);
  assert.equal(late.code, '4.09');
  assert.deepEqual(scopesOf(late.body), [
    { 'conflict-information': { 'conflict-cause': 'overlapping-targets', 'conflict-scope': { mid: 11 } } },
  ]);
  assert.equal(
    (await session.requestMitigation(protect('198.51.100.0/24'), 5)).code,
    '2.01',
    'a lower mid elsewhere is fine',
  );
  assert.equal(
    (await session.requestMitigation(protect('192.0.2.0/24', { 'trigger-mitigation': false }), 3)).code,
    '2.01',
    'so is a preconfigured one',
  );
  assert.deepEqual(
    orchestrator.mitigations().map(({ mid, status }) => [mid, status]),
    [
      [3, 8],
      [5, 1],
      [11, 1],
    ],
  );
});

test('a client sees only its own mitigations, and is informed of a conflict with those of another', async (t) => {
  const orchestrator = await startOrchestrator(t);
  const [one, two] = [await openSession(t, orchestrator.signal), await openSession(t, orchestrator.signal)];
  await one.requestMitigation(protect('192.0.2.0/24'), 1);
  assert.equal((await two.status(1)).code, '4.04');
  assert.equal((await two.status()).code, '4.04');
  assert.equal((await two.requestMitigation(protect('198.51.100.0/24'), 1)).code, '2.01');
  const shared = await two.requestMitigation(protect('192.0.2.7/32'), 2);
  assert.equal(shared.code, '2.01');
  assert.deepEqual(scopesOf(shared.body)[0]?.['conflict-information'], {
    'conflict-status': 'request-active',
    'conflict-cause': 'overlapping-targets',
    'conflict-scope': { 'target-prefix': ['192.0.2.7/32'] },
  });
  assert.equal(scopesOf((await two.status()).body).length, 2);
  assert.equal(scopesOf((await one.status()).body).length, 1);
  await two.withdraw(1);
  assert.equal(scopesOf((await one.status(1)).body)[0]?.status, 'attack-mitigation-in-progress');
});
