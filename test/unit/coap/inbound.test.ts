import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import type { Message } from '#dots/coap/messages/message';
import { option, uintOf } from '#dots/coap/messages/options';
import { settle } from '../../support/protocol/fakeClock';
import { alone, arrive, confirmable, fails, last, long, nonConfirmable, pair } from '../../support/coapScene';

test('a duplicate is answered from memory and handled once', async () => {
  let handled = 0;
  const { channel } = alone({ handler: () => Promise.resolve(plainAnswer('2.04', String(++handled))) });
  for (const type of ['CON', 'NON'] as const) {
    const request = { type, code: '0.03', messageId: 5, token: type === 'CON' ? '01' : '02' };
    arrive(channel, request);
    await settle();
    arrive(channel, request);
    await settle();
    const [first, second] = channel.sent.slice(-2);
    assert.deepEqual(second?.bytes, first?.bytes);
  }
  assert.equal(handled, 2);
  arrive(channel, { type: 'NON', code: '0.03', messageId: 5, token: '03' });
  await settle();
  assert.equal(handled, 3, 'the same message id with another token is another request');
});

test('a message is forgotten after the exchange lifetime', async () => {
  let handled = 0;
  const { channel, clock } = alone({ handler: () => Promise.resolve(plainAnswer('2.04', String(++handled))) });
  arrive(channel, { code: '0.03', messageId: 5, token: '01' });
  await clock.advance(250_000);
  arrive(channel, { code: '0.03', messageId: 5, token: '01' });
  await settle();
  assert.equal(handled, 2);
});

test('a slow answer to a confirmable request is acknowledged first and then sent for itself', async () => {
  const { clock, far, client } = pair({
    handler: () =>
      new Promise((resolve) => {
        clock.setTimeout(() => resolve(plainAnswer('2.05', 'done')), 5_000);
      }),
  });
  const request = client.request(confirmable, long);
  await clock.advance(6_000);
  assert.equal(Buffer.from((await request).payload).toString(), 'done');
  assert.deepEqual(
    far.sent.map(({ message }) => [message.type, message.code]),
    [
      ['ACK', '0.00'],
      ['CON', '2.05'],
    ],
  );
  await clock.advance(60_000);
  assert.equal(clock.pending, 0);
});

test('a request that is ignored in silence gets no answer', async () => {
  const { clock, far, client } = pair({ handler: () => Promise.resolve(undefined) });
  const outcome = fails(client.request(nonConfirmable, { timeoutMs: 10_000 }), 'coap/no-answer');
  await clock.advance(10_000);
  await outcome;
  assert.equal(far.sent.length, 0);
});

test('a request in work when the session ends is neither acknowledged nor answered', async () => {
  for (const acknowledged of [false, true]) {
    let answer: (() => void) | undefined;
    const { endpoint, channel, clock } = alone({
      handler: () =>
        new Promise((resolve) => {
          answer = () => resolve(plainAnswer('2.05'));
        }),
    });
    arrive(channel, { type: 'CON', code: '0.01' });
    await clock.advance(acknowledged ? 5000 : 0);
    await endpoint.close();
    assert.equal(clock.pending, 0);
    answer?.();
    await settle();
    assert.deepEqual([clock.pending, channel.sent.length], [0, acknowledged ? 1 : 0]);
  }
});

const refusals: [string, Partial<Message>, string][] = [
  ['an unknown critical option', { code: '0.01', options: [{ number: 65_001, value: new Uint8Array() }] }, '4.02'],
  ['Q-Block2', { code: '0.01', options: [option('Q-Block2', 6)] }, '4.02'],
  ['FETCH', { code: '0.05' }, '4.05'],
  ['a proxy', { code: '0.01', options: [option('Proxy-Uri', 'coap://192.0.2.1/')] }, '5.05'],
  [
    'the probe of go-dots, a GET without a path and with Q-Block2',
    { code: '0.01', options: [option('Q-Block2', 6)] },
    '4.02',
  ],
  ['an Accept that is repeated', { code: '0.01', options: [option('Accept', 271), option('Accept', 60)] }, '4.02'],
  ['a Uri-Port of three bytes', { code: '0.01', options: [{ number: 7, value: Buffer.alloc(3, 1) }] }, '4.02'],
  ['If-None-Match', { code: '0.03', options: [option('If-None-Match', '')] }, '4.02'],
  ['a Hop-Limit of 0', { code: '0.01', options: [{ number: 16, value: Buffer.from([0]) }] }, '4.00'],
  ['a Hop-Limit without a value', { code: '0.01', options: [option('Hop-Limit', '')] }, '4.00'],
  ['a Hop-Limit above 255', { code: '0.01', options: [option('Hop-Limit', 256)] }, '4.00'],
  ['a body beyond the limit', { code: '0.03', payload: Buffer.alloc(17_000, 1) }, '4.13'],
  [
    'an announced size beyond the limit',
    { code: '0.03', payload: Buffer.alloc(16, 1), options: [option('Block1', 8), option('Size1', 17_000)] },
    '4.13',
  ],
  ['a reserved size of the blocks of the answer', { code: '0.03', options: [option('Block2', 7)] }, '4.00'],
  ['a reserved block size', { code: '0.03', payload: Buffer.alloc(16, 1), options: [option('Block1', 15)] }, '4.00'],
];

