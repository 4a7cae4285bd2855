import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Engine } from '#dots/transport/dtls/engine';
import { listenDtls } from '#dots/transport/dtls/server';
import {
  call,
  parties,
  psk,
  reasonOf,
  shows,
  startEcho,
  unanswered,
  type Caller,
  type Seen,
} from '../../../support/protocol/dtlsScene';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { Relay } from '../../../support/protocol/relay';
import { eventually, udpSocket } from '../../../support/protocol/scene';

const keys = { psk: () => psk.key };
const codesOf = ({ refused }: Seen): string[] => refused.map(({ code }) => code);

/** A client that shows its cookie, is cut off when it goes on, and gives up. */
async function stuck(t: TestContext, { port }: Seen, from?: string): Promise<void> {
  const relay = await Relay.start(t, port, from);
  relay.fate = (bytes) => (relay.seen.toServer.length > 2 ? [] : [{ bytes, afterMs: 0 }]);
  const controller = new AbortController();
  const attempt = reasonOf(call(t, relay.port, { psk }, { signal: controller.signal }));
  await eventually(() => relay.seen.toServer.length > 2);
  controller.abort();
  assert.equal(await attempt, 'cancelled');
}

test('half-open sessions of one address are limited, and end', async (t) => {
  if ((await parties(t)) === undefined) return;
  const clock = new FakeClock(Date.now());
  const server = await startEcho(t, keys, { clock, limits: { halfOpenPerAddress: 2 } });
  await stuck(t, server);
  await stuck(t, server);
  assert.equal(await unanswered(t, await Relay.start(t, server.port), { psk }), 'no-answer');
  await eventually(() => server.refused.length === 1);
  await clock.advance(15_000);
  assert.deepEqual(codesOf(server), ['transport/broken', 'transport/no-answer', 'transport/no-answer']);
  assert.match(server.refused[0]!.message, /too many handshakes are under way/);
  assert.equal(await (await call(t, server.port, { psk })).ask('one'), 're:one');
});

test('half-open sessions of all addresses together are limited', async (t) => {
  if ((await parties(t)) === undefined) return;
  const clock = new FakeClock(Date.now());
  const server = await startEcho(t, keys, { clock, limits: { halfOpen: 2 } });
  await stuck(t, server, '127.0.0.1');
  await stuck(t, server, '127.0.0.2');
  for (const from of ['127.0.0.1', '127.0.0.2', '127.0.0.3']) {
    const relay = await Relay.start(t, server.port, from);
    assert.equal(await unanswered(t, relay, { psk }), 'no-answer', from);
  }
  await clock.advance(15_000);
  assert.equal(await (await call(t, server.port, { psk })).ask('one'), 're:one');
});

test('a cookie is good for so many handshakes only, however they are begun', async (t) => {
  const all = await parties(t, 'rsa');
  if (all === undefined) return;
  const clock = new FakeClock(Date.now());
  const server = await startEcho(t, shows(all.pki, all.server), { clock, limits: { halfOpenPerAddress: 8 } });
  const relay = await Relay.start(t, server.port);
  await (await call(t, relay.port, shows(all.pki, all.client))).channel.close();
  const [, hello] = relay.seen.toServer;
  assert.ok(hello !== undefined);
  relay.seen.toClient.length = 0;
  for (let count = 1; count <= 40; count++) {
    const other = Buffer.from(hello);
    other.writeUInt32BE(count, 27);
    relay.inject(other, 'toServer');
  }
  // Each flight that was signed has a server hello with a random of its own; the same one again is a retransmission.
  const shown = (): number =>
    new Set(
      relay.seen.toClient
        .filter((bytes) => bytes[0] === 22 && bytes[13] === 2)
        .map((bytes) => bytes.toString('hex', 27, 59)),
    ).size;
  await eventually(() => server.refused.length === 1 && shown() === 8);
  await clock.advance(14_000);
  assert.equal(await unanswered(t, relay, shows(all.pki, all.client)), 'no-answer');
  assert.equal(shown(), 8, 'nothing more was signed');
  await clock.advance(1000);
  assert.equal(await (await call(t, relay.port, shows(all.pki, all.client))).ask('one'), 're:one');
});

