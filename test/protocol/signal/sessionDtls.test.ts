import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { Endpoint } from '#dots/coap/endpoint';
import type { DotsError } from '#dots/model/errors';
import { SignalSession } from '#dots/signal/session';
import { connectionMemory, type ConnectionMemory, type SessionOptions } from '#dots/signal/sessionOptions';
import { connectDtls } from '#dots/transport/dtls/client';
import { listenDtls } from '#dots/transport/dtls/server';
import { sessionKey } from '#dots/transport/dtls/sessions';
import { attemptDelay } from '#dots/transport/connect/raceConnections';
import { pathsTo } from '#dots/transport/connect/paths';
import { bindSocket } from '#dots/transport/udp';
import { needDtls } from '../../support/protocol/dtlsScene';
import { stillClock } from '../../support/protocol/fakeClock';
import { freePort } from '../../support/protocol/scene';
import { echo, listening, psk } from '../../support/protocol/tlsScene';

const keys = { psk: (identity: string) => (identity === psk.identity ? psk.key : undefined) };
const day = 24 * 3_600_000;

/** The clock of the machine, of which a test may say that time has passed. */
function shifted(): { clock: Clock; pass: (milliseconds: number) => void } {
  let passed = 0;
  return {
    clock: { ...systemClock, monotonic: () => systemClock.monotonic() + passed },
    pass: (milliseconds) => {
      passed += milliseconds;
    },
  };
}

type Options = SessionOptions & { memory: ConnectionMemory };

const optionsFor = (server: string, more: Partial<SessionOptions> = {}): Options => ({
  server,
  cuid: 'c',
  credentials: { psk },
  memory: connectionMemory(),
  ...more,
});

function ending<T extends SignalSession | undefined>(t: TestContext, session: T): T {
  t.after(() => session?.close());
  return session;
}

// The first of the file, for the module is loaded once.
test('nothing is loaded or sent for a caller who has given up already', async (t) => {
  if (!needDtls(t)) return;
  const attempt = connectDtls(
    { host: '127.0.0.1', port: 9 },
    { credentials: { psk }, serverName: 'localhost', signal: AbortSignal.abort() },
  );
  const next = new Promise<string>((resolve) => {
    setImmediate(() => resolve('it went on'));
  });
  assert.equal(
    await Promise.race([
      next,
      attempt.then(
        () => 'it stood',
        (error: unknown) => (error as DotsError).code,
      ),
    ]),
    'transport/cancelled',
  );
});

test('a session over TLS is had over DTLS once it is time to look again and DTLS works', async (t) => {
  if (!needDtls(t)) return;
  const at = await listening(t, keys, { port: await freePort() });
  const { clock, pass } = shifted();
  const options = optionsFor(`127.0.0.1:${at.port}`, { clock });
  const first = ending(t, await SignalSession.open(options));
  assert.equal(first.security?.protocol, 'TLS 1.2');
  const listener = await listenDtls(
    at,
    { credentials: keys },
    (channel) => void new Endpoint(channel, { handler: echo }),
  );
  t.after(() => listener.close());
  assert.equal(await SignalSession.overDtls(options), undefined, 'not due');
  pass(day);
  const aborted = { ...options, signal: AbortSignal.abort() };
  await assert.rejects(SignalSession.overDtls(aborted), { kind: 'unreachable', code: 'transport/cancelled' });
  pass(day);
  assert.equal(
    await SignalSession.overDtls({ ...options, server: `coaps+tcp://127.0.0.1:${at.port}` }),
    undefined,
    'the user has chosen',
  );
  const second = ending(t, await SignalSession.overDtls(options));
  assert.equal(second?.security?.protocol, 'DTLS 1.2');
  assert.equal((await second.status(1)).code, '2.05');
});

test('a look for DTLS can be given up while it waits', async (t) => {
  if (!needDtls(t)) return;
  const at = await listening(t, keys, { port: await freePort() });
  const { clock, pass } = shifted();
  const options = optionsFor(`127.0.0.1:${at.port}`, { clock });
  ending(t, await SignalSession.open(options));
  // It hears the client and never says a word.
  const controller = new AbortController();
  const silent = await bindSocket('127.0.0.1', at.port);
  t.after(() => silent.close());
  silent.once('message', () => controller.abort());
  pass(day);
  await assert.rejects(SignalSession.overDtls({ ...options, signal: controller.signal }), {
    kind: 'unreachable',
    code: 'transport/cancelled',
  });
});

/** The waits that a session sets on its clock until the server hears it for the first time; none of them ends. */
async function waits(t: TestContext, more: Partial<SessionOptions>): Promise<number[]> {
  const silent = await bindSocket('127.0.0.1', 0);
  t.after(() => silent.close());
  const controller = new AbortController();
  silent.once('message', () => controller.abort());
  const set: number[] = [];
  const clock: Clock = { ...stillClock, setTimeout: (_, milliseconds) => void set.push(milliseconds) };
  await assert.rejects(
    SignalSession.open(optionsFor(`127.0.0.1:${silent.address().port}`, { clock, signal: controller.signal, ...more })),
    { code: 'transport/cancelled' },
  );
  return set;
}

test('a session that is opened in an attack tries its paths faster, and its opening can be given up', async (t) => {
  if (!needDtls(t)) return;
  const delays = (set: number[]): number[] =>
    set.filter((wait) => wait === attemptDelay.idle || wait === attemptDelay.attack);
  assert.deepEqual(delays(await waits(t, {})), [250]);
  assert.deepEqual(delays(await waits(t, { underAttack: true })), [100]);
});

test('what became of the paths, and the sessions to resume, outlive a session', async (t) => {
  if (!needDtls(t)) return;
  const at = await listening(t, keys, { port: await freePort() });
  const overTls = optionsFor(`127.0.0.1:${at.port}`);
  ending(t, await SignalSession.open(overTls));
  const order = overTls.memory.paths.sorted(pathsTo(['127.0.0.1'], at.port, ['dtls', 'tls']), systemClock.monotonic());
  assert.deepEqual(
    order.map(({ transport }) => transport),
    ['tls', 'dtls'],
  );
  const listener = await listenDtls(
    at,
    { credentials: keys },
    (channel) => void new Endpoint(channel, { handler: echo }),
  );
  t.after(() => listener.close());
  const overDtls = optionsFor(`coaps://127.0.0.1:${at.port}`);
  ending(t, await SignalSession.open(overDtls));
  assert.ok(overDtls.memory.sessions.get(sessionKey({ host: '127.0.0.1', port: at.port }, '127.0.0.1', { psk })));
});
