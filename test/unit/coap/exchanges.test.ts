import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { plainAnswer } from '#dots/coap/answer';
import { encodeMessage } from '#dots/coap/messages/codec';
import { Endpoint } from '#dots/coap/endpoint';
import type { CoapOption } from '#dots/coap/messages/message';
import { option, textsOf } from '#dots/coap/messages/options';
import { DotsError } from '#dots/model/errors';
import { FakeClock, settle } from '../../support/protocol/fakeClock';
import { wire } from '../../support/protocol/fakeNetwork';
import { isConfirmable, malformedDatagrams } from '../../support/protocol/malformed';
import { alone, arrive, confirmable, fails, last, long, nonConfirmable, pair } from '../../support/coapScene';

test('a confirmable request is sent four times, at doubling distances, then given up', async () => {
  const { clock, channel, endpoint } = alone();
  const start = clock.now();
  const outcome = fails(endpoint.request(confirmable, long), 'coap/no-acknowledgement');
  await clock.advance(100_000);
  await outcome;
  const times = channel.sent.map(({ at }) => at - start);
  assert.equal(times.length, 4);
  const [first = 0, second = 0, third = 0] = times.slice(1);
  assert.ok(first >= 2000 && first <= 3000, String(first));
  assert.equal(second - first, 2 * first);
  assert.equal(third - second, 4 * first);
  assert.equal(
    new Set(channel.sent.map(({ message }) => `${message.messageId} ${message.token}`)).size,
    1,
    'copies of one message',
  );
  assert.equal(clock.pending, 0);
});

test('an empty acknowledgement ends the copies; the answer comes later and is acknowledged', async () => {
  const { clock, channel, endpoint } = alone();
  const request = endpoint.request(confirmable, long);
  await settle();
  const { messageId, token } = last(channel);
  arrive(channel, { type: 'ACK', code: '0.00', messageId });
  await clock.advance(60_000);
  assert.equal(channel.sent.length, 1);
  arrive(channel, { type: 'CON', code: '2.05', messageId: 77, token, payload: Buffer.from('late') });
  assert.equal(Buffer.from((await request).payload).toString(), 'late');
  assert.deepEqual([last(channel).type, last(channel).code, last(channel).messageId], ['ACK', '0.00', 77]);
  arrive(channel, { type: 'CON', code: '2.05', messageId: 77, token, payload: Buffer.from('late') });
  assert.equal(last(channel).type, 'ACK', 'the copy of the answer is acknowledged again');
  assert.equal(channel.sent.length, 3);
});

test('a non-confirmable answer to a confirmable request ends the copies too', async () => {
  const { clock, channel, endpoint } = alone();
  const request = endpoint.request(confirmable, long);
  await settle();
  arrive(channel, { type: 'NON', code: '2.05', messageId: last(channel).messageId, token: last(channel).token });
  assert.equal((await request).code, '2.05');
  await clock.advance(60_000);
  assert.equal(channel.sent.length, 1);
});

test('a reset ends the request at once', async () => {
  const { channel, endpoint, clock } = alone();
  for (const request of [confirmable, nonConfirmable]) {
    const outcome = fails(endpoint.request(request, long), 'coap/reset');
    await settle();
    channel.deliver(
      encodeMessage({
        type: 'RST',
        code: '0.00',
        messageId: last(channel).messageId,
        token: '',
        options: [],
        payload: new Uint8Array(),
      }),
    );
    await outcome;
  }
  assert.equal(clock.pending, 0);
});

test('a non-confirmable request is repeated every 3 s under its token and a new message id, until it is answered', async () => {
  const { clock, channel, endpoint } = alone();
  const start = clock.now();
  const request = endpoint.request(nonConfirmable, long);
  await clock.advance(6_500);
  assert.deepEqual(
    channel.sent.map(({ at }) => at - start),
    [0, 3000, 6000],
  );
  assert.equal(new Set(channel.sent.map(({ message }) => message.token)).size, 1);
  assert.equal(new Set(channel.sent.map(({ message }) => message.messageId)).size, 3);
  arrive(channel, { code: '2.04', token: last(channel).token });
  assert.equal((await request).roundTripMs, 6_500);
  await clock.advance(60_000);
  assert.equal(channel.sent.length, 3);
});

