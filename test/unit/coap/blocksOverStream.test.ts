import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import { encodeFrame } from '#dots/coap/messages/frames';
import { Observers } from '#dots/coap/observers';
import { blockOf, option, uintOf } from '#dots/coap/messages/options';
import { signal } from '#dots/coap/messages/signalingMessages';
import { fails } from '../../support/coapScene';
import { settle } from '../../support/protocol/fakeClock';
import type { StreamChannel } from '../../support/streamScene';
import { get, patience, large, alone, introduced, pair, text, last } from '../../support/streamScene';

test('bodies travel whole where the peer takes them', async () => {
  const { client, one, two } = pair({}, { handler: ({ payload }) => Promise.resolve({ code: '2.04', payload }) });
  await settle();
  const answer = await client.request({ method: 'PUT', path: ['a'], payload: large, confirmable: false }, patience);
  assert.ok(large.equals(answer.payload));
  assert.deepEqual(
    [one.codes, two.codes],
    [
      ['7.01', '0.03'],
      ['7.01', '2.04'],
    ],
  );
  await client.close();
});

test('before the CSM of the peer a message has at most 1152 bytes', async () => {
  const { client, one } = pair({}, { handler: ({ payload }) => Promise.resolve({ code: '2.04', payload }) });
  const answer = await client.request({ method: 'PUT', path: ['a'], payload: large, confirmable: false }, patience);
  assert.ok(large.equals(answer.payload));
  assert.ok(one.sent.every((message) => encodeFrame(message).length <= 1152));
  await client.close();
});

test('several blocks in one message, in both directions: BERT', async () => {
  const { client, one, two } = pair(
    { largestMessage: 3000 },
    { largestMessage: 4500, handler: ({ payload }) => Promise.resolve({ code: '2.04', payload }) },
  );
  await settle();
  const answer = await client.request({ method: 'PUT', path: ['a'], payload: large, confirmable: false }, patience);
  assert.ok(large.equals(answer.payload));
  const blocks = (channel: StreamChannel, name: 'Block1' | 'Block2'): unknown[] =>
    channel.sent
      .map(({ options, payload }) => [blockOf(options, name, true), payload.length] as const)
      .flatMap(([block, length]) =>
        typeof block === 'object' ? [[block.number, block.more, block.bert, length]] : [],
      );
  assert.deepEqual(blocks(one, 'Block1'), [
    [0, true, true, 4096],
    [4, true, true, 4096],
    [8, false, true, 808],
  ]);
  assert.deepEqual(blocks(two, 'Block2'), [
    [0, true, true, 2048],
    ...[2, 3, 4, 5, 6, 7].map((number) => [number, true, undefined, 1024]),
    [8, false, undefined, 808],
  ]);
  assert.ok(two.sent.every((message) => encodeFrame(message).length <= 3000));
  await client.close();
});

test('who asks for several blocks at once gets them', async (t) => {
  const { channel, arrive } = introduced(t, { handler: () => Promise.resolve({ code: '2.05', payload: large }) });
  arrive({ code: '0.01', token: '01', options: [option('Uri-Path', 'a')] });
  await settle();
  for (const number of [3, 6]) {
    arrive({
      code: '0.01',
      token: '02',
      options: [option('Uri-Path', 'a'), { number: 23, value: Uint8Array.of(number * 16 + 7) }],
    });
    await settle();
  }
  const blocks = channel.sent
    .slice(1)
    .map(({ options, payload }) => [blockOf(options, 'Block2', true), payload.length]);
  assert.deepEqual(blocks, [
    [{ number: 0, more: true, size: 1024, bert: true }, 3072],
    [{ number: 3, more: true, size: 1024, bert: true }, 3072],
    [{ number: 6, more: false, size: 1024, bert: true }, 2856],
  ]);
});

test('a peer that takes little gets small blocks', async () => {
  const { client, one, two } = pair(
    { largestMessage: 200 },
    { largestMessage: 300, handler: ({ payload }) => Promise.resolve({ code: '2.04', payload }) },
  );
  await settle();
  const payload = large.subarray(0, 1000);
  const answer = await client.request({ method: 'PUT', path: ['a'], payload, confirmable: false }, patience);
  assert.ok(payload.equals(answer.payload));
  assert.ok(
    one.sent.every((message) => encodeFrame(message).length <= 300) &&
      two.sent.every((message) => encodeFrame(message).length <= 200),
  );
  await client.close();
});

test('a peer that has not said that it knows BERT gets plain blocks, and one that is refused blocks of another size gets those', async (t) => {
  const { channel, endpoint, arrive } = alone(t);
  arrive(signal('7.01', { options: [{ number: 2, value: Uint8Array.of(16, 0) }] }));
  const answer = endpoint.request({ method: 'PUT', path: ['a'], payload: large, confirmable: true }, patience);
  await settle();
  assert.deepEqual(blockOf(last(channel).options, 'Block1', true), { number: 0, more: true, size: 1024 });
  arrive({ code: '2.31', token: last(channel).token, options: [{ number: 27, value: Uint8Array.of(0x0d) }] });
  await settle();
  assert.deepEqual(blockOf(last(channel).options, 'Block1', true), { number: 2, more: true, size: 512 });
  arrive({ code: '4.13', token: last(channel).token });
  assert.equal((await answer).code, '4.13');
});

test('a refusal is no larger than the peer takes, and a request that is larger is not sent', async (t) => {
  const { channel, endpoint, arrive } = introduced(t, {}, 100);
  arrive({
    code: '0.01',
    token: '01',
    options: Array.from({ length: 200 }, (_, index) => ({ number: 60_001 + 2 * index, value: new Uint8Array() })),
  });
  await settle();
  assert.equal(last(channel).code, '4.02');
  await fails(endpoint.request({ ...get, path: ['x'.repeat(200)] }, patience), 'coap/too-large');
  assert.ok(channel.sent.slice(1).every((message) => encodeFrame(message).length <= 100));
  assert.equal(channel.codes.length, 2);
});

test('notifications are delivered as they come, whatever their number, nothing is renewed, and the end is asked for', async () => {
  const state = { value: 'first' };
  const far: { observers?: Observers } = {};
  const { client, one, two, clock } = pair(
    {},
    { handler: (request) => far.observers?.handle(request) ?? Promise.resolve(undefined) },
  );
  far.observers = new Observers(
    clock,
    { perSession: 8, mayAdd: (_endpoint, _own, total) => total < 8 },
    () => Promise.resolve(plainAnswer('2.05', state.value)),
    ({ path }) => path.join('/'),
  );
  const heard: string[] = [];
  const { response, stop } = await client.observe(get, patience, (content) => heard.push(text(content)));
  heard.push(text(response));
  const { token } = last(one);
  await clock.advance(4_000);
  state.value = 'second';
  far.observers.changed('a');
  await settle();
  two.send(encodeFrame({ code: '2.05', token, options: [option('Observe', 1)], payload: Buffer.from('third') }));
  await clock.advance(500_000);
  assert.deepEqual(heard, ['first', 'second', 'third']);
  assert.deepEqual(one.codes, ['7.01', '0.01']);
  await stop();
  assert.equal(uintOf(last(one).options, 'Observe'), 1);
  assert.equal(far.observers.size, 0);
  await client.observe(get, patience, () => undefined);
  assert.equal(far.observers.size, 1);
  await client.close();
  await settle();
  assert.equal(far.observers.size, 0, 'a closed connection ends its observations');
  assert.equal(clock.pending, 0);
});
