import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import { encodeMessage } from '#dots/coap/messages/codec';
import { Endpoint } from '#dots/coap/endpoint';
import { nextSequence } from '#dots/coap/observation';
import { Observers } from '#dots/coap/observers';
import type { CoapOption } from '#dots/coap/messages/message';
import { blockOption, option, uintOf } from '#dots/coap/messages/options';
import type { CoapRequest } from '#dots/coap/request';
import { FakeClock, settle } from '../../support/protocol/fakeClock';
import { wire, type FakeChannel } from '../../support/protocol/fakeNetwork';
import { arrive, last } from '../../support/coapScene';

const watched: CoapRequest = { method: 'GET', path: ['state'], confirmable: false };
const patience = { timeoutMs: 10_000 };

interface Scene {
  clock: FakeClock;
  near: FakeChannel;
  far: FakeChannel;
  client: Endpoint;
  observers: Observers;
  state: { value: string; code: string };
}

function scene(perSession = 8): Scene {
  const clock = new FakeClock();
  const [near, far] = wire(clock);
  const state = { value: 'first', code: '2.05' };
  const observers = new Observers(
    clock,
    { perSession, mayAdd: (_endpoint, _own, total) => total < 100 },
    () => Promise.resolve(plainAnswer(state.code, state.value)),
    ({ path }) => path.join('/'),
  );
  new Endpoint(far, { clock, handler: (request) => observers.handle(request) });
  return { clock, near, far, client: new Endpoint(near, { clock }), observers, state };
}

async function observe({ client }: Scene): Promise<{ heard: string[]; stop: () => Promise<void> }> {
  const heard: string[] = [];
  const { response, stop } = await client.observe(watched, patience, ({ code, payload }) =>
    heard.push(`${code} ${Buffer.from(payload).toString()}`),
  );
  heard.push(`${response.code} ${Buffer.from(response.payload).toString()}`);
  return { heard, stop };
}

test('a change reaches the observer, always non-confirmable and with a higher number', async () => {
  const all = scene();
  const { heard } = await observe(all);
  await all.clock.advance(10_000);
  all.state.value = 'second';
  all.observers.changed('state');
  await settle();
  assert.deepEqual(heard, ['2.05 first', '2.05 second']);
  assert.deepEqual(
    all.far.sent.map(({ message }) => message.type),
    ['NON', 'NON'],
  );
  const [first = 0, second = 0] = all.far.sent.map(({ message }) => uintOf(message.options, 'Observe'));
  assert.ok(second > first);
});

test('fast changes are notified every 3 s, the last of them always', async () => {
  const all = scene();
  const { heard } = await observe(all);
  const start = all.clock.now();
  for (let change = 1; change <= 50; change++) {
    all.state.value = String(change);
    all.observers.changed('state');
    await all.clock.advance(100);
  }
  await all.clock.advance(10_000);
  assert.deepEqual(
    all.far.sent.slice(1).map(({ at }) => at - start),
    [3000, 6000],
  );
  assert.equal(heard.at(-1), '2.05 50');
});

test('a repeated status waits its turn or is left out', async () => {
  const all = scene();
  await observe(all);
  all.observers.refresh('state');
  assert.equal(all.far.sent.length, 1);
  await all.clock.advance(3000);
  all.observers.refresh('state');
  await settle();
  assert.equal(all.far.sent.length, 2);
});

test('an observer that deregisters hears nothing more', async () => {
  const all = scene();
  const { heard, stop } = await observe(all);
  await stop();
  assert.equal(all.observers.size, 0);
  await all.clock.advance(10_000);
  all.observers.changed('state');
  await settle();
  assert.deepEqual(heard, ['2.05 first']);
});

test('a notification without an observer is reset, and that ends the observation', async () => {
  const all = scene();
  await observe(all);
  const forgetful = new Endpoint(all.near, { clock: all.clock });
  await all.clock.advance(5000);
  all.observers.changed('state');
  await settle();
  assert.equal(all.near.sent.at(-1)?.message.type, 'RST');
  assert.equal(all.observers.size, 0);
  await forgetful.close();
});

test('an error ends the observation on both sides', async () => {
  const all = scene();
  const { heard } = await observe(all);
  all.state.code = '4.04';
  await all.clock.advance(5000);
  all.observers.changed('state');
  await settle();
  assert.deepEqual(heard, ['2.05 first', '4.04 first']);
  assert.equal(all.observers.size, 0);
  assert.equal(all.clock.pending, 0);
});

