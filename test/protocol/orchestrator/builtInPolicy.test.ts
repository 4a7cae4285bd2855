import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import type { SignalSession } from '#dots/signal/session';
import { FakeClock } from '../../support/protocol/fakeClock';
import { openSession, protect, scopesOf, startOrchestrator, temporaryFolder } from '../../support/protocol/scene';

interface Scene {
  clock: FakeClock;
  orchestrator: Orchestrator;
  session: SignalSession;
  /** The status and the dropped packets of a mitigation. */
  shown(mid?: number): Promise<[unknown, number]>;
}

async function scene(t: TestContext): Promise<Scene> {
  const clock = new FakeClock();
  const orchestrator = await startOrchestrator(t, { clock });
  const session = await openSession(t, orchestrator.signal, 'c');
  return {
    clock,
    orchestrator,
    session,
    shown: async (mid = 1) => {
      const [scope = {}] = scopesOf((await session.status(mid)).body);
      return [scope.status, Number(scope['pkts-dropped'] ?? 0)];
    },
  };
}

const [settingUp, mitigated, stopped] = [
  'attack-mitigation-in-progress',
  'attack-successfully-mitigated',
  'attack-stopped',
];

test('without a policy a mitigation is set up, mitigates, and sees the attack stop; then nothing happens any more', async (t) => {
  const { clock, session, shown } = await scene(t);
  assert.equal((await session.send(protect('192.0.2.1/32'), { mid: 1 })).code, '2.01');
  const statuses: unknown[] = [];
  for (const seconds of [0, 2, 1, 290, 20]) {
    await clock.advance(1000 * seconds);
    statuses.push((await shown())[0]);
  }
  assert.deepEqual(statuses, [settingUp, settingUp, mitigated, mitigated, stopped]);
});

test('what is dropped is the traffic of the attack that the rules take, and no more after it', async (t) => {
  const { clock, session, shown } = await scene(t);
  await session.send(protect('192.0.2.1/32', { 'target-protocol': [17] }), { mid: 1 });
  await clock.advance(13_000);
  // 1 Gbit/s in packets of 1000 octets, in the seconds in which the rule acts.
  assert.deepEqual(await shown(), [mitigated, 11 * 125_000]);
  await clock.advance(300_000);
  const [, dropped] = await shown();
  await clock.advance(100_000);
  assert.deepEqual(await shown(), [stopped, dropped]);
});

const noAttack: readonly (readonly [what: string, scope: JsonObject])[] = [
  [
    'TCP from source port 19',
    { 'target-protocol': [6], 'ietf-dots-call-home:source-port-range': [{ 'lower-port': 19 }] },
  ],
  [
    'UDP from source port 9',
    { 'target-protocol': [17], 'ietf-dots-call-home:source-port-range': [{ 'lower-port': 9 }] },
  ],
  ['a protocol that no attack has', { 'target-protocol': [47] }],
];

for (const [what, scope] of noAttack)
  test(`a request against ${what} drops nothing`, async (t) => {
    const { clock, session, shown } = await scene(t);
    assert.equal((await session.send(protect('192.0.2.1/32', scope), { mid: 1 })).code, '2.01');
    await clock.advance(60_000);
    assert.deepEqual(await shown(), [mitigated, 0]);
  });

test('an attack that goes on takes back that it has stopped, and lasts as long again', async (t) => {
  const { clock, session, shown } = await scene(t);
  const udp = { 'target-protocol': [17] };
  await session.send(protect('192.0.2.1/32', udp), { mid: 1 });
  await clock.advance(400_000);
  const [status, before] = await shown();
  assert.equal(status, stopped);
  const update = protect('192.0.2.1/32', { ...udp, 'attack-status': 'under-attack' });
  assert.equal((await session.requestMitigation(update, 1)).code, '2.04');
  assert.equal((await shown())[0], mitigated);
  await clock.advance(10_000);
  assert.ok((await shown())[1] > before, 'the attack goes on');
  await clock.advance(300_000);
  assert.equal((await shown())[0], stopped);
});

test('a withdrawn mitigation that is requested again goes on at once', async (t) => {
  const { clock, session, shown } = await scene(t);
  await session.send(protect('192.0.2.1/32'), { mid: 1 });
  await clock.advance(5_000);
  await session.withdraw(1);
  await clock.advance(60_000);
  assert.equal((await shown())[0], 'dots-client-withdrawn-mitigation');
  await session.send(protect('192.0.2.1/32'), { mid: 1 });
  assert.equal((await shown())[0], mitigated);
});

test('clocks that jump neither lose nor repeat a status', async (t) => {
  const { clock, session, shown } = await scene(t);
  await session.send(protect('192.0.2.1/32'), { mid: 1 });
  clock.set(clock.now() - 60_000);
  await clock.advance(3_000);
  assert.equal((await shown())[0], mitigated);
  clock.set(clock.now() + 600_000);
  await clock.advance(10_000);
  assert.equal((await shown())[0], mitigated, 'the attack takes 300 seconds');
});

test('after a restart a mitigation is as it was; an attack that was over stays over', async (t) => {
  const stateDir = await temporaryFolder(t);
  const clock = new FakeClock();
  const first = await Orchestrator.start({ clock, stateDir, plain: true });
  const session = await openSession(t, first.signal ?? '', 'c');
  await session.send(protect('192.0.2.1/32'), { mid: 1 });
  await clock.advance(310_000);
  await session.send(protect('192.0.2.2/32'), { mid: 2 });
  await clock.advance(10_000);
  await session.close();
  await first.close();
  await first.close();
  const second = await startOrchestrator(t, { clock, stateDir });
  const statuses = (): string[] => second.mitigations().map(({ statusLabel }) => statusLabel);
  assert.deepEqual(statuses(), [stopped, mitigated]);
  await clock.advance(10_000);
  assert.deepEqual(statuses(), [stopped, mitigated]);
});

test('a target without an address: status 4, and the decision says why', async (t) => {
  const { clock, orchestrator, session, shown } = await scene(t);
  const scope = { scope: [{ 'target-fqdn': ['www.example.com'], lifetime: 3600 }] };
  const { code } = await session.send({ 'ietf-dots-signal-channel:mitigation-scope': scope }, { mid: 1 });
  assert.equal(code, '2.01');
  await clock.advance(5_000);
  assert.deepEqual(await shown(), ['attack-exceeded-capability', 0]);
  assert.match(orchestrator.decisions().at(-1)?.reason ?? '', /none of its targets has an address/);
});

test('a decision names DOTS sessions that its rules drop by the ports that are in use', async (t) => {
  const { orchestrator, session } = await scene(t);
  const { port } = new URL(orchestrator.coapsTcp);
  const noteFor = async (mid: number, lower: number): Promise<boolean> => {
    const scope = { 'target-protocol': [6], 'target-port-range': [{ 'lower-port': lower }] };
    await session.send(protect(`192.0.2.${mid}/32`, scope), { mid });
    return /this also drops packets of DOTS sessions/.test(orchestrator.decisions().at(-1)?.reason ?? '');
  };
  assert.equal(await noteFor(1, Number(port)), true);
  assert.equal(await noteFor(2, 80), false);
});
