import assert from 'node:assert/strict';
import { encodeMessage } from '#dots/coap/messages/codec';
import { Endpoint, type EndpointOptions } from '#dots/coap/endpoint';
import type { Message } from '#dots/coap/messages/message';
import type { CoapRequest } from '#dots/coap/request';
import { DotsError } from '#dots/model/errors';
import { FakeClock } from './protocol/fakeClock';
import { wire, type FakeChannel } from './protocol/fakeNetwork';

export const confirmable: CoapRequest = { method: 'GET', path: ['a'], confirmable: true };
export const nonConfirmable: CoapRequest = {
  method: 'PUT',
  path: ['a'],
  payload: Buffer.from('x'),
  confirmable: false,
};
export const long = { timeoutMs: 1_000_000 };

/** A client whose peer is the test: what it sends is kept, nothing answers by itself. */
export function alone(
  { clock = new FakeClock(), ...options }: Omit<EndpointOptions, 'clock'> & { clock?: FakeClock } = {},
  { roundTripMs }: { roundTripMs?: number } = {},
): { clock: FakeClock; channel: FakeChannel; endpoint: Endpoint } {
  const [channel, other] = wire(clock);
  channel.roundTripMs = roundTripMs;
  other.attach({ message: () => undefined, failure: () => undefined, closed: () => undefined });
  return { clock, channel, endpoint: new Endpoint(channel, { clock, ...options }) };
}

/** A client and a server on one wire. */
export function pair(options: EndpointOptions): {
  clock: FakeClock;
  near: FakeChannel;
  far: FakeChannel;
  client: Endpoint;
  server: Endpoint;
} {
  const clock = new FakeClock();
  const [near, far] = wire(clock);
  return { clock, near, far, client: new Endpoint(near, { clock }), server: new Endpoint(far, { clock, ...options }) };
}

export function arrive(channel: FakeChannel, message: Partial<Message>): void {
  channel.deliver(
    encodeMessage({
      type: 'NON',
      code: '2.05',
      messageId: 9,
      token: '',
      options: [],
      payload: new Uint8Array(),
      ...message,
    }),
  );
}

export function last(channel: FakeChannel): Message {
  const sent = channel.sent.at(-1);
  assert.ok(sent);
  return sent.message;
}

export function fails(promise: Promise<unknown>, code: string): Promise<void> {
  return assert.rejects(
    promise,
    (error: unknown) => error instanceof DotsError && error.kind === 'unreachable' && error.code === code,
  );
}
