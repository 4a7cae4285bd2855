import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessage } from '#dots/coap/messages/codec';
import { Endpoint, type Observed } from '#dots/coap/endpoint';
import type { CoapOption, Message } from '#dots/coap/messages/message';
import { blockOption, option, uintOf } from '#dots/coap/messages/options';
import type { CoapRequest, Patience } from '#dots/coap/request';
import { DotsError } from '#dots/model/errors';
import { FakeClock, settle } from '../../support/protocol/fakeClock';
import { wire, type FakeChannel } from '../../support/protocol/fakeNetwork';

const watched: CoapRequest = { method: 'GET', path: ['state'], confirmable: false };
const patience: Patience = { timeoutMs: 10_000 };
/** Longer than a client waits before it registers again: Max-Age, then at most 15 s (RFC 7641 section 3.3.1). */
const untilRenewal = 80_000;

/** A client whose server is the test. */
class Scene {
  readonly clock = new FakeClock();
  readonly channel: FakeChannel;
  readonly endpoint: Endpoint;
  /** The texts of the states in the order in which they were reported. */
  readonly heard: string[] = [];
  private messageId = 0;

  constructor(random?: (bound: number) => number) {
    [this.channel] = wire(this.clock);
    this.endpoint = new Endpoint(this.channel, { clock: this.clock, ...(random && { random }) });
  }

  observe(more: Partial<Patience> = {}): Promise<Observed> {
    return this.endpoint
      .observe(watched, { ...patience, ...more }, ({ payload }) => this.hear(payload))
      .then((observed) => {
        this.hear(observed.response.payload);
        return observed;
      });
  }

  /** An established observation, its first state `first`. */
  async observed(more: Partial<Patience> = {}, options: CoapOption[] = [], number = 1): Promise<Observed> {
    const observed = this.observe(more);
    await settle();
    this.says('first', number, options);
    return observed;
  }

  /** The server says something with the token of the observation, or of the last request. */
  says(text: string, observe?: number, options: CoapOption[] = [], token = this.token): void {
    if (observe !== undefined) options = [...options, option('Observe', observe)];
    this.arrive({ token, options, payload: Buffer.from(text) });
  }

  arrive(message: Partial<Message>): void {
    this.channel.deliver(
      encodeMessage({
        type: 'NON',
        code: '2.05',
        messageId: ++this.messageId,
        token: '',
        options: [],
        payload: new Uint8Array(),
        ...message,
      }),
    );
  }

  get token(): string {
    return this.channel.sent[0]?.message.token ?? assert.fail('nothing was sent');
  }

  /** The requests of the client, by the number of their Observe option. */
  get registrations(): (number | undefined)[] {
    return this.channel.sent
      .filter(({ message }) => message.code === '0.01')
      .map(({ message }) => uintOf(message.options, 'Observe'));
  }

  get lastToken(): string {
    return this.channel.sent.at(-1)?.message.token ?? assert.fail('nothing was sent');
  }

  private hear(payload: Uint8Array): void {
    this.heard.push(Buffer.from(payload).toString());
  }
}

const firstBlock = blockOption('Block2', { number: 0, more: true, size: 16 });
const secondBlock = blockOption('Block2', { number: 1, more: false, size: 16 });

test('the time-out of a registration counts for all blocks of the first state together', async () => {
  const scene = new Scene();
  const failed = assert.rejects(
    scene.observe(),
    (error: unknown) => error instanceof DotsError && error.code === 'coap/no-answer',
  );
  await scene.clock.advance(9_000);
  scene.says('sixteen bytes...', 1, [firstBlock]);
  await scene.clock.advance(1_000);
  await failed;
  assert.equal(scene.clock.pending, 0);
});

test('a registration that is aborted fails, and leaves nothing behind', async () => {
  const scene = new Scene();
  const given = new AbortController();
  const failed = assert.rejects(
    scene.observe({ signal: given.signal }),
    (error: unknown) => error instanceof DotsError && error.code === 'coap/cancelled',
  );
  await settle();
  scene.says('sixteen bytes...', 1, [firstBlock]);
  await settle();
  given.abort();
  await failed;
  assert.equal(scene.clock.pending, 0);
});

test('an abort of an established observation ends it as stop does', async () => {
  const scene = new Scene();
  const given = new AbortController();
  const { stop } = await scene.observed({ signal: given.signal });
  given.abort();
  await settle();
  assert.deepEqual(scene.registrations, [0, 1]);
  scene.says('last');
  scene.says('unwanted', 2);
  await scene.clock.advance(untilRenewal);
  await stop();
  assert.deepEqual(scene.registrations, [0, 1], 'neither renewed nor deregistered twice');
  assert.deepEqual(scene.heard, ['first']);
  assert.equal(scene.clock.pending, 0);
});

