import { DotsError } from '#dots/model/errors';
import type { Channel } from './channel';
import type { TimerHandle } from '#dots/runtime/clock';
import { encodeFrame, FrameReader } from './frames';
import {
  nothing,
  type Budget,
  type Environment,
  type Failure,
  type MessageLayer,
  type MessageSink,
  type Reply,
  type Transmission,
} from './layer';
import { emptyCode, isRequest, isResponse, type Content, type Delivery, type TokenMessage } from './message';
import {
  abortion,
  baseMaxMessageSize,
  capabilitiesOf,
  criticalOption,
  isSignal,
  ourCapabilities,
  signal,
  signals,
} from './signalingMessages';

/** How long a peer may take to send its CSM, milliseconds. */
const introductionTime = 10_000;
/**
 * The largest message in either direction, bytes: one TLS record. libcoap 4.3 with GnuTLS neither reads nor writes the
 * rest of a longer one before something else happens, and long messages delay those behind them (RFC 8323 section 6).
 */
export const largestMessage = 16_384;
/** The longest diagnostic text of a peer's Abort or Release that is shown, characters. */
const lastWords = 200;

/**
 * The message layer over a stream (RFC 8323): the transport is reliable, so only framing, capabilities and an orderly
 * end remain.
 */
export class StreamLayer implements MessageLayer {
  readonly ordered = true;
  /** Nothing is acknowledged here; the channel is closed if the peer does not read. */
  readonly unacknowledged = 0;
  private readonly reader: FrameReader;
  private readonly introduction: TimerHandle;
  private introduced = false;
  private blockWise = false;
  private maxMessageSize = baseMaxMessageSize;
  /** The peer has sent Release: open requests are finished, no new ones are started. */
  private released = false;
  private closed = false;
  private readonly open = new Set<object>();
  /** The pending Pings, the oldest first. */
  private readonly pings = new Set<() => void>();

  constructor(
    private readonly channel: Channel,
    private readonly environment: Environment,
    private readonly sink: MessageSink,
    largest = largestMessage,
  ) {
    this.reader = new FrameReader(largest);
    this.introduction = environment.clock.setTimeout(
      () => this.abort('no CSM was received (RFC 8323 section 3.3)'),
      introductionTime,
    );
    this.send(ourCapabilities(largest));
  }

  get budget(): Budget {
    return {
      maxMessageSize: Math.min(this.maxMessageSize, largestMessage),
      bert: this.blockWise && this.maxMessageSize > baseMaxMessageSize,
    };
  }

  receive(bytes: Uint8Array): void {
    for (const message of this.reader.push(bytes)) {
      if (this.closed) return;
      if ('malformed' in message) return this.abort(message.malformed);
      this.take(message);
    }
  }

  request(message: TokenMessage, _delivery: Delivery, failed: (why: Failure) => void): Transmission {
    const refused = this.refusalOf(message);
    if (refused !== undefined) {
      failed(refused);
      return nothing;
    }
    const transmission = { stop: () => this.finish(transmission) };
    this.open.add(transmission);
    this.send(message);
    return transmission;
  }

  notify(message: TokenMessage): void {
    this.send(message);
  }

  /**
   * The token is empty, because libcoap's Pong has none whatever the Ping had; so Pongs answer Pings in their order. A
   * Ping that timed out is discarded, because its Pong may never come: a late Pong then answers the next Ping, which is
   * still a sign that the peer is alive.
   */
  ping(done: () => void): Transmission {
    const ponged = (): void => {
      this.pings.delete(ponged);
      done();
    };
    this.pings.add(ponged);
    this.send(signal(signals.ping));
    return { stop: () => this.pings.delete(ponged) };
  }

  close(): void {
    if (!this.closed && !this.released) this.send(signal(signals.release));
    this.silence();
  }

  private refusalOf(message: TokenMessage): Failure | undefined {
    if (this.released) return 'released';
    return encodeFrame(message).length > this.budget.maxMessageSize ? 'too-large' : undefined;
  }

  private take(message: TokenMessage): void {
    if (message.code === emptyCode) return;
    if (!this.introduced && message.code !== signals.csm && message.code !== signals.abort)
      return this.abort('the first message must be a CSM (RFC 8323 section 3.3)');
    if (!isSignal(message.code) && !isRequest(message.code) && !isResponse(message.code))
      return this.abort(`reserved code ${message.code}`);
    this.sink.heard();
    if (isSignal(message.code)) this.signalled(message);
    else if (isRequest(message.code)) this.sink.request(message, this.replyTo(message));
    else this.sink.response(message);
  }

  private signalled(message: TokenMessage): void {
    const critical = message.code === signals.csm ? undefined : criticalOption(message);
    if (critical !== undefined) return this.abort(`the critical option ${critical} of ${message.code} is unknown`);
    if (message.code === signals.csm) this.learn(message);
    else if (message.code === signals.ping) this.send(signal(signals.pong, { token: message.token }));
    else if (message.code === signals.pong) [...this.pings][0]?.();
    else if (message.code === signals.release) this.release();
    else if (message.code === signals.abort) this.aborted(message);
  }

  private learn(message: TokenMessage): void {
    const capabilities = capabilitiesOf(message);
    if ('badOption' in capabilities)
      return this.abort(`the option ${capabilities.badOption} of the CSM is not acceptable`, capabilities.badOption);
    this.introduced = true;
    this.environment.clock.clearTimeout(this.introduction);
    this.maxMessageSize = capabilities.maxMessageSize ?? this.maxMessageSize;
    this.blockWise ||= capabilities.blockWise === true;
  }

  private replyTo({ token }: TokenMessage): Reply {
    const send = (content: Content): void => {
      this.send({ ...content, token });
      this.finish(reply);
    };
    const reply: Reply = { send, reject: send, ignore: () => this.finish(reply) };
    this.open.add(reply);
    return reply;
  }

  private release(): void {
    this.released = true;
    this.closeWhenFinished();
  }

  private finish(work: object): void {
    this.open.delete(work);
    this.closeWhenFinished();
  }

  private closeWhenFinished(): void {
    if (!this.released || this.closed || this.open.size > 0) return;
    this.silence();
    void this.channel.close();
  }

  private aborted({ payload }: TokenMessage): void {
    const words = Buffer.from(payload)
      .toString('utf8')
      .replace(/[\p{Cc}\s]+/gu, ' ')
      .trim()
      .slice(0, lastWords);
    this.end(
      new DotsError(
        'unreachable',
        'coap/aborted',
        `${this.channel.peer} aborted the session${words === '' ? '' : `: ${words}`}.`,
        'Open it again.',
      ),
    );
  }

  /** Sends the reason, and ends the connection: RFC 8323 section 5.6. */
  private abort(reason: string, badOption?: number): void {
    this.sink.dropped(reason);
    this.send(abortion(reason, badOption));
    this.end(
      new DotsError(
        'unreachable',
        'coap/protocol',
        `${this.channel.peer} violates CoAP over TCP (RFC 8323): ${reason}.`,
        'Check that a DOTS server listens there.',
      ),
    );
  }

  private end(error: DotsError): void {
    this.silence();
    this.sink.failed(error);
    void this.channel.close();
  }

  private silence(): void {
    this.closed = true;
    this.environment.clock.clearTimeout(this.introduction);
    this.open.clear();
    this.pings.clear();
  }

  private send(message: TokenMessage): void {
    if (!this.closed) this.channel.send(encodeFrame(message));
  }
}
