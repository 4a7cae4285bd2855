import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import { DotsError } from '#dots/model/errors';
import { settle } from '../../../support/protocol/fakeClock';
import { alone, arrive, confirmable, fails, last, long, nonConfirmable } from '../../../support/coapScene';

test('a request whose copies are refused by the network at once is sent until its time is over', async () => {
  for (const [request, copies] of [
    [nonConfirmable, 4],
    [confirmable, 3],
  ] as const) {
    const { clock, channel, endpoint } = alone({ random: () => 0 });
    let tries = 0;
    channel.send = () => {
      tries += 1;
      channel.refuse(new DotsError('unreachable', 'transport/network', 'No route.'));
    };
    const outcome = fails(endpoint.request(request, { timeoutMs: 10_000 }), 'transport/network');
    await clock.advance(60_000);
    await outcome;
    assert.deepEqual([tries, clock.pending], [copies, 0]);
  }
});

test('an answer in an acknowledgement is taken only under the message id of its request', async () => {
  for (const request of [confirmable, nonConfirmable]) {
    const { channel, endpoint } = alone();
    const answer = endpoint.request(request, long);
    await settle();
    const { messageId, token } = last(channel);
    arrive(channel, { type: 'ACK', code: '4.04', messageId: (messageId + 77) % 0x10000, token });
    arrive(channel, { type: 'ACK', code: '2.05', messageId, token });
    assert.equal((await answer).code, '2.05');
  }
});

test('an answer in the acknowledgement of a later copy is taken after an empty acknowledgement', async () => {
  const { channel, endpoint } = alone();
  const answer = endpoint.request(confirmable, long);
  await settle();
  const { messageId, token } = last(channel);
  arrive(channel, { type: 'ACK', code: '0.00', messageId });
  arrive(channel, { type: 'ACK', code: '2.05', messageId, token });
  assert.equal((await answer).code, '2.05');
});

test('a duplicate of an early message is answered from memory, after many others', async () => {
  let handled = 0;
  const { channel } = alone({ handler: () => Promise.resolve(plainAnswer('2.04', String(++handled))) });
  const ask = async (messageId: number): Promise<Uint8Array | undefined> => {
    arrive(channel, { type: 'CON', code: '0.03', messageId, token: '01' });
    await settle();
    return channel.sent.at(-1)?.bytes;
  };
  const first = await ask(0);
  for (let messageId = 1; messageId < 128; messageId++) await ask(messageId);
  assert.deepEqual(await ask(0), first);
  assert.equal(handled, 128);
});

test('answers that a client never acknowledges count among its requests at once', async () => {
  const { clock, channel } = alone({
    handler: () =>
      new Promise((resolve) => {
        clock.setTimeout(() => resolve(plainAnswer('2.05')), 1500);
      }),
  });
  for (let round = 0; round < 3; round++) {
    for (let number = 0; number < 32; number++)
      arrive(channel, {
        type: 'CON',
        code: '0.01',
        messageId: round * 32 + number,
        token: `${10 + round}${10 + number}`,
      });
    await clock.advance(1600);
  }
  const codes = channel.sent.map(({ message }) => message.code);
  assert.equal(codes.filter((code) => code === '5.03').length, 64);
  await clock.advance(3_600_000);
  assert.equal(
    new Set(channel.sent.filter(({ message }) => message.type === 'CON').map(({ message }) => message.token)).size,
    32,
  );
  arrive(channel, { type: 'CON', code: '0.01', messageId: 500, token: 'ff' });
  await clock.advance(1000);
  assert.deepEqual([last(channel).type, last(channel).code], ['ACK', '0.00'], 'and there is room again');
  await clock.advance(60_000);
  assert.equal(clock.pending, 0);
});

test('a refusal names three options at most, each once', async () => {
  const { channel } = alone();
  const value = new Uint8Array();
  const words = async (numbers: number[]): Promise<string> => {
    arrive(channel, {
      type: 'CON',
      code: '0.01',
      messageId: numbers.length,
      options: numbers.map((number) => ({ number, value })),
    });
    await settle();
    assert.equal(last(channel).code, '4.02');
    return Buffer.from(last(channel).payload).toString();
  };
  assert.match(await words([9, 9, 65_001]), /^The critical option 9, 65001 is unknown/);
  assert.match(
    await words(Array.from({ length: 1100 }, (_, index) => 60_001 + 2 * index)),
    /^The critical option 60001, 60003, 60005, … is unknown/,
  );
  assert.ok(channel.sent.every(({ bytes }) => bytes.length < 200));
});

test('a request too large for a datagram fails for itself, unsent, and the others go on', async () => {
  const { channel, endpoint } = alone();
  const other = endpoint.request(nonConfirmable, long);
  const path = Array.from({ length: 6 }, () => 'x'.repeat(250));
  for (const request of [nonConfirmable, confirmable])
    await fails(endpoint.request({ ...request, path }, long), 'coap/too-large');
  assert.equal(channel.sent.length, 1);
  channel.refuse(new DotsError('unreachable', 'transport/not-sent', 'Too large.'));
  arrive(channel, { code: '2.04', token: last(channel).token });
  assert.equal((await other).code, '2.04');
});
