import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import { Endpoint } from '#dots/coap/endpoint';
import { blockOf, blockOption, uintOf } from '#dots/coap/messages/options';
import { Observers } from '#dots/coap/observers';
import { FakeClock, settle } from '../../support/protocol/fakeClock';
import { wire } from '../../support/protocol/fakeNetwork';

/** A server with resources that have a state each. */
class Server {
  readonly clock = new FakeClock();
  readonly states = new Map<string, string>();
  private client: Endpoint | undefined;
  /** How far the server's clock is ahead, milliseconds. */
  ahead = 0;
  readonly observers = new Observers(
    {
      now: () => this.clock.now() + this.ahead,
      monotonic: () => this.clock.monotonic(),
      setTimeout: (callback, wait) => this.clock.setTimeout(callback, wait),
      clearTimeout: (handle) => this.clock.clearTimeout(handle),
    },
    { perSession: 8, mayAdd: (_endpoint, _own, total) => total < 100 },
    ({ path }) =>
      Promise.resolve(plainAnswer(this.states.has(path.join()) ? '2.05' : '4.04', this.states.get(path.join()))),
    ({ path }) => path.join(),
  );

  /** A client that observes these resources; returns its notifications, each with the seconds since then. */
  async observedBy(...resources: string[]): Promise<{ notified: string[]; stop: (resource: string) => void }> {
    const [near, far] = wire(this.clock);
    new Endpoint(far, { clock: this.clock, handler: (request) => this.observers.handle(request) });
    const client = (this.client = new Endpoint(near, { clock: this.clock }));
    const notified: string[] = [];
    const start = this.clock.now();
    const stops = new Map<string, () => unknown>();
    for (const resource of resources) {
      this.states.set(resource, 'old');
      const { stop } = await client.observe(
        { method: 'GET', path: [resource], confirmable: false },
        { timeoutMs: 10_000 },
        ({ code, payload }) => {
          notified.push(
            `${(this.clock.now() - start) / 1000} s: ${resource} ${code === '2.05' ? Buffer.from(payload).toString() : code}`,
          );
        },
      );
      stops.set(resource, stop);
    }
    return { notified, stop: (resource) => stops.get(resource)?.() };
  }

  /** The client of the last scene registers for one more. */
  async register(resource: string): Promise<void> {
    this.states.set(resource, 'old');
    await this.client?.observe(
      { method: 'GET', path: [resource], confirmable: false },
      { timeoutMs: 10_000 },
      () => undefined,
    );
  }

  change(resource: string, state?: string): void {
    if (state === undefined) this.states.delete(resource);
    else this.states.set(resource, state);
    this.observers.changed(resource);
  }
}

test('a client is notified of one change in 3 s, whatever it observes: each in its turn, with the state of that moment', async () => {
  const server = new Server();
  const { notified } = await server.observedBy('a', 'b', 'c');
  await server.clock.advance(5_000);
  for (const resource of ['a', 'b', 'c', 'a']) server.change(resource, 'new');
  await server.clock.advance(1_000);
  server.change('c', 'newest');
  await server.clock.advance(60_000 - 6_000);
  assert.deepEqual(notified, ['5 s: a new', '8 s: b new', '11 s: c newest', '14 s: a new']);
});

test('clients do not wait for each other', async () => {
  const server = new Server();
  const one = await server.observedBy('a');
  const other = await server.observedBy('a');
  await server.clock.advance(5_000);
  server.change('a', 'new');
  await settle();
  assert.deepEqual([one.notified, other.notified], [['5 s: a new'], ['5 s: a new']]);
});

test('what is said again comes after what is new, and each in its turn', async () => {
  const server = new Server();
  const { notified } = await server.observedBy('a', 'b', 'c');
  await server.clock.advance(5_000);
  for (const resource of ['a', 'b']) server.observers.refresh(resource);
  server.change('c', 'new');
  await server.clock.advance(1_000);
  for (const resource of ['a', 'b', 'c']) server.observers.refresh(resource);
  await server.clock.advance(20_000);
  assert.deepEqual(notified, ['5 s: a old', '8 s: c new', '11 s: b old']);
});

test('a client that leaves passes its turn to the next', async () => {
  const server = new Server();
  const { notified, stop } = await server.observedBy('a', 'b', 'c');
  await server.clock.advance(5_000);
  for (const resource of ['a', 'b', 'c']) server.change(resource, resource === 'b' ? undefined : 'new');
  stop('a');
  stop('b');
  await server.clock.advance(20_000);
  assert.deepEqual(notified, ['8 s: c new']);
});

test('an observation that ends does so in its turn, and the next goes on', async () => {
  const server = new Server();
  const { notified } = await server.observedBy('a', 'b');
  await server.clock.advance(5_000);
  server.change('a', undefined);
  server.change('b', 'new');
  await server.clock.advance(20_000);
  assert.deepEqual(notified, ['5 s: a 4.04', '8 s: b new']);
  assert.equal(server.observers.size, 1);
});

test('a client that registers again and again is notified all the same', async () => {
  const server = new Server();
  const { notified } = await server.observedBy('a');
  await server.clock.advance(5_000);
  for (const state of ['new', 'newest']) server.change('a', state);
  for (let second = 0; second < 5; second++) {
    await server.register('b');
    await server.clock.advance(1_000);
  }
  assert.deepEqual(notified, ['5 s: a new', '8 s: a newest']);
});

test('a clock that is set back delays no client', async () => {
  const server = new Server();
  const { notified } = await server.observedBy('a');
  server.ahead = -3_600_000;
  server.change('a', 'new');
  await server.clock.advance(10_000);
  assert.deepEqual(notified, ['3 s: a new']);
});

test('a notification comes in blocks of at most the size that the registration asked for, from the first one', async () => {
  for (const [size, wanted] of [
    [64, { number: 0, more: true, size: 64 }],
    [16, { number: 0, more: true, size: 16 }],
    [1024, undefined],
  ] as const) {
    const clock = new FakeClock();
    const [near, far] = wire(clock);
    const observers = new Observers(
      clock,
      { perSession: 8, mayAdd: (_endpoint, _own, total) => total < 100 },
      () => Promise.resolve(plainAnswer('2.05', 'state'.repeat(60))),
      () => 'a',
    );
    new Endpoint(far, { clock, handler: (request) => observers.handle(request) });
    const sizes: number[] = [];
    await new Endpoint(near, { clock }).observe(
      {
        method: 'GET',
        path: ['a'],
        confirmable: false,
        options: [blockOption('Block2', { number: 0, more: false, size })],
      },
      { timeoutMs: 10_000 },
      ({ payload }) => sizes.push(payload.length),
    );
    await clock.advance(5_000);
    observers.changed('a');
    for (let step = 0; step < 100; step++) await clock.advance(10);
    const [notification] = far.sent.filter(({ message }) => uintOf(message.options, 'Observe') !== undefined).slice(-1);
    assert.deepEqual(blockOf(notification!.message.options, 'Block2'), wanted);
    assert.deepEqual(sizes, [300], 'the client has put it together');
  }
});