test('a notification that comes too late is dropped', async () => {
  const all = scene();
  const { heard } = await observe(all);
  await all.clock.advance(5000);
  all.state.value = 'second';
  all.observers.changed('state');
  await settle();
  const [first, second] = all.far.sent;
  assert.ok(first && second);
  const old = Buffer.from(first.bytes);
  old.writeUInt16BE(0x7777, 2);
  all.near.deliver(old);
  await settle();
  assert.deepEqual(heard, ['2.05 first', '2.05 second']);
});

test('a client that hears nothing registers again, with the same token', async () => {
  const all = scene();
  await observe(all);
  await all.clock.advance(80_000);
  assert.equal(all.near.sent.length, 2);
  assert.equal(all.near.sent[1]?.message.token, all.near.sent[0]?.message.token);
  assert.equal(all.observers.size, 1);
});

test('an observation that ends while it is renewed leaves no renewal behind, whose silence would count against the server', async () => {
  const { clock, near, client } = scene();
  const reported: (string | undefined)[] = [];
  client.onLiveness((error) => reported.push(error?.code));
  const { stop } = await client.observe(watched, patience, () => undefined);
  let lost = true;
  near.copies = () => (lost ? 0 : 1);
  // Max-Age of 60 s, and 5 to 15 s more: RFC 7641 section 3.3.1.
  while (near.sent.length === 1) await clock.advance(100);
  lost = false;
  await stop();
  await clock.advance(60_000);
  assert.deepEqual(
    reported.filter((code) => code !== undefined),
    [],
  );
  assert.deepEqual(
    near.sent.map(({ message }) => uintOf(message.options, 'Observe')),
    [0, 0, 1],
  );
  assert.equal(clock.pending, 0);
});

test('a resource that is refused is not observed', async () => {
  const all = scene();
  all.state.code = '4.04';
  const { heard } = await observe(all);
  assert.deepEqual(heard, ['4.04 first']);
  assert.equal(all.observers.size, 0);
  assert.equal(all.clock.pending, 0);
});

test('beyond its share a session gets plain answers', async () => {
  const all = scene(2);
  for (let count = 0; count < 4; count++) await observe(all);
  assert.equal(all.observers.size, 2);
  assert.deepEqual(
    all.far.sent.map(({ message }) => uintOf(message.options, 'Observe') !== undefined),
    [true, true, false, false],
  );
});

test('a session that ends takes its observations along', async () => {
  const all = scene();
  await observe(all);
  await all.far.close();
  assert.equal(all.observers.size, 0);
});

test('numbers go up, also across a restart and around the end of their space', () => {
  const start = Date.UTC(2030, 0, 1);
  const first = nextSequence(undefined, start);
  assert.ok(nextSequence(first, start) > first || first === 2 ** 24 - 1);
  assert.equal(nextSequence(2 ** 24 - 1, 0), 0);
  const later = nextSequence(undefined, start + 60_000);
  assert.ok((later - first + 2 ** 24) % 2 ** 24 < 2 ** 23);
});

test('an observation as go-dots serves it: no Observe in the answer, numbers from 1, message ids of the request, and 4.04 at the end', async () => {
  const clock = new FakeClock();
  const [near, far] = wire(clock);
  const client = new Endpoint(near, { clock });
  const heard: string[] = [];
  const asked = client.observe({ ...watched, confirmable: true }, patience, ({ code, payload }) =>
    heard.push(`${code} ${Buffer.from(payload).toString()}`),
  );
  await settle();
  const { token, messageId } = near.sent[0]?.message ?? assert.fail();
  const says = (code: string, text: string, observe?: number): void => {
    far.send(
      encodeMessage({
        type: 'NON',
        code,
        messageId: messageId + heard.length,
        token,
        payload: Buffer.from(text),
        options: [option('Uri-Path', 'state'), ...(observe === undefined ? [] : [option('Observe', observe)])],
      }),
    );
  };
  says('2.05', 'first');
  assert.equal(Buffer.from((await asked).response.payload).toString(), 'first');
  heard.push('2.05 first');
  for (const [text, observe] of [
    ['second', 1],
    ['third', 2],
  ] as const) {
    says('2.05', text, observe);
    await settle();
  }
  says('4.04', '');
  await settle();
  assert.deepEqual(heard, ['2.05 first', '2.05 second', '2.05 third', '4.04 ']);
  assert.equal(near.sent.length, 1, 'neither a reset nor another copy');
  assert.equal(clock.pending, 0);
});