test('handshakes that fail count until their time is over', async (t) => {
  const [all, other] = [await parties(t), await parties(t)];
  if (all === undefined || other === undefined) return;
  const clock = new FakeClock(Date.now());
  const server = await startEcho(t, shows(all.pki, all.server), { clock, limits: { halfOpenPerAddress: 3 } });
  const stranger = { certificate: { ...shows(other.pki, other.client).certificate, ca: all.pki.ca.cert } };
  for (let count = 0; count < 3; count++)
    assert.equal(await reasonOf(call(t, server.port, stranger)), 'client-certificate-refused');
  assert.equal(await unanswered(t, await Relay.start(t, server.port), stranger), 'no-answer');
  await clock.advance(15_000);
  for (let count = 0; count < 5; count++)
    assert.equal(
      await (await call(t, server.port, shows(all.pki, all.client))).ask('one'),
      're:one',
      'those that succeed count no longer',
    );
});

test('a full server says so, but not for each datagram', async (t) => {
  if ((await parties(t)) === undefined) return;
  const clock = new FakeClock(Date.now());
  const server = await startEcho(t, keys, { clock, limits: { halfOpenPerAddress: 1 } });
  const relay = await Relay.start(t, server.port);
  await (await call(t, relay.port, { psk })).channel.close();
  await stuck(t, server);
  const [hello] = relay.seen.toServer;
  const stranger = await udpSocket(t);
  for (const reported of [1, 2]) {
    for (let count = 0; count < 50; count++) stranger.send(hello!, server.port, '127.0.0.1');
    await eventually(() => server.refused.length === reported);
    // All of them have been heard once this one has been refused, too.
    assert.equal(await unanswered(t, relay, { psk }), 'no-answer');
    assert.equal(server.refused.length, reported);
    await clock.advance(1000);
  }
  assert.deepEqual(codesOf(server), ['transport/broken', 'transport/broken']);
});

test('sessions with one address are limited', async (t) => {
  if ((await parties(t)) === undefined) return;
  const server = await startEcho(t, keys, { limits: { sessionsPerClient: 2 } });
  const [first] = [await call(t, server.port, { psk }), await call(t, server.port, { psk })];
  const third = await call(t, server.port, { psk });
  await eventually(() => third.closed());
  await first.channel.close();
  await eventually(() => server.closed === 1);
  assert.equal(await (await call(t, server.port, { psk })).ask('again'), 're:again');
});

test('sessions with all addresses together are limited', async (t) => {
  if ((await parties(t)) === undefined) return;
  const server = await startEcho(t, keys, { limits: { sessions: 2 } });
  const from = async (host: string): Promise<Caller> =>
    call(t, (await Relay.start(t, server.port, host)).port, { psk });
  const [first] = [await from('127.0.0.1'), await from('127.0.0.2')];
  const third = await from('127.0.0.2');
  await eventually(() => third.closed());
  assert.match(server.refused[0]!.message, /127\.0\.0\.2.*too many sessions are open/);
  await first.channel.close();
  await eventually(() => server.closed === 1);
  assert.equal(await (await from('127.0.0.2')).ask('again'), 're:again');
});

/** What a test gets at of a listener that has no room left, or a fault. */
interface Inside {
  engine: { calls: Record<string, unknown>; hosts: Map<number, unknown> };
}

test('a client beyond the limit is gone before any listener is notified', async (t) => {
  if ((await parties(t)) === undefined) return;
  const alive: number[] = [];
  const server: Seen = await startEcho(t, keys, {
    limits: { sessions: 1 },
    refused: () => alive.push((server.listener as unknown as Inside).engine.hosts.size),
  });
  await call(t, server.port, { psk });
  const second = await call(t, server.port, { psk });
  await eventually(() => second.closed());
  assert.deepEqual(alive, [1]);
});

test('a listener that is closed by the handler of a refusal, or of a session that is replaced, closes all', async (t) => {
  if ((await parties(t)) === undefined) return;
  const server: Seen = await startEcho(t, keys, {
    limits: { sessions: 1 },
    refused: () => void server.listener.close(),
  });
  const first = await call(t, server.port, { psk });
  const second = await call(t, server.port, { psk });
  await eventually(() => first.closed() && second.closed());
  let presented = 0;
  const listener = await listenDtls({ host: '127.0.0.1', port: 0 }, { credentials: keys }, (channel) => {
    presented += 1;
    channel.attach({ message: () => undefined, failure: () => undefined, closed: () => void listener.close() });
  });
  const relay = await Relay.start(t, listener.address.port);
  await call(t, relay.port, { psk });
  const last = await call(t, relay.port, { psk });
  await eventually(() => last.closed());
  await listener.close();
  assert.equal(presented, 1, 'nobody is presented after the end');
});

