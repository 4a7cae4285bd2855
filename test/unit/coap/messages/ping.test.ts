import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMessage } from '#dots/coap/messages/codec';
import { Endpoint } from '#dots/coap/endpoint';
import type { Message } from '#dots/coap/messages/message';
import { DotsError } from '#dots/model/errors';
import { FakeClock, settle } from '../../../support/protocol/fakeClock';
import { wire, type FakeChannel } from '../../../support/protocol/fakeNetwork';

const long = { timeoutMs: 1_000_000 };

/** A client whose peer is the test; `answer` answers its last message. */
function alone(): {
  clock: FakeClock;
  channel: FakeChannel;
  endpoint: Endpoint;
  answer: (type: 'ACK' | 'RST') => void;
} {
  const clock = new FakeClock();
  const [channel] = wire(clock);
  const answer = (type: 'ACK' | 'RST'): void =>
    channel.deliver(
      encodeMessage({
        type,
        code: '0.00',
        messageId: last(channel).messageId,
        token: '',
        options: [],
        payload: new Uint8Array(),
      }),
    );
  return { clock, channel, endpoint: new Endpoint(channel, { clock }), answer };
}

function last(channel: FakeChannel): Message {
  return channel.sent.at(-1)?.message ?? assert.fail();
}

function fails(promise: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(
    promise,
    (error: unknown) => error instanceof DotsError && error.kind === 'unreachable' && error.code === code,
  );
}

test('a ping is an empty confirmable message, and the reset that it gets is its answer', async () => {
  const { clock, channel, endpoint, answer } = alone();
  const ping = endpoint.ping(long);
  await clock.advance(70);
  assert.deepEqual(
    [last(channel).type, last(channel).code, last(channel).token, last(channel).payload.length],
    ['CON', '0.00', '', 0],
  );
  answer('RST');
  assert.equal(await ping, 70);
  assert.equal(clock.pending, 0);
});

test('an acknowledgement answers a ping as well, and silence fails it', async () => {
  const { clock, endpoint, answer } = alone();
  const heard: (string | undefined)[] = [];
  endpoint.onLiveness((error) => heard.push(error?.code));
  const ping = endpoint.ping(long);
  await settle();
  answer('ACK');
  await ping;
  const unanswered = fails(endpoint.ping(long), 'coap/no-acknowledgement');
  await clock.advance(100_000);
  await unanswered;
  const short = fails(endpoint.ping({ timeoutMs: 1000 }), 'coap/no-answer');
  await clock.advance(1000);
  await short;
  const controller = new AbortController();
  const cancelled = fails(endpoint.ping({ ...long, signal: controller.signal }), 'coap/cancelled');
  controller.abort();
  await cancelled;
  const closed = fails(endpoint.ping(long), 'coap/closed');
  await endpoint.close();
  await closed;
  assert.deepEqual(heard, [undefined, 'coap/no-acknowledgement', 'coap/no-answer']);
  assert.equal(clock.pending, 0);
});

test('two endpoints ping each other', async () => {
  const clock = new FakeClock();
  const [near, far] = wire(clock);
  const [client, server] = [new Endpoint(near, { clock }), new Endpoint(far, { clock })];
  await Promise.all([client.ping(long), server.ping(long)]);
});