test('silence ends at the deadline', async () => {
  const { clock, endpoint } = alone();
  const outcome = fails(endpoint.request(nonConfirmable, { timeoutMs: 10_000 }), 'coap/no-answer');
  await clock.advance(10_000);
  await outcome;
  assert.equal(clock.pending, 0);
});

test('an abort signal ends the wait', async () => {
  const { clock, endpoint, channel } = alone();
  const controller = new AbortController();
  const outcome = fails(
    endpoint.request(nonConfirmable, { timeoutMs: 10_000, signal: controller.signal }),
    'coap/cancelled',
  );
  await settle();
  controller.abort();
  await outcome;
  assert.equal(clock.pending, 0);
  await fails(endpoint.request(nonConfirmable, { timeoutMs: 10_000, signal: controller.signal }), 'coap/cancelled');
  assert.equal(channel.sent.length, 1, 'a request that is already cancelled is not sent');
});

test('an answer with another token is not taken, whatever its message id', async () => {
  const { channel, endpoint, clock } = alone();
  const outcome = fails(endpoint.request(nonConfirmable, { timeoutMs: 10_000 }), 'coap/no-answer');
  await settle();
  arrive(channel, { messageId: last(channel).messageId, token: '00' });
  arrive(channel, { type: 'ACK', messageId: last(channel).messageId, token: '' });
  await clock.advance(10_000);
  await outcome;
});

test('an answer of class 3, which is unassigned, is an answer', async () => {
  const { channel, endpoint } = alone();
  const request = endpoint.request(confirmable, long);
  await settle();
  arrive(channel, { type: 'ACK', code: '3.00', messageId: last(channel).messageId, token: last(channel).token });
  assert.equal((await request).code, '3.00');
});

test('an answer with a critical option that is unknown, repeated or too long is none, in whatever message it comes', async () => {
  const wrong: CoapOption[][] = [
    [{ number: 9, value: new Uint8Array() }],
    [{ number: 65_001, value: Buffer.alloc(20) }],
    [option('Block2', 0), option('Block2', 1)],
    [{ number: 23, value: Buffer.alloc(4, 1) }],
    [option('Q-Block2', 6)],
    [option('If-None-Match', '')],
  ];
  for (const options of wrong) {
    for (const type of ['CON', 'NON', 'ACK'] as const) {
      const { channel, endpoint, clock } = alone();
      const request = type === 'ACK' ? confirmable : nonConfirmable;
      const outcome = fails(endpoint.request(request, { timeoutMs: 10_000 }), 'coap/no-answer');
      await settle();
      const { token, messageId } = last(channel);
      const before = channel.sent.length;
      arrive(channel, { type, token, options, messageId: type === 'ACK' ? messageId : 9 });
      await settle();
      // What is not confirmable may be rejected in silence (RFC 7252 sections 4.2 and 4.3).
      assert.deepEqual(
        channel.sent.slice(before).map(({ message }) => [message.type, message.messageId]),
        type === 'CON' ? [['RST', 9]] : [],
      );
      await clock.advance(10_000);
      await outcome;
    }
  }
});

test('a reset and an empty acknowledgement with options are malformed, and conclude nothing', async () => {
  for (const head of ['60', '70']) {
    const { channel, endpoint } = alone();
    const request = endpoint.request(confirmable, long);
    await settle();
    const { token, messageId } = last(channel);
    channel.deliver(Buffer.from(`${head}00${messageId.toString(16).padStart(4, '0')}90`, 'hex'));
    assert.equal(endpoint.traffic.malformed, 1);
    arrive(channel, { type: 'ACK', messageId, token });
    assert.equal((await request).code, '2.05');
  }
});

