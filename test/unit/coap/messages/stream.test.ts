import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import type { Channel, Receiver } from '#dots/coap/messages/channel';
import { Endpoint, type EndpointOptions } from '#dots/coap/endpoint';
import { encodeFrame, FrameReader } from '#dots/coap/messages/frames';
import type { TokenMessage } from '#dots/coap/messages/message';
import { Observers } from '#dots/coap/observers';
import { blockOf, option, uintOf } from '#dots/coap/messages/options';
import type { CoapRequest } from '#dots/coap/request';
import { abortion, ourCapabilities, signal } from '#dots/coap/messages/signalingMessages';
import { DotsError } from '#dots/model/errors';
import { FakeClock, settle } from '../../../support/protocol/fakeClock';

const get: CoapRequest = { method: 'GET', path: ['a'], confirmable: true };
const patience = { timeoutMs: 10_000 };
const large = Buffer.from(Array.from({ length: 9000 }, (_, index) => index % 251));

/** One end of a stream in memory; what it sends is kept as messages and, where there is another end, arrives there in pieces. */
class StreamChannel implements Channel {
  readonly kind = 'stream';
  readonly maxMessageSize = Infinity;
  readonly sent: TokenMessage[] = [];
  other: StreamChannel | undefined;
  open = true;
  private readonly reader = new FrameReader(1 << 24);
  private receiver: Receiver | undefined;

  constructor(readonly peer: string) {}

  attach(receiver: Receiver): void {
    this.receiver = receiver;
  }

  send(bytes: Uint8Array): void {
    assert.ok(this.open, 'nothing is sent on a closed connection');
    for (const message of this.reader.push(bytes)) {
      assert.ok(!('malformed' in message));
      this.sent.push(message);
    }
    const half = bytes.length >> 1;
    for (const part of [bytes.subarray(0, half), bytes.subarray(half)]) setImmediate(() => this.other?.deliver(part));
  }

  deliver(bytes: Uint8Array): void {
    if (this.open) this.receiver?.message(bytes);
  }

  close(): Promise<void> {
    if (this.open) {
      this.open = false;
      setImmediate(() => {
        this.receiver?.closed();
        void this.other?.close();
      });
    }
    return Promise.resolve();
  }

  get codes(): string[] {
    return this.sent.map(({ code }) => code);
  }
}

/** An endpoint whose peer is the test. */
function alone(
  t: TestContext,
  options: EndpointOptions = {},
): { clock: FakeClock; channel: StreamChannel; endpoint: Endpoint; arrive: (message: Partial<TokenMessage>) => void } {
  const clock = new FakeClock();
  const channel = new StreamChannel('peer');
  const endpoint = new Endpoint(channel, { clock, ...options });
  t.after(async () => {
    await endpoint.close();
    assert.equal(clock.pending, 0, 'no timer outlives the session');
  });
  return {
    clock,
    channel,
    endpoint,
    arrive: (message) =>
      channel.deliver(encodeFrame({ code: '2.05', token: '', options: [], payload: new Uint8Array(), ...message })),
  };
}

/** The same, after the peer has introduced itself. */
function introduced(t: TestContext, options: EndpointOptions = {}, maxMessageSize = 4096): ReturnType<typeof alone> {
  const scene = alone(t, options);
  scene.channel.deliver(encodeFrame(ourCapabilities(maxMessageSize)));
  return scene;
}

function pair(
  near: EndpointOptions,
  far: EndpointOptions,
): { client: Endpoint; server: Endpoint; one: StreamChannel; two: StreamChannel; clock: FakeClock } {
  const clock = new FakeClock();
  const [one, two] = [new StreamChannel('server'), new StreamChannel('client')];
  one.other = two;
  two.other = one;
  return {
    client: new Endpoint(one, { clock, ...near }),
    server: new Endpoint(two, { clock, ...far }),
    one,
    two,
    clock,
  };
}

function fails(promise: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(
    promise,
    (error: unknown) => error instanceof DotsError && error.kind === 'unreachable' && error.code === code,
  );
}

const text = ({ payload }: { payload: Uint8Array }): string => Buffer.from(payload).toString();
/** What was sent after the CSM. */
const framesOf = ({ sent }: StreamChannel): string[] =>
  sent.slice(1).map((message) => Buffer.from(encodeFrame(message)).toString('hex'));
const last = ({ sent }: StreamChannel): TokenMessage => sent.at(-1) as TokenMessage;

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

test('an answer of class 3, which nobody has assigned, is an answer, and the session stands', async (t) => {
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

test('a Ping is answered by a Pong with its token, and the custody option is no hindrance', (t) => {
  const { channel, arrive } = introduced(t);
  arrive(signal('7.02', { token: '42' }));
  arrive(signal('7.02', { options: [{ number: 2, value: new Uint8Array() }] }));
  assert.deepEqual(framesOf(channel), ['01e342', '00e3']);
});

test('a ping goes out with an empty token and gives the round trip', async (t) => {
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

test('a Ping that was never answered stands in the way of no later one', async (t) => {
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

test('empty messages and unknown signals are ignored, unless an unknown critical option stands in them', (t) => {
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
      error.message === 'peer broke off the session: no such thing.',
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
  assert.match(framesOf(channel)[0] ?? '', /^d020e522012dff/);
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

test('notifications are told as they come, whatever their number, nothing is renewed, and the end is asked for', async () => {
  const state = { value: 'first' };
  const far: { observers?: Observers } = {};
  const { client, one, two, clock } = pair(
    {},
    { handler: (request) => far.observers?.handle(request) ?? Promise.resolve(undefined) },
  );
  far.observers = new Observers(
    clock,
    { perSession: 8, total: 8 },
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
