import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import { systemClock } from '#dots/runtime/clock';
import { encodeMessage } from '#dots/coap/messages/codec';
import { Endpoint } from '#dots/coap/endpoint';
import type { Handler } from '#dots/coap/inbound';
import type { Message } from '#dots/coap/messages/message';
import { Observers } from '#dots/coap/observers';
import { option } from '#dots/coap/messages/options';
import type { DotsError } from '#dots/model/errors';
import { storedEntry } from '#dots/dotsServer/state/dataClient';
import { DataClients } from '#dots/dotsServer/state/dataClients';
import { memoryJournal } from '#dots/dotsServer/state/journal';
import { Store } from '#dots/dotsServer/state/store';
import { connect } from '#dots/transport/connect/connect';
import { attemptDelay, raceConnections } from '#dots/transport/connect/raceConnections';
import { PathMemory, pathsTo } from '#dots/transport/connect/paths';
import { FakeClock, settle } from '../../support/protocol/fakeClock';
import { wire, type FakeChannel } from '../../support/protocol/fakeNetwork';

const hour = 3_600_000;
const day = 24 * hour;
const large = Buffer.alloc(5000, 'x');

function pair(handler: Handler): { clock: FakeClock; near: FakeChannel; far: FakeChannel; client: Endpoint } {
  const clock = new FakeClock();
  const [near, far] = wire(clock);
  new Endpoint(far, { clock, handler });
  return { clock, near, far, client: new Endpoint(near, { clock }) };
}

/** Sets the time on the wall that much later, or earlier. */
const leap = (clock: FakeClock, milliseconds: number): void => clock.set(clock.now() + milliseconds);

test('the clock of the machine waits at most as long as a timer can, and has a time that goes on by itself', (t) => {
  const set = t.mock.method(globalThis, 'setTimeout', () => undefined);
  for (const wait of [5, 30 * day]) systemClock.setTimeout(() => undefined, wait);
  assert.deepEqual(
    set.mock.calls.map((call) => (call.arguments as unknown[])[1]),
    [5, 2 ** 31 - 1],
  );
  t.mock.method(Date, 'now', () => 0);
  const before = systemClock.monotonic();
  assert.ok(before > 0 && systemClock.monotonic() >= before);
});

test('a request that comes twice is done once, though the clock was set forward in between', async () => {
  let done = 0;
  const { clock, far } = pair(() => {
    done += 1;
    return Promise.resolve(plainAnswer('2.04'));
  });
  const put = encodeMessage({
    type: 'CON',
    code: '0.03',
    messageId: 7,
    token: 'ab',
    options: [],
    payload: large.subarray(0, 5),
  });
  far.deliver(put);
  await settle();
  leap(clock, day);
  far.deliver(put);
  await settle();
  assert.deepEqual([done, far.sent.length], [1, 2]);
});

test('the blocks of a request have the time they were given, no less and no more, and the round trip is what it was', async () => {
  for (const [leapMs, arriving] of [
    [hour, Infinity],
    [-hour, Infinity],
    [-hour, 3],
  ] as const) {
    const { clock, near, client } = pair(({ payload }) => Promise.resolve({ code: '2.04', payload }));
    near.copies = (index) => {
      if (index === 2) leap(clock, leapMs);
      return index < arriving ? 1 : 0;
    };
    const request = client
      .request({ method: 'PUT', path: ['a'], payload: large, confirmable: false }, { timeoutMs: 10_000 })
      .then(
        ({ payload, roundTripMs }) => [large.equals(payload), roundTripMs],
        (error: unknown) => (error as DotsError).code,
      );
    for (let turn = 0; turn < 10; turn++) await settle();
    await clock.advance(10_000);
    assert.deepEqual(await request, arriving === Infinity ? [true, 0] : 'coap/no-answer');
    assert.equal(clock.pending, 0);
  }
});

test('a ping returns its round trip', async () => {
  const { clock, near, client } = pair(() => Promise.resolve(plainAnswer('2.05')));
  near.copies = () => {
    leap(clock, hour);
    return 1;
  };
  const ping = client.ping({ timeoutMs: 1000 });
  await clock.advance(10);
  assert.equal(await ping, 0);
});

test('a change is notified after 3 s at the latest, and a status may be repeated, though the clock was set back', async () => {
  const clock = new FakeClock();
  const [near, far] = wire(clock);
  const observers = new Observers(
    clock,
    { perSession: 8, mayAdd: (_endpoint, _own, total) => total < 100 },
    () => Promise.resolve(plainAnswer('2.05', 'state')),
    ({ path }) => path.join('/'),
  );
  new Endpoint(far, { clock, handler: (request) => observers.handle(request) });
  const heard: string[] = [];
  await new Endpoint(near, { clock }).observe(
    { method: 'GET', path: ['state'], confirmable: false },
    { timeoutMs: 1000 },
    ({ code }) => heard.push(code),
  );
  leap(clock, -hour);
  observers.changed('state');
  await clock.advance(3000);
  assert.equal(heard.length, 1);
  await clock.advance(3000);
  observers.refresh('state');
  await settle();
  assert.equal(heard.length, 2, 'and its number is a higher one all the same');
});