test('only 2.05 is a state: every other code is the answer to a registration that is none, and ends an observation', async () => {
  for (const code of ['2.00', '2.01', '2.02', '2.03', '2.04', '2.05', '3.00', '4.04', '4.29', '5.00', '5.03']) {
    for (const during of ['registration', 'observation']) {
      const { clock, near, client } = loneClient();
      const heard: string[] = [];
      const asked = client.observe(watched, patience, (notification) => heard.push(notification.code));
      await settle();
      const says = (said: string, number: number): void =>
        arrive(near, {
          code: said,
          messageId: number,
          token: near.sent[0]?.message.token ?? '',
          options: [option('Observe', number)],
        });
      if (during === 'observation') says('2.05', 1);
      says(code, 2);
      heard.unshift((await asked).response.code);
      await settle();
      assert.deepEqual(heard, during === 'registration' ? [code] : ['2.05', code]);
      const before = near.sent.length;
      says('2.05', 3);
      await settle();
      const isOver = near.sent.length > before;
      assert.equal(isOver, code !== '2.05', `${code} ${during}`);
      if (isOver) assert.deepEqual([last(near).type, clock.pending], ['RST', 0]);
      await client.close();
    }
  }
});

test('2.31 is no answer to an observation: what follows counts', async () => {
  const { near, client } = loneClient();
  const asked = client.observe(watched, patience, () => undefined);
  await settle();
  const token = near.sent[0]?.message.token ?? '';
  arrive(near, { code: '2.31', token, messageId: 1 });
  await settle();
  arrive(near, { code: '2.05', token, messageId: 2, options: [option('Observe', 1)], payload: Buffer.from('state') });
  assert.equal(Buffer.from((await asked).response.payload).toString(), 'state');
  await client.close();
});

test('notifications with a repeated path or without a number are taken; one with an unknown critical option is rejected', async () => {
  for (const type of ['CON', 'NON'] as const) {
    const { near, client } = loneClient();
    const heard: string[] = [];
    const asked = client.observe(watched, patience, ({ payload }) => heard.push(Buffer.from(payload).toString()));
    await settle();
    const token = near.sent[0]?.message.token ?? '';
    const says = (text: string, messageId: number, options: CoapOption[]): void =>
      arrive(near, { type, token, messageId, options, payload: Buffer.from(text) });
    says('first', 1, []);
    await asked;
    says('second', 2, [option('Uri-Path', 'state')]);
    await settle();
    says('third', 3, [option('Observe', 3), { number: 65_001, value: new Uint8Array() }]);
    assert.deepEqual([last(near).type, last(near).messageId], ['RST', 3]);
    says('fourth', 4, [option('Observe', 4)]);
    await settle();
    assert.deepEqual(heard, ['second', 'fourth']);
    await client.close();
  }
});

test('an error that ends an observation comes in blocks of the size that the registration asked for', async () => {
  const all = scene();
  const ends: string[] = [];
  const options = [blockOption('Block2', { number: 0, more: false, size: 16 })];
  await all.client.observe({ ...watched, options }, patience, ({ code, payload }) =>
    ends.push(`${code} ${Buffer.from(payload).toString()}`),
  );
  Object.assign(all.state, { code: '4.04', value: 'There is no such mitigation any more.' });
  const before = all.far.sent.length;
  await all.clock.advance(5000);
  all.observers.changed('state');
  for (let step = 0; step < 20; step++) await all.clock.advance(10);
  assert.deepEqual(ends, ['4.04 There is no such mitigation any more.']);
  assert.deepEqual(
    all.far.sent.slice(before).map(({ message }) => message.payload.length),
    [16, 16, 5],
  );
});

/** A client whose server is the test. */
function loneClient(): { clock: FakeClock; near: FakeChannel; client: Endpoint } {
  const clock = new FakeClock();
  const [near] = wire(clock);
  return { clock, near, client: new Endpoint(near, { clock }) };
}