for (const [what, request, code] of refusals) {
  test(`${what} is refused with ${code}`, async () => {
    const { channel } = alone({ handler: () => Promise.resolve(plainAnswer('2.05')) });
    arrive(channel, { type: 'CON', ...request });
    await settle();
    assert.deepEqual([last(channel).type, last(channel).code], ['ACK', code]);
    arrive(channel, { type: 'NON', ...request, messageId: 10 });
    await settle();
    const { type, code: answer, messageId } = last(channel);
    if (code === '4.02') assert.deepEqual([type, answer, messageId], ['RST', '0.00', 10]);
    else assert.deepEqual([type, answer], ['NON', code]);
  });
}

test('an unknown elective option and a Hop-Limit are taken', async () => {
  const { channel } = alone({ handler: () => Promise.resolve(plainAnswer('2.05')) });
  arrive(channel, { code: '0.01', options: [{ number: 65_000, value: Buffer.alloc(20) }, option('Hop-Limit', 16)] });
  await settle();
  assert.equal(last(channel).code, '2.05');
});

test('what is elective and wrong is as good as absent, and the first of two counts', async () => {
  const seen: (number | undefined)[][] = [];
  const { channel } = alone({
    handler: ({ options, contentFormat }) => {
      seen.push([contentFormat, uintOf(options, 'Observe'), uintOf(options, 'Hop-Limit')]);
      return Promise.resolve(plainAnswer('2.05'));
    },
  });
  arrive(channel, {
    code: '0.03',
    options: [
      option('Content-Format', 271),
      option('Content-Format', 60),
      option('Hop-Limit', 1),
      option('Hop-Limit', 0),
      { number: 6, value: Buffer.alloc(4) },
    ],
  });
  arrive(channel, { code: '0.03', messageId: 10, options: [{ number: 12, value: Buffer.alloc(3, 1) }] });
  await settle();
  assert.deepEqual(seen, [
    [271, undefined, 1],
    [undefined, undefined, undefined],
  ]);
});

test('If-Match with an empty value, ETags and a Hop-Limit reach the resource', async () => {
  const seen: number[][] = [];
  const { channel } = alone({
    handler: ({ options }) => {
      seen.push(options.map(({ number }) => number));
      return Promise.resolve(plainAnswer('2.04'));
    },
  });
  arrive(channel, {
    code: '0.03',
    options: [option('If-Match', ''), option('ETag', 'one'), option('ETag', 'two'), option('Hop-Limit', 255)],
  });
  await settle();
  assert.deepEqual([seen, last(channel).code], [[[1, 4, 4, 16]], '2.04']);
});

test('an answer keeps its Max-Age and Content-Format', async () => {
  const { client } = pair({
    handler: () =>
      Promise.resolve({ code: '2.05', payload: Buffer.from('a0', 'hex'), contentFormat: 271, maxAge: 245 }),
  });
  const { options } = await client.request(confirmable, long);
  assert.deepEqual([uintOf(options, 'Content-Format'), uintOf(options, 'Max-Age')], [271, 245]);
});

test('a handler that breaks answers 5.00 and says nothing of itself', async () => {
  const { channel } = alone({ handler: () => Promise.reject(new TypeError('secret')) });
  arrive(channel, { code: '0.01' });
  await settle();
  assert.equal(last(channel).code, '5.00');
  assert.doesNotMatch(Buffer.from(last(channel).payload).toString(), /secret/);
});

test('more requests at once than a session may have get 5.03', async () => {
  const { channel } = alone({ handler: () => new Promise(() => undefined) });
  for (let messageId = 0; messageId < 40; messageId++) arrive(channel, { code: '0.01', messageId, token: '01' });
  await settle();
  assert.deepEqual([...new Set(channel.sent.map(({ message }) => message.code))], ['5.03']);
  assert.equal(channel.sent.length, 8);
});
