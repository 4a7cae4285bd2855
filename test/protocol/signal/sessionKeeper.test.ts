import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import type { Channel } from '#dots/coap/messages/channel';
import { Endpoint } from '#dots/coap/endpoint';
import { documentAnswer } from '#dots/dotsServer/signal/refusal';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { eventWords } from '#dots/signal/keeper/eventWords';
import type { KeeperEvent } from '#dots/signal/keeper/keeperEvents';
import { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import { SignalSession } from '#dots/signal/session';
import { connectionMemory } from '#dots/signal/sessionOptions';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { connectDtls } from '#dots/transport/dtls/client';
import { listenDtls } from '#dots/transport/dtls/server';
import { storedSessions } from '#dots/transport/dtls/sessionFile';
import { listenTls } from '#dots/transport/tls/server';
import { needDtls } from '../../support/protocol/dtlsScene';
import { FakeClock } from '../../support/protocol/fakeClock';
import { eventually, freePort, protect, temporaryFolder } from '../../support/protocol/scene';
import { TestPki } from '../../support/protocol/testPki';
import { credentialsOf, listening, psk } from '../../support/protocol/tlsScene';
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

test('a redirection is followed to an address without DNS, where the certificate has the new name, and nowhere else', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const port = await freePort();
  const redirect = documentAnswer('5.03', {
    'ietf-dots-signal-channel:redirected-signal': { 'alt-server': 'alt.example', 'alt-server-record': ['127.0.0.2'] },
  });
  const first = credentialsOf(pki, pki.issue({ names: ['127.0.0.1'] }));
  await listening(t, first, { port, handler: () => Promise.resolve({ ...redirect, maxAge: 600 }) });
  for (const [name, code] of [
    ['other.example', '5.03'],
    ['alt.example', '2.05'],
  ] as const) {
    const alternate = await listening(t, credentialsOf(pki, pki.issue({ names: [name] })), { host: '127.0.0.2', port });
    const credentials = credentialsOf(pki, pki.issue({ purpose: 'client' }));
    const keeper = new SessionKeeper({
      server: `coaps+tcp://127.0.0.1:${port}`,
      cuid: 'kept',
      open: (opening) => SignalSession.open({ cuid: 'kept', credentials, ...opening }),
    });
    t.after(() => keeper.close());
    const { answer, session } = await keeper.ask((open, left) => open.status(undefined, left));
    assert.equal(answer.code, code, name);
    assert.equal(session.security?.peerName, code === '2.05' ? 'alt.example' : '127.0.0.1');
    await keeper.close();
    await alternate.close();
  }
});

for (const scheme of ['coaps', 'coaps+tcp'] as const) {
  test(`${scheme}: a session is sent from the first address of this machine that works, and to the address that answers`, async (t) => {
    if (scheme === 'coaps' && !needDtls(t)) return;
    const [port, deaf] = [await freePort(), await freePort()];
    const seen: string[] = [];
    const accept = (channel: Channel): void => {
      seen.push(channel.peer);
      void new Endpoint(channel, {});
    };
    const listen = scheme === 'coaps' ? listenDtls : listenTls;
    const listener = await listen({ host: '127.0.0.1', port }, { credentials: { psk: keyOf } }, accept);
    t.after(() => listener.close());
    const keeper = new SessionKeeper({
      server: `${scheme}://127.0.0.1:${deaf}`,
      alternates: [`${scheme}://127.0.0.1:${port}`],
      cuid: 'kept',
      clock: hurried,
      // The first address is none of this machine.
      open: (opening) =>
        SignalSession.open({
          cuid: 'kept',
          credentials: { psk },
          localAddresses: ['192.0.2.1', '127.0.0.3'],
          ...opening,
        }),
    });
    t.after(() => keeper.close());
    await keeper.open();
    await eventually(() => seen.length > 0);
    assert.match(seen[0] ?? '', /^127\.0\.0\.3:/);
    assert.equal(keeper.snapshot.server, `${scheme}://127.0.0.1:${port}`);
    assert.match(keeper.snapshot.peer ?? '', new RegExp(`127\\.0\\.0\\.1:${port}$`));
  });
}

test('a session is resumed by the next process of the same user, and by no client with another key', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined || !needDtls(t)) return;
  const path = join(await temporaryFolder(t), 'sessions.json');
  const listener = await listenDtls(
    { host: '127.0.0.1', port: 0 },
    { credentials: credentialsOf(pki, pki.issue({ names: ['127.0.0.1'] })) },
    (channel) => void new Endpoint(channel, {}),
  );
  t.after(() => listener.close());
  const resumed = async (credentials: ClientCredentials): Promise<boolean> => {
    const sessions = storedSessions(path);
    const channel = await connectDtls(listener.address, { credentials, serverName: '127.0.0.1', sessions });
    await channel.close();
    return channel.resumed;
  };
  const [one, other] = ['client', 'client'].map(() => credentialsOf(pki, pki.issue({ purpose: 'client' })));
  assert.equal(await resumed(one!), false);
  await eventually(() => existsSync(path));
  assert.deepEqual([await resumed(one!), await resumed(other!)], [true, false]);
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
