import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test, type TestContext } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { eventWords } from '#dots/signal/keeper/eventWords';
import type { KeeperEvent } from '#dots/signal/keeper/keeperEvents';
import { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import { connectionMemory, SignalSession } from '#dots/signal/session';
import { needDtls } from '../../support/protocol/dtlsScene';
import { FakeClock } from '../../support/protocol/fakeClock';
import { eventually, freePort, protect } from '../../support/protocol/scene';
import { psk } from '../../support/protocol/tlsScene';
import { needTool } from '../../support/tools';

/** The keeper waits a hundredth of its times; sessions and handshakes have the time of the machine. */
const hurried: Clock = {
  ...systemClock,
  monotonic: () => systemClock.monotonic() * 100,
  setTimeout: (callback, milliseconds) => systemClock.setTimeout(callback, milliseconds / 100),
};

interface Kept {
  keeper: SessionKeeper;
  events: KeeperEvent[];
}

function keep(t: TestContext, server: string, configuration?: JsonObject, clock = hurried): Kept {
  const memory = connectionMemory();
  const keeper = new SessionKeeper({
    server,
    cuid: 'kept',
    clock,
    open: (opening) => SignalSession.open({ cuid: 'kept', credentials: { psk }, memory, ...opening }),
    configuration: () => configuration,
  });
  const events: KeeperEvent[] = [];
  keeper.onEvent((event) => events.push(event));
  t.after(() => keeper.close());
  return { keeper, events };
}

const otherKey = Buffer.from('another secret');
const keyOf = (identity: string): Uint8Array | undefined => (identity === psk.identity ? psk.key : undefined);

async function startAt(t: TestContext, securePort: number): Promise<Orchestrator> {
  const orchestrator = await Orchestrator.start({ clock: new FakeClock(), securePort, psk: keyOf });
  t.after(() => orchestrator.close());
  return orchestrator;
}

for (const scheme of ['coaps', 'coaps+tcp'] as const) {
  test(`${scheme}: a server that is absent at the start, started, ended and started again`, async (t) => {
    if (scheme === 'coaps' && !needDtls(t)) return;
    const port = await freePort();
    const { keeper, events } = keep(t, `${scheme}://127.0.0.1:${port}`);
    const isIn = (state: string): Promise<void> => eventually(() => keeper.snapshot.state === state);
    keeper.keepTrying();
    await isIn('never-reached');
    const first = await startAt(t, port);
    await isIn('connected');
    await first.close();
    await isIn('not-responding');
    const second = await startAt(t, port);
    await isIn('connected');
    await eventually(() => second.mitigations().length === 0 && keeper.snapshot.roundTripMs !== undefined);
    const opened = events.filter(({ type }) => type === 'opened').length;
    assert.equal(opened, 2);
    assert.match(keeper.snapshot.peer ?? '', /127\.0\.0\.1/);
  });
}

test('a server that requires another key is reported as a refusal', async (t) => {
  if (!needDtls(t)) return;
  const port = await freePort();
  const orchestrator = await Orchestrator.start({ clock: new FakeClock(), securePort: port, psk: () => otherKey });
  t.after(() => orchestrator.close());
  const { keeper } = keep(t, `coaps+tcp://127.0.0.1:${port}`);
  keeper.keepTrying();
  await eventually(() => keeper.snapshot.error !== undefined);
  assert.equal(keeper.snapshot.state, 'refused', String(keeper.snapshot.error));
});

test('the configuration of the embedded server is negotiated, and switched with a mitigation', async (t) => {
  const orchestrator = await Orchestrator.start({ clock: new FakeClock(), plain: true });
  t.after(() => orchestrator.close());
  const wanted = {
    'ietf-dots-signal-channel:signal-config': {
      'idle-config': { 'heartbeat-interval': { 'current-value': 0 } },
      'mitigating-config': { 'heartbeat-interval': { 'current-value': 5 }, 'max-retransmit': { 'current-value': 4 } },
    },
  };
  const { keeper, events } = keep(t, orchestrator.signal ?? '', wanted, systemClock);
  await keeper.open();
  await eventually(() => events.some(({ type }) => type === 'configuration'));
  assert.deepEqual(
    events.flatMap((event) => (event.type === 'configuration' ? [event.problem] : [])),
    [undefined],
  );
  assert.equal(keeper.snapshot.configuration.heartbeatInterval, 0);
  const { answer } = await keeper.ask((session, left) => session.requestMitigation(protect('192.0.2.0/24'), 1, left), {
    underAttack: true,
  });
  assert.equal(answer.code, '2.01');
  const { configuration, isMitigating } = keeper.snapshot;
  assert.deepEqual([isMitigating, configuration.heartbeatInterval, configuration.maxRetransmit], [true, 15, 4]);
  await keeper.ask((session, left) => session.withdraw(1, left));
  assert.equal(keeper.snapshot.configuration.heartbeatInterval, 0);
});

for (const build of ['openssl', 'gnutls'] as const) {
  test(`coap-server-${build}: no configuration is negotiated, and the session outlasts its end`, async (t) => {
    if (!needTool(t, `coap-server-${build}`, 'libcoap3-bin')) return;
    const port = await freePort();
    const start = (): (() => Promise<void>) => {
      const words = ['-A', '127.0.0.1', '-p', String(port), '-d', '10'];
      const child = spawn(`coap-server-${build}`, words, { stdio: 'ignore' });
      const end = async (): Promise<void> => {
        const closed = once(child, 'close');
        child.kill();
        await closed;
      };
      t.after(() => child.kill());
      return end;
    };
    const end = start();
    const { keeper, events } = keep(t, `coap://127.0.0.1:${port}`);
    await keeper.open();
    await eventually(() => keeper.snapshot.roundTripMs !== undefined);
    await end();
    await eventually(() => keeper.snapshot.state === 'not-responding');
    start();
    await eventually(() => keeper.snapshot.state === 'connected');
    const words = events.map((event) => eventWords(event, keeper.snapshot)).join('\n');
    assert.match(words, /The configuration of the session with coap:\S+ was not negotiated\./);
    assert.match(words, /answers again\./);
  });
}
