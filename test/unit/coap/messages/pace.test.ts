import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import type { Handler } from '#dots/coap/inbound';
import type { Message } from '#dots/coap/messages/message';
import { textsOf } from '#dots/coap/messages/options';
import { paceOf } from '#dots/coap/messages/pace';
import type { CoapRequest } from '#dots/coap/request';
import { FakeClock, settle } from '../../../support/protocol/fakeClock';
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

/** A session whose server has answered once, after 50 ms. */
async function known(scene = alone()): Promise<ReturnType<typeof alone> & { start: number }> {
  const { clock, channel, endpoint } = scene;
  const first = endpoint.request(get('known'), long);
  await clock.advance(50);
  arrive(channel, { messageId: 1, token: last(channel).token });
  await first;
  channel.sent.length = 0;
  return { ...scene, start: clock.now() };
}

test('with a known round trip a request is sent every 250 ms for 5 s, then every 3 s', async () => {
  const { clock, channel, endpoint, start } = await known();
  const outcome = fails(endpoint.request(put('mitigate'), { timeoutMs: 60_000 }), 'coap/no-answer');
  await clock.advance(60_000);
  await outcome;
  const soon = Array.from({ length: 20 }, (_, index) => 250 * index);
  const later = Array.from({ length: 18 }, (_, index) => 4750 + 3000 * (index + 1));
  assert.deepEqual(
    sentBy(channel, start),
    [...soon, ...later].map((at) => ['mitigate', at]),
  );
  const ids = channel.sent.map(({ message }) => message.token);
  assert.equal(new Set(ids).size, 1, 'the token shows that they are copies');
});

test('a round trip above 250 ms is the time between two copies', async () => {
  const { clock, channel, endpoint } = alone();
  const first = endpoint.request(get('known'), long);
  await clock.advance(800);
  arrive(channel, { messageId: 1, token: last(channel).token });
  await first;
  const start = clock.now();
  void endpoint.request(put('mitigate'), long).catch(() => undefined);
  await clock.advance(11_000);
  await endpoint.close();
  const times = sentBy(channel, start)
    .slice(1)
    .map(([, at]) => at);
  assert.deepEqual(times, [0, 800, 1600, 2400, 3200, 4000, 4800, 7800, 10_800]);
});

test('the round trip of the handshake counts for the first request', async () => {
  const { clock, channel, endpoint } = alone({}, { roundTripMs: 20 });
  void endpoint.request(put('mitigate'), long).catch(() => undefined);
  await clock.advance(1000);
  assert.equal(channel.sent.length, 5);
  await endpoint.close();
});

test('requests on a silent path share one copy every round trip while they are new, then one every 3 s', async () => {
  const { clock, channel, endpoint, start } = await known();
  for (const name of ['a', 'b', 'c', 'd']) void endpoint.request(get(name), long).catch(() => undefined);
  await clock.advance(20_000);
  const sent = sentBy(channel, start);
  const inTurn = (at: number): [string, number][] => ['a', 'b', 'c', 'd'].map((name, turn) => [name, at + 50 * turn]);
  assert.deepEqual(sent.slice(0, 8), [...inTurn(0), ...inTurn(250)]);
  assert.equal(sent.filter(([, at]) => at < 5000).length, 80);
  assert.deepEqual(
    sent.slice(80).map(([, at]) => at),
    [7750, 10_750, 13_750, 16_750, 19_750],
  );
  await endpoint.close();
});

test('a new request on a silent path is not delayed by the old ones, and an answer ends the silence', async () => {
  const { clock, channel, endpoint } = await known();
  for (const name of ['a', 'b', 'c']) void endpoint.request(get(name), long).catch(() => undefined);
  await clock.advance(60_000);
  const start = clock.now();
  channel.sent.length = 0;
  void endpoint.request(put('mitigate'), long).catch(() => undefined);
  await clock.advance(1000);
  assert.deepEqual(sentBy(channel, start).filter(([name]) => name === 'mitigate').length, 5);
  const [{ message }] = channel.sent.splice(0).slice(-1) as [FakeChannel['sent'][0]];
  arrive(channel, { messageId: 2, token: message.token });
  await clock.advance(3000);
  assert.deepEqual(new Set(sentBy(channel, start).map(([name]) => name)), new Set(['a', 'b', 'c']));
  await endpoint.close();
  assert.equal(clock.pending, 0);
});

test('sessions with one peer share its pace, and the same request over two of them is one request', async () => {
  const scene = await known();
  const { clock, channel, endpoint, start } = scene;
  const beside = alone({ clock });
  const request = put('mitigate');
  const outcomes = [endpoint, beside.endpoint].map((each) =>
    fails(each.request(request, { timeoutMs: 60_000 }), 'coap/no-answer'),
  );
  void beside.endpoint.request({ ...put('hb'), once: true }, { timeoutMs: 60_000 }).catch(() => undefined);
  await clock.advance(60_000);
  await Promise.all(outcomes);
  const [one, other] = [sentBy(channel, start), sentBy(beside.channel, start)];
  const copies = [...one, ...other].filter(([name]) => name === 'mitigate').map(([, at]) => at);
  assert.equal(copies.length, 38);
  assert.deepEqual([one.length, other.length], [19, 20], 'in turn, and the heartbeat once');
  const all = [...one, ...other].map(([, at]) => at).sort((first, second) => first - second);
  assert.ok(all.every((at, index) => index === 0 || at - all[index - 1]! >= 50));
  await Promise.all([endpoint.close(), beside.endpoint.close()]);
  assert.equal(clock.pending, 0);
});

test('a session that closes leaves its turns to the others', async () => {
  const { clock, channel, endpoint } = alone();
  const beside = alone({ clock });
  void endpoint.request(get('a'), long).catch(() => undefined);
  void beside.endpoint.request(get('b'), long).catch(() => undefined);
  await clock.advance(1000);
  await endpoint.close();
  await clock.advance(9000);
  assert.equal(channel.sent.length, 1);
  assert.deepEqual(
    sentBy(beside.channel, clock.now() - 10_000).map(([, at]) => at),
    [3000, 6000, 9000],
  );
  await beside.endpoint.close();
  assert.equal(clock.pending, 0);
});

test('the paces of the last 256 peers are kept, and of no more', () => {
  const clock = new FakeClock();
  const first = paceOf('192.0.2.1:4646', clock, 3000);
  assert.equal(paceOf('192.0.2.1:4646', clock, 3000), first);
  for (let port = 1; port <= 256; port += 1) paceOf(`192.0.2.2:${port}`, clock, 3000);
  assert.notEqual(paceOf('192.0.2.1:4646', clock, 3000), first);
  assert.notEqual(paceOf('192.0.2.2:9', clock, 3000), paceOf('192.0.2.2:9', new FakeClock(), 3000));
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
