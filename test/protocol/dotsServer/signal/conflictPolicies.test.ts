import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { check } from '#dots/check/check';
import { defaultPolicy, type ConflictPolicy } from '#dots/dotsServer/state/policy';
import type { JsonObject } from '#dots/model/json';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { newCuid, type SignalSession } from '#dots/signal/session';
import { FakeClock } from '../../../support/protocol/fakeClock';
import {
  eventually,
  openSession,
  protect,
  scopesOf,
  startOrchestrator,
  temporaryFolder,
  type PlainOrchestrator,
} from '../../../support/protocol/scene';

interface Scene {
  orchestrator: PlainOrchestrator;
  clock: FakeClock;
  one: SignalSession;
  two: SignalSession;
}

async function conflictScene(t: TestContext, conflicts: ConflictPolicy): Promise<Scene> {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock, policy: { ...defaultPolicy, conflicts } });
  const [one, two] = [await openSession(t, orchestrator.signal), await openSession(t, orchestrator.signal)];
  await one.requestMitigation(protect('192.0.2.0/24', { lifetime: 600 }), 1);
  return { orchestrator, clock, one, two };
}

const conflictIn = (body: JsonObject | undefined): unknown => scopesOf(body)[0]?.['conflict-information'];
const statusesOf = ({ orchestrator }: Scene): unknown => orchestrator.mitigations().map(({ status }) => status);
const information = (status: string, prefix: string, retry?: number): JsonObject => ({
  'conflict-status': status,
  'conflict-cause': 'overlapping-targets',
  'conflict-scope': { 'target-prefix': [prefix] },
  ...(retry !== undefined && { 'retry-timer': retry }),
});

test('keep-both: both clients see the conflict, in answers, reads and notifications, until it is over', async (t) => {
  const { clock, one, two } = await conflictScene(t, 'keep-both');
  const heard: unknown[] = [];
  await one.observe(1, ({ body }) => heard.push(conflictIn(body)));
  assert.deepEqual(conflictIn((await one.status(1)).body), undefined);
  const created = await two.requestMitigation(protect('192.0.2.7/32', { lifetime: 600 }), 5);
  assert.deepEqual([created.code, conflictIn(created.body)], ['2.01', information('request-active', '192.0.2.7/32')]);
  const seen = (await one.status(1)).body ?? {};
  assert.deepEqual(conflictIn(seen), information('request-active', '192.0.2.0/24'), 'of its own targets');
  assert.deepEqual(check(seen, { direction: 'status' }).faults, []);
  const refreshed = await two.requestMitigation(protect('192.0.2.7/32', { lifetime: 900 }), 5);
  assert.deepEqual(
    [refreshed.code, conflictIn(refreshed.body)],
    ['2.04', information('request-active', '192.0.2.7/32')],
  );
  await clock.advance(3_000);
  await eventually(() => heard.at(-1) !== undefined);
  await two.withdraw(5);
  await clock.advance(3_000);
  await eventually(() => heard.at(-1) === undefined);
  assert.deepEqual(conflictIn((await one.status(1)).body), undefined);
});

test('keep-first: the later request is refused until the first one has ended', async (t) => {
  const scene = await conflictScene(t, 'keep-first');
  const { clock, one, two } = scene;
  const refused = await two.requestMitigation(protect('192.0.2.7/32', { lifetime: 600 }), 5);
  const expected = information('request-inactive-other-active', '192.0.2.7/32', 600);
  assert.deepEqual([refused.code, conflictIn(refused.body)], ['4.09', expected]);
  assert.deepEqual(statusesOf(scene), [1]);
  assert.equal(conflictIn((await one.status(1)).body), undefined, 'nothing was stored');
  assert.equal((await two.requestMitigation(protect('198.51.100.0/24'), 6)).code, '2.01', 'other targets');
  const preconfigured = protect('192.0.2.7/32', { 'trigger-mitigation': false });
  assert.equal((await two.requestMitigation(preconfigured, 7)).code, '2.01', 'is not active');
  await clock.advance(600_000);
  assert.equal((await two.requestMitigation(protect('192.0.2.7/32'), 8)).code, '2.01');
});

test('keep-first: a withdrawn request is not taken up again beside that of another client', async (t) => {
  const { one, two } = await conflictScene(t, 'keep-first');
  await one.withdraw(1);
  assert.equal((await two.requestMitigation(protect('192.0.2.7/32', { lifetime: 300 }), 5)).code, '2.01');
  const again = await one.requestMitigation(protect('192.0.2.0/24', { lifetime: 600 }), 1);
  const expected = information('request-inactive-other-active', '192.0.2.0/24', 300);
  assert.deepEqual([again.code, conflictIn(again.body)], ['4.09', expected]);
});

test('reject-all: the later request is refused, and the first one is withdrawn with the reason', async (t) => {
  const { clock, one, two } = await conflictScene(t, 'reject-all');
  const heard: unknown[] = [];
  await one.observe(1, ({ body }) => heard.push(scopesOf(body)[0]));
  const refused = await two.requestMitigation(protect('192.0.2.7/32', { lifetime: 900 }), 5);
  const expected = information('all-requests-inactive', '192.0.2.7/32', 600);
  assert.deepEqual([refused.code, conflictIn(refused.body)], ['4.09', expected]);
  const [withdrawn] = scopesOf((await one.status(1)).body);
  const reason = information('all-requests-inactive', '192.0.2.0/24', 900);
  assert.deepEqual(
    [withdrawn?.status, withdrawn?.lifetime, withdrawn?.['conflict-information']],
    ['attack-mitigation-withdrawn', 0, reason],
  );
  await clock.advance(3_000);
  await eventually(() => (heard.at(-1) as JsonObject | undefined)?.['conflict-information'] !== undefined);
  await clock.advance(6_000);
  assert.equal((await one.status(1)).code, '4.04');
});

test('the reason of a withdrawal survives a restart', async (t) => {
  const [clock, stateDir] = [new FakeClock(), await temporaryFolder(t)];
  const options = { clock, stateDir, plain: true, policy: { ...defaultPolicy, conflicts: 'reject-all' } as const };
  const first = await Orchestrator.start(options);
  const cuid = newCuid();
  try {
    const one = await openSession(t, first.signal ?? '', cuid);
    await one.requestMitigation(protect('192.0.2.0/24'), 1);
    await (await openSession(t, first.signal ?? '')).requestMitigation(protect('192.0.2.7/32', { lifetime: 900 }), 5);
  } finally {
    await first.close();
  }
  const session = await openSession(t, (await startOrchestrator(t, options)).signal, cuid);
  const reason = information('all-requests-inactive', '192.0.2.0/24', 900);
  assert.deepEqual(conflictIn((await session.status(1)).body), reason);
});
