import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import type { Policy } from '#dots/workspace/policy/policy';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { FakeClock } from '../../support/protocol/fakeClock';
import { openSession, protect, scopesOf, startOrchestrator, temporaryFolder } from '../../support/protocol/scene';

const target = '192.0.2.10/32';

/** Two nodes, of which one takes two rules. */
const policy = (members: Partial<Policy> = {}): Policy => ({
  clients: [],
  dms: [],
  targets: [],
  traffic: [],
  links: [{ name: 'transit-1', capacity: 10_000_000_000 }],
  nodes: [{ name: 'edge-1', links: ['transit-1'], rules: 2, installSeconds: 1 }],
  strategies: [{ name: 'filter', when: {}, filter: ['edge-1'] }],
  quiet: { below: 0.1, for: 2 },
  ...members,
});

async function scopeOf(session: Awaited<ReturnType<typeof openSession>>, mid: number): Promise<JsonObject> {
  return scopesOf((await session.status(mid)).body)[0] ?? {};
}

test('a request is filtered: 1 until its rules act, then 2, counters from the traffic that they take, 3 when it is quiet', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock, orchestrator: policy() });
  const session = await openSession(t, orchestrator.signal);
  assert.equal((await session.send(protect(target, { 'target-protocol': [17] }), { mid: 1 })).code, '2.01');
  assert.equal((await scopeOf(session, 1)).status, 'attack-mitigation-in-progress');
  await clock.advance(5_000);
  const mitigated = await scopeOf(session, 1);
  assert.equal(mitigated.status, 'attack-successfully-mitigated');
  // 1 Gbit/s in packets of 1000 octets, in four of the five seconds.
  assert.equal(mitigated['bytes-dropped'], String(4 * 125_000_000));
  assert.equal(mitigated['pkts-dropped'], String(4 * 125_000));
  await clock.advance(305_000);
  assert.equal((await scopeOf(session, 1)).status, 'attack-stopped');
});

test('a request against a port that no attack comes from takes nothing and shows 0', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock, orchestrator: policy() });
  const session = await openSession(t, orchestrator.signal);
  const scope = { 'target-protocol': [6], 'ietf-dots-call-home:source-port-range': [{ 'lower-port': 19 }] };
  assert.equal((await session.send(protect(target, scope), { mid: 1 })).code, '2.01');
  await clock.advance(5_000);
  const status = await scopeOf(session, 1);
  assert.deepEqual([status.status, status['pkts-dropped']], ['attack-successfully-mitigated', '0']);
});

test('a request beyond the budget of a node is 5.03 with Max-Age, before it is stored; later ones fit', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock, orchestrator: policy() });
  const session = await openSession(t, orchestrator.signal);
  for (const mid of [1, 2]) assert.equal((await session.send(protect(`192.0.2.${mid}/32`), { mid })).code, '2.01');
  const refused = await session.send(protect('192.0.2.3/32'), { mid: 3 });
  assert.equal(refused.code, '5.03');
  assert.match(refused.diagnostic ?? '', /edge-1 takes 2 rules, has 2, and would need 1 more/);
  assert.deepEqual(
    orchestrator.mitigations().map(({ mid }) => mid),
    [1, 2],
  );
  assert.match(orchestrator.decisions().at(-1)?.reason ?? '', /^refused \(budget\)/);
  await session.withdraw(1);
  await clock.advance(200_000);
  assert.equal((await session.send(protect('192.0.2.3/32'), { mid: 4 })).code, '2.01');
});

test('a rule that two clients need is installed once, with both sources, until the last of them ends', async (t) => {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock, orchestrator: policy() });
  const [one, other] = [await openSession(t, orchestrator.signal), await openSession(t, orchestrator.signal)];
  assert.equal((await one.send(protect(target), { mid: 1 })).code, '2.01');
  assert.equal((await other.send(protect(target), { mid: 1 })).code, '2.01');
  await clock.advance(2_000);
  assert.deepEqual(
    orchestrator.table('edge-1').map(({ sources }) => sources.length),
    [2],
  );
  await one.withdraw(1);
  await clock.advance(130_000);
  assert.deepEqual(
    orchestrator.table('edge-1').map(({ sources }) => sources.length),
    [1],
  );
  await other.withdraw(1);
  await clock.advance(130_000);
  assert.deepEqual(orchestrator.table('edge-1'), []);
});

test('where no strategy is left the status is 4, and the decision says why', async (t) => {
  const clock = new FakeClock();
  const strategies = [{ name: 'large', when: { volume: { atLeast: 1 } }, filter: ['edge-1'] }];
  const orchestrator = await startOrchestrator(t, { clock, orchestrator: policy({ strategies }) });
  const session = await openSession(t, orchestrator.signal);
  assert.equal((await session.send(protect(target), { mid: 1 })).code, '2.01');
  await clock.advance(1_000);
  assert.equal((await scopeOf(session, 1)).status, 'attack-exceeded-capability');
  assert.match(orchestrator.decisions()[0]?.reason ?? '', /"large": volume unknown/);
  assert.deepEqual(orchestrator.flowspec().rules, []);
});

test('after a restart what was in force is in force, by the decision that was stored', async (t) => {
  const stateDir = await temporaryFolder(t);
  const clock = new FakeClock();
  const first = await Orchestrator.start({ clock, stateDir, plain: true, orchestrator: policy() });
  const session = await openSession(t, first.signal ?? '', 'c');
  assert.equal((await session.send(protect(target), { mid: 1 })).code, '2.01');
  await clock.advance(3_000);
  await session.close();
  await first.close();
  const changed = policy({ strategies: [] });
  const second = await startOrchestrator(t, { clock, stateDir, orchestrator: changed });
  await clock.advance(3_000);
  assert.equal(second.mitigations()[0]?.statusLabel, 'attack-successfully-mitigated');
  assert.equal(second.table('edge-1').length, 1);
  assert.equal(second.decisions().length, 1);
});