test('an answer that repeats Uri-Path, as go-dots writes it, is taken', async () => {
  const { channel, endpoint } = alone();
  const request = endpoint.request(nonConfirmable, long);
  await settle();
  arrive(channel, { code: '2.04', token: last(channel).token, options: [option('Uri-Path', 'a')] });
  assert.equal((await request).code, '2.04');
});

test('one confirmable message is under way at a time', async () => {
  const { channel, endpoint } = alone();
  const requests = [endpoint.request(confirmable, long), endpoint.request({ ...confirmable, path: ['b'] }, long)];
  await settle();
  assert.equal(channel.sent.length, 1);
  arrive(channel, { type: 'ACK', messageId: last(channel).messageId, token: last(channel).token });
  await settle();
  assert.equal(channel.sent.length, 2);
  assert.deepEqual(textsOf(last(channel).options, 'Uri-Path'), ['b']);
  arrive(channel, { type: 'ACK', messageId: last(channel).messageId, token: last(channel).token });
  await Promise.all(requests);
});

test('message ids and tokens start anywhere', async () => {
  const sent = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const { channel, endpoint } = alone();
      void endpoint.request(confirmable, long).catch(() => undefined);
      await settle();
      await endpoint.close();
      return last(channel);
    }),
  );
  assert.ok(new Set(sent.map(({ messageId }) => messageId)).size > 1);
  assert.equal(new Set(sent.map(({ token }) => token)).size, 8);
  assert.ok(sent.every(({ token }) => token.length === 8));
});

test('both ends ask over one session', async () => {
  const clock = new FakeClock();
  const [near, far] = wire(clock);
  const one = new Endpoint(near, { clock, handler: () => Promise.resolve(plainAnswer('2.05', 'one')) });
  const two = new Endpoint(far, { clock, handler: () => Promise.resolve(plainAnswer('2.05', 'two')) });
  const answers = await Promise.all([
    one.request(confirmable, long),
    two.request(confirmable, long),
    one.request(nonConfirmable, long),
  ]);
  assert.deepEqual(
    answers.map(({ payload }) => Buffer.from(payload).toString()),
    ['two', 'one', 'two'],
  );
});

test('lost and doubled datagrams change nothing but the time', async () => {
  let handled = 0;
  const { clock, near, far, client } = pair({ handler: () => Promise.resolve(plainAnswer('2.05', String(++handled))) });
  near.copies = (index) => (index === 0 ? 0 : 2);
  far.copies = (index) => (index === 0 ? 0 : 2);
  const request = client.request(confirmable, long);
  await clock.advance(30_000);
  assert.equal(Buffer.from((await request).payload).toString(), '1');
  assert.equal(handled, 1);
});

test('an empty confirmable message is answered with a reset', () => {
  const { channel } = alone();
  arrive(channel, { type: 'CON', code: '0.00', messageId: 3 });
  assert.deepEqual([last(channel).type, last(channel).messageId], ['RST', 3]);
});

test('malformed datagrams are dropped and counted, and a confirmable one is reset', () => {
  for (const [why, datagram] of malformedDatagrams) {
    const { channel, endpoint } = alone();
    channel.deliver(Buffer.from(datagram, 'hex'));
    assert.deepEqual(endpoint.traffic, { received: 0, sent: isConfirmable(datagram) ? 1 : 0, malformed: 1 });
    assert.deepEqual(
      channel.sent.map(({ bytes }) => Buffer.from(bytes).toString('hex')),
      isConfirmable(datagram) ? ['70000001'] : [],
      why,
    );
  }
});