test('a notification that was overtaken stays old, though the clock was set forward', async () => {
  const clock = new FakeClock();
  const [near, far] = wire(clock);
  far.attach({ message: () => undefined, failure: () => undefined, closed: () => undefined });
  const heard: string[] = [];
  const observed = new Endpoint(near, { clock }).observe(
    { method: 'GET', path: ['state'], confirmable: false },
    { timeoutMs: 1000 },
    ({ payload }) => heard.push(Buffer.from(payload).toString()),
  );
  await settle();
  const notification = (messageId: number, sequence: number, text: string): void =>
    near.deliver(
      encodeMessage({
        type: 'NON',
        code: '2.05',
        messageId,
        token: (near.sent[0]?.message as Message).token,
        options: [option('Observe', sequence)],
        payload: Buffer.from(text),
      }),
    );
  notification(1, 10, 'first');
  await observed;
  leap(clock, hour);
  notification(2, 9, 'overtaken');
  notification(3, 11, 'second');
  await settle();
  assert.deepEqual(heard, ['second']);
});

test('a path that fails is followed by the next at once, though the clock was set back', async () => {
  const clock = new FakeClock();
  const attempt = (name: string): Promise<string> => {
    leap(clock, -hour);
    return name === 'a' ? Promise.reject(new Error(name)) : Promise.resolve(name);
  };
  const race = raceConnections({
    candidates: ['a', 'b'],
    delayMs: attemptDelay.idle,
    deadline: 0,
    clock,
    attempt,
    isFinal: () => false,
    discard: () => undefined,
  });
  await clock.advance(10);
  assert.equal((await race).winner, 'b');
});

test('each attempt has the time that is left of the whole, though the clock was set meanwhile', async () => {
  const clock = new FakeClock();
  const given: number[] = [];
  const dial = (_address: unknown, { deadlineMs = 0 }): Promise<never> => {
    given.push(deadlineMs);
    return Promise.reject(new Error('no'));
  };
  const resolver = (): Promise<string[]> => {
    leap(clock, hour);
    return Promise.resolve(['192.0.2.1']);
  };
  await assert.rejects(
    connect('coaps://dots.example.net', {
      credentials: { psk: { identity: 'a', key: Buffer.from('k') } },
      clock,
      deadlineMs: 5000,
      resolver,
      dialers: { dtls: dial, tls: dial },
    }),
  );
  assert.deepEqual(given, [5000]);
});

test('what became of a path is known for ten minutes, and DTLS looked for after a day, by the time that has passed', async () => {
  const clock = new FakeClock();
  const memory = new PathMemory();
  const tls = {
    credentials: { psk: { identity: 'a', key: Buffer.from('k') } },
    clock,
    memory,
    resolver: () => Promise.resolve(['192.0.2.1']),
  };
  const started: string[] = [];
  const dial = (transport: string) => (): Promise<never> => {
    started.push(transport);
    return Promise.reject(new Error('no'));
  };
  const [dtlsPath, tlsPath] = pathsTo(['192.0.2.1'], 4646, ['dtls', 'tls']);
  assert.ok(dtlsPath && tlsPath);
  memory.remember(tlsPath, true, clock.monotonic());
  leap(clock, day);
  await assert.rejects(connect('dots.example.net', { ...tls, dialers: { dtls: dial('dtls'), tls: dial('tls') } }));
  assert.deepEqual(started, ['tls']);
  memory.probed('dots.example.net:4646', false, clock.monotonic());
  leap(clock, -10 * day);
  await clock.advance(day);
  assert.equal(memory.nextProbe('dots.example.net:4646', clock.monotonic()), clock.monotonic());
});

test('aliases and ACLs are kept in files and over restarts, so it is the time on the wall that ends them', async () => {
  const clock = new FakeClock();
  const store = new Store(memoryJournal);
  const clients = new DataClients(store, clock);
  const client = { cuid: 'c', owner: 'o', aliases: [storedEntry({ name: 'web' }, clock.now())], acls: [] };
  await store.exclusive(() => clients.put(client));
  leap(clock, -30 * day);
  await clock.advance(6 * day);
  assert.equal(clients.find('c')?.aliases.length, 1);
  leap(clock, 38 * day);
  assert.equal(clients.find('c')?.aliases.length, 0);
  clients.close();
  assert.equal(clock.pending, 0);
});