test('renewals and the deregistration each have the whole time-out', async () => {
  const scene = new Scene();
  const { stop } = await scene.observed();
  await scene.clock.advance(untilRenewal + 20_000);
  // 20 copies in 5 s, and one 3 s after the last of them.
  const copies = 21;
  assert.deepEqual(scene.registrations, new Array(1 + copies).fill(0));
  const stopped = stop();
  await scene.clock.advance(10_000);
  await stopped;
  assert.deepEqual(scene.registrations.slice(1 + copies), new Array(copies).fill(1));
  assert.equal(scene.clock.pending, 0);
});

test('who stops while a renewal is under way hears of no silence, and does not register again', async () => {
  const scene = new Scene();
  const { stop } = await scene.observed({}, [option('Max-Age', 0)]);
  const reported: unknown[] = [];
  while (scene.registrations.length < 2) await scene.clock.advance(100);
  scene.endpoint.onLiveness((error) => reported.push(error?.code));
  const stopped = stop();
  await settle();
  scene.says('last');
  await stopped;
  await scene.clock.advance(untilRenewal);
  assert.deepEqual(scene.registrations, [0, 0, 1]);
  assert.deepEqual(reported, [undefined], 'the answer, and no silence');
});

test('an observation that the server has ended is not ended again', async () => {
  const scene = new Scene();
  const { stop } = await scene.observed();
  scene.arrive({ token: scene.token, code: '4.04', payload: Buffer.from('gone') });
  await settle();
  await stop();
  assert.deepEqual(scene.registrations, [0]);
  assert.deepEqual(scene.heard, ['first', 'gone']);
});

test('states that arrive at once are delivered in their order, the answer first', async () => {
  const scene = new Scene();
  const observing = scene.observe();
  await settle();
  for (const [index, text] of ['first', 'second', 'third'].entries()) scene.says(text, index + 1);
  await observing;
  await settle();
  assert.deepEqual(scene.heard, ['first', 'second', 'third']);
});

test('a first state in blocks is replaced by a newer one, which is then the answer', async () => {
  const scene = new Scene();
  const observing = scene.observe();
  await settle();
  scene.says('older, of sixteen'.slice(0, 16), 1, [firstBlock]);
  await settle();
  const block = scene.lastToken;
  scene.says('newer', 2);
  await settle();
  scene.says('older', undefined, [secondBlock], block);
  await observing;
  await settle();
  assert.deepEqual(scene.heard, ['newer']);
});

test('a notification in blocks is replaced by a newer one', async () => {
  const scene = new Scene();
  await scene.observed();
  scene.says('older, of sixteen'.slice(0, 16), 2, [firstBlock]);
  await settle();
  const older = scene.lastToken;
  scene.says('newer, of sixteen'.slice(0, 16), 3, [firstBlock]);
  await settle();
  const newer = scene.lastToken;
  assert.notEqual(newer, older);
  scene.says(' and old', undefined, [secondBlock], older);
  scene.says(' and new', undefined, [secondBlock], newer);
  await settle();
  assert.deepEqual(scene.heard, ['first', 'newer, of sixtee and new']);
});

test('many notifications that each begin a transfer make one fetch', async () => {
  const scene = new Scene();
  await scene.observed();
  const before = scene.channel.sent.length;
  for (let number = 2; number < 1002; number++) scene.says('sixteen bytes...', number, [firstBlock]);
  await settle();
  assert.equal(scene.channel.sent.length, before + 1);
  await scene.clock.advance(250);
  assert.equal(scene.channel.sent.length, before + 2, 'its second copy');
});

for (const [maxAge, chance, seconds] of [
  [undefined, 'least', 65],
  [0, 'least', 5],
  [300, 'least', 305],
  [300, 'most', 315],
] as const) {
  test(`a client whose server says ${maxAge === undefined ? 'no Max-Age' : `Max-Age ${maxAge}`} registers again ${seconds} s later with the ${chance} delay of chance`, async () => {
    const scene = new Scene((bound) => (chance === 'least' ? 0 : bound - 1));
    await scene.observed({}, maxAge === undefined ? [] : [option('Max-Age', maxAge)]);
    await scene.clock.advance(seconds * 1000 - 2);
    assert.deepEqual(scene.registrations, [0]);
    await scene.clock.advance(2);
    assert.deepEqual(scene.registrations, [0, 0]);
  });
}

test('a number that goes back is old for 128 s, and new after that', async () => {
  const scene = new Scene();
  await scene.observed({}, [option('Max-Age', 600)], 1000);
  await scene.clock.advance(128_000);
  scene.says('late', 999);
  await scene.clock.advance(1);
  scene.says('from a server that was started anew', 5);
  await settle();
  assert.deepEqual(scene.heard, ['first', 'from a server that was started anew']);
});
