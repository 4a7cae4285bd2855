import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import { encodeFrame } from '#dots/coap/messages/frames';
import { blockOf } from '#dots/coap/messages/options';
import { abortion, signal } from '#dots/coap/messages/signalingMessages';
import { DotsError } from '#dots/model/errors';
import { fails } from '../../../support/coapScene';
import { settle } from '../../../support/protocol/fakeClock';
import { get, patience, large, alone, introduced, pair, text, framesOf, last } from '../../../support/streamScene';

test('the first message is a CSM with the size and block-wise transfers', (t) => {
  const { channel } = alone(t, { largestMessage: 4096 });
  assert.deepEqual(
    channel.sent.map(({ code, options }) => [
      code,
      options.map(({ number, value }) => `${number}=${Buffer.from(value).toString('hex')}`),
    ]),
    [['7.01', ['2=1000', '4=']]],
  );
});

test('a request is sent once and matched by its token, confirmable or not', async (t) => {
  for (const confirmable of [true, false]) {
    const { clock, channel, endpoint, arrive } = introduced(t);
    const answer = endpoint.request({ ...get, confirmable }, patience);
    await clock.advance(9_000);
    assert.deepEqual(channel.codes, ['7.01', '0.01']);
    arrive({ token: 'ffff' });
    arrive({ token: last(channel).token, payload: Buffer.from('done') });
    assert.equal(text(await answer), 'done');
  }
});

test('an answer of class 3, which is unassigned, is an answer, and the session stays open', async (t) => {
  const { channel, endpoint, arrive } = introduced(t);
  const answer = endpoint.request(get, patience);
  await settle();
  arrive({ code: '3.00', token: last(channel).token });
  assert.equal((await answer).code, '3.00');
  assert.ok(channel.open);
});

test('both ends ask over one connection, and answers come in any order', async () => {
  const waits = [3000, 1000];
  const { client, server, clock } = pair(
    { handler: () => Promise.resolve(plainAnswer('2.05', 'client')) },
    {
      handler: ({ path }) =>
        new Promise((resolve) => {
          clock.setTimeout(() => resolve(plainAnswer('2.05', path.join('/'))), waits.shift() ?? 0);
        }),
    },
  );
  const order: string[] = [];
  const asked = ['slow', 'fast'].map((path) =>
    client.request({ ...get, path: [path] }, patience).then((answer) => order.push(text(answer))),
  );
  assert.equal(text(await server.request(get, patience)), 'client');
  await clock.advance(4_000);
  await Promise.all(asked);
  assert.deepEqual(order, ['fast', 'slow']);
  await client.close();
  await settle();
  assert.equal(clock.pending, 0);
});

test('a Ping is answered by a Pong with its token, and the custody option is no hindrance', (t) => {
  const { channel, arrive } = introduced(t);
  arrive(signal('7.02', { token: '42' }));
  arrive(signal('7.02', { options: [{ number: 2, value: new Uint8Array() }] }));
  assert.deepEqual(framesOf(channel), ['01e342', '00e3']);
});

test('a ping goes out with an empty token and returns the round trip', async (t) => {
  const { clock, channel, endpoint, arrive } = introduced(t);
  const pings = [endpoint.ping(patience), endpoint.ping(patience)];
  await clock.advance(40);
  assert.deepEqual(framesOf(channel), ['00e2', '00e2']);
  arrive(signal('7.03'));
  await clock.advance(60);
  arrive(signal('7.03', { options: [{ number: 2, value: new Uint8Array() }] }));
  assert.deepEqual(await Promise.all(pings), [40, 100]);
  const silent = fails(endpoint.ping(patience), 'coap/no-answer');
  await clock.advance(10_000);
  await silent;
});

test('a Ping that was never answered does not prevent a later one', async (t) => {
  const { clock, endpoint, arrive } = introduced(t);
  const silent = fails(endpoint.ping({ timeoutMs: 1000 }), 'coap/no-answer');
  await clock.advance(1000);
  await silent;
  for (let round = 0; round < 3; round++) {
    const ping = endpoint.ping({ timeoutMs: 1000 });
    await clock.advance(40);
    arrive(signal('7.03'));
    assert.equal(await ping, 40);
  }
  arrive(signal('7.03'));
});

test('empty messages and unknown signals are ignored, unless they contain an unknown critical option', (t) => {
  const { channel, endpoint, arrive } = introduced(t);
  arrive({ code: '0.00' });
  arrive({ code: '7.30', options: [{ number: 2, value: new Uint8Array() }] });
  assert.deepEqual([channel.codes, channel.open, endpoint.traffic.malformed], [['7.01'], true, 0]);
  arrive({ code: '7.30', options: [{ number: 3, value: new Uint8Array() }] });
  assert.deepEqual([channel.codes, channel.open], [['7.01', '7.05'], false]);
});

