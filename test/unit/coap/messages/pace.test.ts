import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import type { Handler } from '#dots/coap/inbound';
import type { Message } from '#dots/coap/messages/message';
import { textsOf } from '#dots/coap/messages/options';
import type { CoapRequest } from '#dots/coap/request';
import { settle, type FakeClock } from '../../../support/protocol/fakeClock';
import type { FakeChannel } from '../../../support/protocol/fakeNetwork';
import { alone, arrive, fails, last, long, pair } from '../../../support/coapScene';

const get = (name: string): CoapRequest => ({ method: 'GET', path: [name], confirmable: false });
const put = (name: string): CoapRequest => ({ ...get(name), method: 'PUT' });
const nameOf = ({ options }: Message): string => textsOf(options, 'Uri-Path').join('/');
/** What was sent, and how many milliseconds after `start`. */
const sentBy = ({ sent }: FakeChannel, start: number): [string, number][] =>
  sent.map(({ at, message }) => [nameOf(message), at - start]);

/** Answers after a round trip of 50 ms, except what is called `ignored`. */
function after50ms(clock: () => FakeClock): Handler {
  return ({ path }) =>
    new Promise((resolve) => {
      if (path[0] !== 'ignored') clock().setTimeout(() => resolve(plainAnswer('2.05', path[0])), 50);
    });
}

function scene(): ReturnType<typeof pair> {
  const all = pair({ handler: (request) => after50ms(() => all.clock)(request) });
  return all;
}

test('unanswered requests share one copy every 3 s, in turn', async () => {
  const { clock, channel, endpoint } = alone();
  const start = clock.now();
  const outcomes = ['a', 'b', 'c'].map((name) =>
    fails(endpoint.request(get(name), { timeoutMs: 20_000 }), 'coap/no-answer'),
  );
  await clock.advance(20_000);
  await Promise.all(outcomes);
  assert.deepEqual(sentBy(channel, start), [
    ['a', 0],
    ['b', 3000],
    ['c', 6000],
    ['a', 9000],
    ['b', 12_000],
    ['c', 15_000],
    ['a', 18_000],
  ]);
  assert.equal(clock.pending, 0);
});

test('what changes something takes every second turn from a row of questions', async () => {
  const { clock, channel, endpoint } = alone();
  const start = clock.now();
  for (const name of ['a', 'b', 'c']) void endpoint.request(get(name), long).catch(() => undefined);
  await clock.advance(1000);
  void endpoint.request(put('mitigate'), long).catch(() => undefined);
  await clock.advance(15_000);
  assert.deepEqual(sentBy(channel, start), [
    ['a', 0],
    ['mitigate', 3000],
    ['b', 6000],
    ['mitigate', 9000],
    ['c', 12_000],
    ['mitigate', 15_000],
  ]);
  await endpoint.close();
});

test('requests side by side on a healthy path follow each other by its round trip', async () => {
  const { clock, near, client } = scene();
  const start = clock.now();
  const answers = Promise.all(['a', 'b', 'c', 'd'].map((name) => client.request(get(name), long)));
  await clock.advance(200);
  await answers;
  assert.deepEqual(sentBy(near, start), [
    ['a', 0],
    ['b', 50],
    ['c', 100],
    ['d', 150],
  ]);
  assert.equal(clock.pending, 0);
});

test('a request that the server ignores holds up the others for a round trip only', async () => {
  const { clock, near, client } = scene();
  const first = client.request(get('first'), long);
  await clock.advance(50);
  await first;
  const start = clock.now();
  const ignored = fails(client.request(put('ignored'), { timeoutMs: 2000 }), 'coap/no-answer');
  const answers = Promise.all(['a', 'b'].map((name) => client.request(get(name), long)));
  await clock.advance(150);
  await answers;
  assert.deepEqual(sentBy(near, start).slice(1), [
    ['ignored', 0],
    ['a', 50],
    ['b', 100],
  ]);
  await clock.advance(2000);
  await ignored;
});

test('a path that falls silent is asked every 3 s again, and the first answer ends that', async () => {
  const { clock, channel, endpoint } = alone();
  const known = endpoint.request(get('known'), long);
  await clock.advance(50);
  arrive(channel, { messageId: 1, token: last(channel).token });
  await known;
  const start = clock.now();
  for (const name of ['a', 'b', 'c', 'd']) void endpoint.request(get(name), long).catch(() => undefined);
  await clock.advance(12_100);
  assert.deepEqual(sentBy(channel, start).slice(1), [
    ['a', 0],
    ['b', 50],
    ['c', 100],
    ['d', 150],
    ['a', 3150],
    ['b', 6150],
    ['c', 9150],
  ]);
  arrive(channel, { messageId: 2, token: last(channel).token });
  await settle();
  assert.deepEqual(sentBy(channel, start).at(-1), ['d', 12_100]);
  await endpoint.close();
  assert.equal(clock.pending, 0);
});

test('a reset is an answer too', async () => {
  const { clock, channel, endpoint } = alone();
  const outcome = fails(endpoint.request(get('a'), long), 'coap/reset');
  void endpoint.request(get('b'), long).catch(() => undefined);
  await clock.advance(20);
  arrive(channel, { type: 'RST', code: '0.00', messageId: last(channel).messageId });
  await outcome;
  assert.equal(nameOf(last(channel)), 'b');
  await endpoint.close();
});

test('the pace is that of the time that has passed, though the clock was set back', async () => {
  const { clock, channel, endpoint } = alone();
  for (const name of ['a', 'b']) void endpoint.request(get(name), long).catch(() => undefined);
  await settle();
  clock.set(clock.now() - 3_600_000);
  await clock.advance(6000);
  assert.deepEqual(
    channel.sent.map(({ message }) => nameOf(message)),
    ['a', 'b', 'a'],
  );
  await endpoint.close();
});

test('what is cancelled before its turn is never sent, and an end of the session is the end of all of it', async () => {
  const { clock, channel, endpoint } = alone();
  const controller = new AbortController();
  const outcomes = [
    fails(endpoint.request(get('a'), long), 'coap/closed'),
    fails(endpoint.request(get('b'), { ...long, signal: controller.signal }), 'coap/cancelled'),
  ];
  await settle();
  controller.abort();
  await clock.advance(4000);
  assert.deepEqual(
    channel.sent.map(({ message }) => nameOf(message)),
    ['a', 'a'],
  );
  await endpoint.close();
  await Promise.all(outcomes);
  await clock.advance(60_000);
  assert.deepEqual([channel.sent.length, clock.pending], [2, 0]);
});
