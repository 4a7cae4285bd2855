import type { Channel, Receiver } from '#dots/coap/messages/channel';
import type { Clock } from '#dots/runtime/clock';
import { decodeMessage } from '#dots/coap/messages/codec';
import type { Message } from '#dots/coap/messages/message';
import type { DotsError } from '#dots/model/errors';

/** One end of a wire that lives in memory; `wire.sent` keeps every message with its time. */
export class FakeChannel implements Channel {
  readonly kind = 'datagram';
  readonly maxMessageSize = 1232;
  roundTripMs: number | undefined;
  readonly sent: { at: number; message: Message; bytes: Uint8Array }[] = [];
  /** Decides what becomes of the n-th message (from 0) that this end sends: how many copies arrive. */
  copies: (index: number) => number = () => 1;
  other: FakeChannel | undefined;
  private receiver: Receiver | undefined;
  private open = true;

  constructor(
    readonly peer: string,
    private readonly clock: Clock,
  ) {}

  attach(receiver: Receiver): void {
    this.receiver = receiver;
  }

  send(bytes: Uint8Array): void {
    if (!this.open) return;
    const message = decodeMessage(bytes);
    if ('malformed' in message) throw new Error(`sent a malformed message: ${message.malformed}`);
    const copies = this.copies(this.sent.length);
    this.sent.push({ at: this.clock.now(), message, bytes });
    for (let copy = 0; copy < copies; copy++) setImmediate(() => this.other?.deliver(bytes));
  }

  /** Hands bytes to the endpoint at this end. */
  deliver(bytes: Uint8Array): void {
    if (this.open) this.receiver?.message(bytes);
  }

  /** Tells the endpoint that the network refuses. */
  refuse(error: DotsError): void {
    this.receiver?.failure(error);
  }

  close(): Promise<void> {
    if (this.open) {
      this.open = false;
      this.receiver?.closed();
    }
    return Promise.resolve();
  }
}

/** A wire between two ends. */
export function wire(clock: Clock): [FakeChannel, FakeChannel] {
  const ends: [FakeChannel, FakeChannel] = [new FakeChannel('server', clock), new FakeChannel('client', clock)];
  ends[0].other = ends[1];
  ends[1].other = ends[0];
  return ends;
}
