import type { Channel, Receiver, Security } from '#dots/coap/messages/channel';
import { DotsError } from '#dots/model/errors';
import type { Association } from './association';

/** How many messages wait for a receiver that is not set yet; it is set in the same turn. */
const waitingAtMost = 16;

/** An established association as a channel of the CoAP layer. */
export class DtlsChannel implements Channel {
  readonly kind = 'datagram';
  readonly maxMessageSize: number;
  readonly security: Security;
  /** Whether the handshake resumed an earlier session (RFC 5077). */
  readonly resumed: boolean;
  private receiver: Receiver | undefined;
  private waiting: Uint8Array[] = [];
  private open = true;

  /** `release` frees the resources of the channel once it is closed. */
  constructor(
    readonly peer: string,
    private readonly association: Association,
    private readonly release: () => Promise<void>,
    readonly roundTripMs?: number,
  ) {
    this.maxMessageSize = association.maxMessageSize;
    this.security = association.security;
    this.resumed = association.resumed;
  }

  attach(receiver: Receiver): void {
    this.receiver = receiver;
    for (const bytes of this.waiting.splice(0)) receiver.message(bytes);
    if (!this.open) receiver.closed();
  }

  send(bytes: Uint8Array): void {
    if (!this.open) return;
    try {
      this.association.send(bytes);
    } catch (error) {
      if (!(error instanceof DotsError)) throw error;
      this.receiver?.failure(error);
    }
  }

  async close(): Promise<void> {
    if (!this.open) return;
    this.association.close();
    await this.finish();
  }

  /** A message arrived. */
  deliver(bytes: Uint8Array): void {
    if (this.receiver !== undefined) this.receiver.message(bytes);
    else if (this.waiting.length < waitingAtMost) this.waiting.push(bytes);
  }

  /** The network, or the other end, reported an error. */
  fail(error: DotsError): void {
    if (this.open) this.receiver?.failure(error);
  }

  /** The association has ended; reported once. */
  async finish(error?: DotsError): Promise<void> {
    if (!this.open) return;
    this.open = false;
    // Set first, before the receiver reacts.
    const released = this.release();
    if (error !== undefined) this.receiver?.failure(error);
    this.receiver?.closed();
    await released;
  }
}