test('a malformed message that is not confirmable is dropped in silence', () => {
  const { channel, endpoint } = alone();
  for (const head of ['50', '60', '70', '00', '80', 'c0']) channel.deliver(Buffer.from(`${head}010001f0`, 'hex'));
  assert.deepEqual([endpoint.traffic.malformed, channel.sent.length], [6, 0]);
});

test('what the network reports ends no request, and is the cause that is reported at its end', async () => {
  const { channel, endpoint, clock } = alone();
  const patience = { timeoutMs: 60_000 };
  const outcomes = [
    fails(endpoint.request(nonConfirmable, patience), 'transport/refused'),
    fails(endpoint.request(confirmable, patience), 'transport/refused'),
    fails(endpoint.ping(patience), 'transport/refused'),
  ];
  await settle();
  channel.refuse(new DotsError('unreachable', 'transport/refused', 'Nothing listens.'));
  const { length } = channel.sent;
  await clock.advance(60_000);
  await Promise.all(outcomes);
  assert.ok(channel.sent.length > length + 19, 'both were repeated');
  assert.equal(clock.pending, 0);
});

test('a server that starts after the network has reported a closed port answers the next copy', async () => {
  const { channel, endpoint, clock } = alone();
  const answer = endpoint.request(nonConfirmable, long);
  await settle();
  channel.refuse(new DotsError('unreachable', 'transport/refused', 'Nothing listens.'));
  await clock.advance(3000);
  arrive(channel, { messageId: 1, code: '2.04', token: last(channel).token });
  assert.equal((await answer).code, '2.04');
  await clock.advance(10);
  const silent = fails(endpoint.request(nonConfirmable, { timeoutMs: 1000 }), 'coap/no-answer');
  await clock.advance(1000);
  await silent;
});

test('closing ends every request and timer', async () => {
  const { endpoint, clock } = alone();
  const outcomes = [
    fails(endpoint.request(nonConfirmable, long), 'coap/closed'),
    fails(endpoint.request(confirmable, long), 'coap/closed'),
  ];
  await settle();
  await endpoint.close();
  await Promise.all(outcomes);
  await fails(endpoint.request(confirmable, long), 'coap/closed');
  assert.equal(clock.pending, 0);
});

test('closing sends nothing more, not even what waited for its turn', async () => {
  const { endpoint, channel } = alone();
  const outcomes = [1, 2, 3].map(() => fails(endpoint.request(confirmable, long), 'coap/closed'));
  await settle();
  const { length } = channel.sent;
  await endpoint.close();
  await Promise.all(outcomes);
  assert.equal(channel.sent.length, length);
});

test('whatever arrives, nothing breaks', async () => {
  const { channel, endpoint } = alone({ handler: () => Promise.resolve(plainAnswer('2.05')) });
  const message = fc.record({
    head: fc.integer({ min: 0x40, max: 0x7f }),
    code: fc.constantFrom(0, 1, 2, 3, 4, 5, 0x44, 0x45, 0x5f, 0x84, 0xa3),
    rest: fc.uint8Array({ minLength: 2, maxLength: 40 }),
  });
  fc.assert(
    fc.property(message, ({ head, code, rest }) => channel.deliver(Uint8Array.of(head, code, ...rest))),
    { numRuns: 3000 },
  );
  await settle();
  await endpoint.close();
});

test('2.31 without further blocks does not end the wait: the answer that follows counts, and its absence is reported', async () => {
  for (const final of ['2.01', undefined]) {
    const { channel, clock, endpoint } = alone();
    const answer = endpoint.request(nonConfirmable, { timeoutMs: 10_000 });
    const outcome = final === undefined ? fails(answer, 'coap/only-continue') : undefined;
    const { token } = last(channel);
    arrive(channel, { code: '2.31', token, messageId: 70 });
    await clock.advance(200);
    if (final !== undefined) arrive(channel, { code: final, token, messageId: 71 });
    await clock.advance(10_000);
    if (final !== undefined) assert.equal((await answer).code, final);
    await outcome;
  }
});
