import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import type { Channel, Receiver } from '#dots/coap/messages/channel';
import { Endpoint, type EndpointOptions } from '#dots/coap/endpoint';
import { encodeFrame, FrameReader } from '#dots/coap/messages/frames';
import type { TokenMessage } from '#dots/coap/messages/message';
import type { CoapRequest } from '#dots/coap/request';
import { ourCapabilities } from '#dots/coap/messages/signalingMessages';
import { FakeClock } from './protocol/fakeClock';

/** A request, how long its answer may take, and a body of many blocks. */
export const get: CoapRequest = { method: 'GET', path: ['a'], confirmable: true };
export const patience = { timeoutMs: 10_000 };
export const large = Buffer.from(Array.from({ length: 9000 }, (_, index) => index % 251));

/**
 * One end of a stream in memory; what it sends is kept as messages and, where there is another end, arrives there in
 * pieces.
 */
export class StreamChannel implements Channel {
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
export function alone(
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
export function introduced(
  t: TestContext,
  options: EndpointOptions = {},
  maxMessageSize = 4096,
): ReturnType<typeof alone> {
  const scene = alone(t, options);
  scene.channel.deliver(encodeFrame(ourCapabilities(maxMessageSize)));
  return scene;
}

/** A client and a server on one connection. */
export function pair(
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

export const text = ({ payload }: { payload: Uint8Array }): string => Buffer.from(payload).toString();

/** What was sent after the CSM. */
export const framesOf = ({ sent }: StreamChannel): string[] =>
  sent.slice(1).map((message) => Buffer.from(encodeFrame(message)).toString('hex'));

export const last = ({ sent }: StreamChannel): TokenMessage => sent.at(-1) as TokenMessage;
