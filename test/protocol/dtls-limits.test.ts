import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { call, parties, psk, reasonOf, startEcho, type Seen } from './support/dtlsScene';
import { FakeClock } from './support/fake-clock';
import { Relay } from './support/relay';
import { eventually } from './support/scene';

const keys = { psk: () => psk.key };

/** A client that shows its cookie, is cut off when it goes on, and gives up. */
async function stuck(t: TestContext, { port }: Seen): Promise<void> {
  const relay = await Relay.start(t, port);
  relay.fate = (bytes) => (relay.seen.toServer.length > 2 ? [] : [{ bytes, afterMs: 0 }]);
  const controller = new AbortController();
  const attempt = reasonOf(call(t, relay.port, { psk }, { signal: controller.signal }));
  await eventually(() => relay.seen.toServer.length > 2);
  controller.abort();
  assert.equal(await attempt, 'cancelled');
}

test('half-open sessions of one address are limited, and end', async (t) => {
  if ((await parties(t)) === undefined) return;
  const clock = new FakeClock();
  const server = await startEcho(t, keys, { clock, limits: { halfOpenPerAddress: 2 } });
  await stuck(t, server);
  await stuck(t, server);
  assert.equal(await reasonOf(call(t, server.port, { psk }, { deadlineMs: 200 })), 'no-answer');
  await clock.advance(15_000);
  assert.deepEqual(server.refused.map(({ code }) => code), ['transport/no-answer', 'transport/no-answer']);
  assert.equal(await (await call(t, server.port, { psk })).ask('one'), 're:one');
});

test('sessions with one address are limited', async (t) => {
  if ((await parties(t)) === undefined) return;
  const server = await startEcho(t, keys, { limits: { sessionsPerAddress: 2 } });
  const [first] = [await call(t, server.port, { psk }), await call(t, server.port, { psk })];
  const third = await call(t, server.port, { psk });
  await eventually(() => third.closed());
  await first.channel.close();
  await eventually(() => server.closed === 1);
  assert.equal(await (await call(t, server.port, { psk })).ask('again'), 're:again');
});

test('a session without a message is closed after its idle time, and no timer is left', async (t) => {
  if ((await parties(t)) === undefined) return;
  const clock = new FakeClock();
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

test('a message that fits in no datagram is refused, and the session stands', async (t) => {
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
  const memory = (): number => (server.listener as unknown as { engine: { calls: { memory: { buffer: ArrayBuffer } } } }).engine.calls.memory.buffer.byteLength;
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