test('without memory for another session a client is refused, and the server goes on', async (t) => {
  if ((await parties(t)) === undefined) return;
  const server = await startEcho(t, keys);
  const { engine } = server.listener as unknown as Inside;
  const { calls } = engine;
  const live = await call(t, server.port, { psk });
  engine.calls = { ...calls, session_new: () => 0 };
  assert.equal(await unanswered(t, await Relay.start(t, server.port), { psk }), 'no-answer');
  await eventually(() => server.refused.length > 0);
  assert.deepEqual(codesOf(server), ['transport/memory']);
  engine.calls = calls;
  assert.equal(await live.ask('still here'), 're:still here');
  assert.equal(await (await call(t, server.port, { psk })).ask('one'), 're:one');
});

test('an exception in a listener for clients costs one session and not the server', async (t) => {
  if ((await parties(t)) === undefined) return;
  const messages: string[] = [];
  let [accepts, hears] = [false, false];
  const listener = await listenDtls(
    { host: '127.0.0.1', port: 0 },
    {
      credentials: keys,
      refused: ({ message }) => {
        messages.push(message);
        throw new Error('of refused');
      },
    },
    (channel) => {
      if (!accepts) throw new Error('of accept');
      const fails = (): void => {
        if (!hears) throw new Error('of the receiver');
      };
      channel.attach({
        message: (bytes) => {
          fails();
          channel.send(bytes);
        },
        failure: fails,
        closed: fails,
      });
    },
  );
  t.after(() => listener.close());
  const { port } = listener.address;
  const first = await call(t, port, { psk });
  await eventually(() => first.closed());
  accepts = true;
  const second = await call(t, port, { psk });
  second.channel.send(Buffer.from('one'));
  await eventually(() => second.closed());
  hears = true;
  assert.equal(await (await call(t, port, { psk })).ask('two'), 'two');
  assert.deepEqual(
    messages.map((message) => /failed: this end failed/.test(message)),
    [true, true],
  );
});

test('a session without a message is closed after its idle time, and no timer is left', async (t) => {
  if ((await parties(t)) === undefined) return;
  const clock = new FakeClock(Date.now());
  const server = await startEcho(t, keys, { clock, limits: { idleMs: 1000 } });
  const client = await call(t, server.port, { psk });
  await clock.advance(900);
  await client.ask('still here');
  await clock.advance(900);
  assert.equal(client.closed(), false);
  await clock.advance(100);
  await eventually(() => client.closed());
  assert.equal(server.closed, 1);
  await server.listener.close();
  assert.equal(clock.pending, 0);
});

test('a listener that closes says goodbye to its clients', async (t) => {
  if ((await parties(t)) === undefined) return;
  const server = await startEcho(t, keys);
  const clients = [await call(t, server.port, { psk }), await call(t, server.port, { psk })];
  await server.listener.close();
  await eventually(() => clients.every((client) => client.closed()));
  assert.equal(server.closed, 2);
});

test('a message that fits in no datagram is refused, and the session stays open', async (t) => {
  if ((await parties(t)) === undefined) return;
  const server = await startEcho(t, keys);
  const client = await call(t, server.port, { psk });
  client.channel.send(Buffer.alloc(client.channel.maxMessageSize + 1));
  assert.equal(client.failures[0]?.code, 'transport/not-sent');
  client.channel.send(Buffer.alloc(client.channel.maxMessageSize, 'a'));
  await eventually(() => server.messages.length === 1);
  assert.equal(await client.ask('one'), 're:one');
});

test('the memory of sessions that are gone is used again', async (t) => {
  if ((await parties(t)) === undefined) return;
  const server = await startEcho(t, keys);
  const memory = (): number =>
    (server.listener as unknown as { engine: { calls: { memory: { buffer: ArrayBuffer } } } }).engine.calls.memory
      .buffer.byteLength;
  const round = async (): Promise<void> => {
    const clients = await Promise.all(Array.from({ length: 10 }, () => call(t, server.port, { psk })));
    for (const client of clients) await client.channel.close();
    await eventually(() => server.closed === server.channels.length);
  };
  await round();
  const before = memory();
  for (let count = 0; count < 5; count++) await round();
  assert.equal(memory(), before);
});

test('what was lent to the library is taken back, where a part of it finds no memory too', async (t) => {
  if ((await parties(t)) === undefined) return;
  const engine = await Engine.load(new FakeClock(Date.now()));
  const { calls } = engine;
  const released: number[] = [];
  let room = 1;
  const cramped = {
    ...calls,
    allocate: (size: number) => (room-- > 0 ? calls.allocate(size) : 0),
    release: (place: number, size: number) => {
      calls.release(place, size);
      released.push(size);
    },
  };
  Object.assign(engine, { calls: cramped });
  assert.throws(() => engine.lend([Buffer.from('a key'), Buffer.from('an identity')], () => assert.fail()), {
    code: 'transport/memory',
  });
  assert.deepEqual(released, [5]);
});