test('a released session finishes what is open, begins nothing, and closes', async (t) => {
  let answer: (() => void) | undefined;
  const { channel, endpoint, arrive } = introduced(t, {
    handler: () =>
      new Promise((resolve) => {
        answer = () => resolve(plainAnswer('2.05', 'done'));
      }),
  });
  let closed = 0;
  endpoint.onClose(() => {
    closed += 1;
  });
  const own = endpoint.request(get, patience);
  await settle();
  const { token } = last(channel);
  arrive({ code: '0.01', token: 'aa' });
  arrive(signal('7.04', { text: 'good night', options: [{ number: 4, value: Uint8Array.of(60) }] }));
  await fails(endpoint.request(get, patience), 'coap/released');
  assert.ok(channel.open);
  answer?.();
  await settle();
  assert.deepEqual([last(channel).code, last(channel).token, channel.open], ['2.05', 'aa', true]);
  arrive({ token, payload: Buffer.from('own') });
  assert.equal(text(await own), 'own');
  await settle();
  assert.deepEqual([channel.open, closed, channel.codes], [false, 1, ['7.01', '0.01', '2.05']]);
});

test('closing says Release first', async (t) => {
  const { channel, endpoint } = introduced(t);
  await endpoint.close();
  assert.deepEqual(channel.codes, ['7.01', '7.04']);
});

test('an Abort ends every request with the words of the peer', async (t) => {
  const { channel, endpoint, arrive } = introduced(t);
  const outcome = endpoint.request(get, patience);
  await settle();
  arrive(abortion('no\nsuch\u0007 thing', 3));
  await assert.rejects(
    outcome,
    (error: unknown) =>
      error instanceof DotsError &&
      error.code === 'coap/aborted' &&
      error.message === 'peer aborted the session: no such thing.',
  );
  await settle();
  assert.deepEqual([channel.open, channel.codes], [false, ['7.01', '0.01']]);
  await fails(endpoint.request(get, patience), 'coap/closed');
});

const breaches: [string, Uint8Array][] = [
  ['a request before the CSM', encodeFrame({ code: '0.01', token: '', options: [], payload: new Uint8Array() })],
  ['a Ping before the CSM', encodeFrame(signal('7.02'))],
  [
    'an unknown critical option in the CSM',
    encodeFrame(signal('7.01', { options: [{ number: 5, value: new Uint8Array() }] })),
  ],
  [
    'a Max-Message-Size of five bytes',
    encodeFrame(signal('7.01', { options: [{ number: 2, value: new Uint8Array(5) }] })),
  ],
  ['a reserved code', Buffer.from('00e1' + '0021', 'hex')],
  ['a hostile length', Buffer.from('00e1' + 'f0ffffffff45', 'hex')],
  ['an option that cannot be read', Buffer.from('00e1' + '2045f000', 'hex')],
];

for (const [what, bytes] of breaches) {
  test(`aborted with a reason: ${what}`, async (t) => {
    const { channel, endpoint } = alone(t);
    const outcome = fails(endpoint.request(get, patience), 'coap/protocol');
    await settle();
    channel.deliver(bytes);
    await outcome;
    assert.equal(last(channel).code, '7.05');
    assert.notEqual(text(last(channel)), '');
    assert.deepEqual([channel.open, endpoint.traffic.malformed], [false, 1]);
  });
}

test('the option of a CSM that is not taken is named', (t) => {
  const { channel, arrive } = alone(t);
  arrive(signal('7.01', { options: [{ number: 301, value: new Uint8Array() }] }));
  assert.match(framesOf(channel)[0] ?? '', /^d022e522012dff/);
});

test('unknown elective options of a CSM are ignored, and a later CSM changes what it names only', async (t) => {
  const { channel, endpoint, arrive } = introduced(t, {}, 8192);
  arrive(signal('7.01', { options: [{ number: 20, value: new Uint8Array(3) }] }));
  void endpoint
    .request({ method: 'PUT', path: ['a'], payload: large.subarray(0, 8000), confirmable: true }, patience)
    .catch(() => undefined);
  await settle();
  assert.equal(last(channel).payload.length, 8000);
  arrive(signal('7.01', { options: [{ number: 2, value: Uint8Array.of(2, 0) }] }));
  void endpoint
    .request({ method: 'PUT', path: ['a'], payload: large, confirmable: true }, patience)
    .catch(() => undefined);
  await settle();
  assert.deepEqual(blockOf(last(channel).options, 'Block1', true), { number: 0, more: true, size: 256 });
});

test('a peer that never introduces itself is left after 10 s', async (t) => {
  const { clock, channel } = alone(t);
  await clock.advance(10_000);
  assert.deepEqual([channel.codes, channel.open], [['7.01', '7.05'], false]);
});

test('an answer with an unknown critical option is none', async (t) => {
  const { clock, channel, endpoint, arrive } = introduced(t);
  const outcome = fails(endpoint.request(get, patience), 'coap/no-answer');
  await settle();
  arrive({ token: last(channel).token, options: [{ number: 65_001, value: new Uint8Array() }] });
  await clock.advance(10_000);
  await outcome;
});
