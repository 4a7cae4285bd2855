import type { Channel } from './channel';
import type { TimerHandle } from '#dots/runtime/clock';
import { confirmableId, decodeMessage, encodeMessage } from './codec';
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
import {
  emptyCode,
  isRequest,
  isResponse,
  methodCodes,
  noBytes,
  type Content,
  type Delivery,
  type Message,
  type MessageType,
  type TokenMessage,
} from './message';
import { valueOf } from './options';
import { paceOf, type Pace, type PacedTransmission } from './pace';
import { exchangeLifetime } from './parameters';
import { Recent } from './recent';

interface Pending {
  message: Message;
  bytes: Uint8Array;
  attempt: number;
  interval: number;
  timer?: TimerHandle;
  acknowledged?: (() => void) | undefined;
  failed: (why: Failure) => void;
}

/** How many messages of a peer are remembered to detect duplicates. */
const rememberedMessages = 128;
/** How many of our own messages can still be answered with an acknowledgement or a reset. */
const rememberedSent = 128;

const empty: TokenMessage = { code: emptyCode, token: '', options: [], payload: noBytes };
const ignored = (): void => undefined;

/**
 * The message layer over datagrams (RFC 7252 section 4): message ids, duplicates, acknowledgements, resets,
 * retransmission.
 */
export class DatagramLayer implements MessageLayer {
  readonly ordered = false;
  readonly budget: Budget;
  private nextId: number;
  private closed = false;
  private readonly underway = new Map<number, Pending>();
  private readonly waiting: Pending[] = [];
  /**
   * The messages of the peer and our replies, by message id and token: message ids alone repeat too soon on a busy
   * session.
   */
  private readonly history: Recent<{ reply?: Uint8Array }>;
  /** Recently sent messages by message id: the token, and who is notified of a reset. */
  private readonly sent: Recent<{ token: string; reset: () => void }>;
  /** The non-confirmable requests under way, by token. */
  private readonly repeated = new Map<string, PacedTransmission>();
  /** The requests that still have to be acknowledged. */
  private readonly replies = new Set<ConfirmableReply>();

  constructor(
    private readonly channel: Channel,
    private readonly environment: Environment,
    private readonly sink: MessageSink,
  ) {
    const lifetime = exchangeLifetime(environment.parameters);
    this.budget = { maxMessageSize: channel.maxMessageSize, bert: false };
    this.nextId = environment.random(0x10000);
    this.history = new Recent(lifetime, rememberedMessages);
    this.sent = new Recent(lifetime, rememberedSent);
  }

  get unacknowledged(): number {
    return [...this.underway.values(), ...this.waiting].filter(({ message }) => isResponse(message.code)).length;
  }

  request(message: TokenMessage, delivery: Delivery, failed: (why: Failure) => void): Transmission {
    if (encodeMessage({ type: 'CON', messageId: 0, ...message }).length > this.budget.maxMessageSize) {
      failed('too-large');
      return nothing;
    }
    return delivery === 'confirmed' ? this.confirmable(message, { failed }) : this.paced(message, delivery, failed);
  }

  notify(message: TokenMessage, unwanted: () => void): void {
    this.nonConfirmable(message, unwanted);
  }

  /** An empty confirmable message, which every endpoint must reset: RFC 7252 section 4.3. */
  ping(done: (why?: Failure) => void): Transmission {
    return this.confirmable(empty, { acknowledged: done, failed: (why) => done(why === 'reset' ? undefined : why) });
  }

  receive(bytes: Uint8Array): void {
    const message = decodeMessage(bytes);
    if ('malformed' in message) return this.refuse(bytes, message.malformed);
    this.sink.heard();
    if (message.type === 'ACK' || message.type === 'RST') this.concluded(message);
    else if (message.code === emptyCode) this.answerPing(message);
    else this.once(message);
  }

  close(): void {
    this.closed = true;
    for (const { timer } of this.underway.values()) this.environment.clock.clearTimeout(timer);
    for (const reply of this.replies) reply.cancel();
    this.replies.clear();
    this.underway.clear();
    this.waiting.length = 0;
    for (const { stop } of this.repeated.values()) stop();
    this.repeated.clear();
    this.sent.clear();
    this.history.clear();
  }

  /** Sends until it is acknowledged, reset or timed out; waits while NSTART others are under way. */
  confirmable(
    draft: TokenMessage,
    { acknowledged, failed = ignored }: Partial<Pick<Pending, 'acknowledged' | 'failed'>> = {},
  ): Transmission {
    if (this.closed) return nothing;
    const message = this.message('CON', draft);
    const { ackTimeout, ackRandomFactor } = this.environment.parameters;
    const interval = ackTimeout * (1 + ((ackRandomFactor - 1) * this.environment.random(1001)) / 1000);
    const pending: Pending = { message, bytes: encodeMessage(message), attempt: 0, interval, acknowledged, failed };
    this.waiting.push(pending);
    this.startWaiting();
    return { stop: () => this.settle(pending) };
  }

  /** Answers a confirmable message at once: with a response, or, with none, by an empty acknowledgement. */
  acknowledge(message: Message, response: TokenMessage = empty): void {
    this.reply(message, { type: 'ACK', messageId: message.messageId, ...response });
  }

  /** Answers a non-confirmable request. */
  private respond(request: Message, response: TokenMessage): void {
    this.reply(request, this.message('NON', response));
  }

  /** Each copy has its own message id: a server that drops duplicates silently would never answer a second copy. */
  private paced(draft: TokenMessage, delivery: Delivery, failed: (why: Failure) => void): Transmission {
    const once = delivery === 'once';
    const content = Buffer.from(encodeMessage({ type: 'NON', messageId: 0, ...draft, token: '' })).toString('latin1');
    const transmission = this.pace.add({
      content,
      once,
      changes: !once && draft.code !== methodCodes.GET,
      send: () => this.nonConfirmable(draft, () => failed('reset')),
    });
    this.repeated.set(draft.token, transmission);
    return {
      stop: () => {
        if (this.repeated.get(draft.token) === transmission) this.repeated.delete(draft.token);
        transmission.stop();
      },
    };
  }

  /** What limits this session together with all others with the peer. */
  private get pace(): Pace {
    const { clock, parameters } = this.environment;
    const pace = paceOf(this.channel.peer, clock, parameters.nonInterval);
    if (this.channel.roundTripMs !== undefined) pace.suggest(this.channel.roundTripMs);
    return pace;
  }

  /** Sends once; `reset` is called when the peer rejects it. */
  private nonConfirmable(draft: TokenMessage, reset: () => void): void {
    if (this.closed) return;
    const message = this.message('NON', draft);
    this.remember(message, reset);
    this.channel.send(encodeMessage(message));
  }

  private message(type: MessageType, draft: TokenMessage): Message {
    const messageId = this.nextId;
    this.nextId = (this.nextId + 1) % 0x10000;
    return { type, messageId, ...draft };
  }

  private remember({ messageId, token }: Message, reset: () => void): void {
    this.sent.set(messageId, { token, reset }, this.environment.clock.monotonic());
  }

  private startWaiting(): void {
    while (this.waiting.length > 0 && this.underway.size < this.environment.parameters.nstart) {
      const pending = this.waiting.shift() as Pending;
      this.underway.set(pending.message.messageId, pending);
      this.remember(pending.message, ignored);
      this.transmit(pending);
    }
  }

  private transmit(pending: Pending): void {
    const { clock, parameters } = this.environment;
    pending.timer = clock.setTimeout(
      () => {
        if (pending.attempt > parameters.maxRetransmit) this.fail(pending, 'timeout');
        else this.transmit(pending);
      },
      pending.interval * 2 ** pending.attempt,
    );
    pending.attempt += 1;
    this.channel.send(pending.bytes);
  }

  private fail(pending: Pending, why: Failure): void {
    this.settle(pending);
    pending.failed(why);
  }

  private settle(pending: Pending): void {
    this.environment.clock.clearTimeout(pending.timer);
    const place = this.waiting.indexOf(pending);
    if (place >= 0) this.waiting.splice(place, 1);
    if (this.underway.get(pending.message.messageId) === pending) this.underway.delete(pending.message.messageId);
    this.startWaiting();
  }

  /**
   * An acknowledgement or a reset ends the message it names; an acknowledgement may carry the response to that message
   * and to no other (RFC 7252 section 5.3.2). go-dots acknowledges non-confirmable requests as well, which is harmless.
   */
  private concluded(message: Message): void {
    const pending = this.underway.get(message.messageId);
    if (message.type === 'RST') {
      if (pending !== undefined) this.fail(pending, 'reset');
      this.rejected(message.messageId);
      return;
    }
    if (pending !== undefined && (message.code === emptyCode || message.token === pending.message.token)) {
      this.settle(pending);
      pending.acknowledged?.();
    }
    const { token } = pending?.message ?? this.sent.get(message.messageId, this.environment.clock.monotonic()) ?? {};
    if (isResponse(message.code) && message.token === token) this.response(message);
  }

  private rejected(messageId: number): void {
    const sent = this.sent.get(messageId, this.environment.clock.monotonic());
    if (sent === undefined) return;
    this.repeated.get(sent.token)?.answered();
    sent.reset();
  }

  private response(message: Message): boolean {
    this.repeated.get(message.token)?.answered();
    return this.sink.response(message);
  }

  private answerPing(message: Message): void {
    if (message.type === 'CON') this.reset(message);
  }

  /**
   * A confirmable message that cannot be read is reset, so that its sender stops repeating it (RFC 7252 section 4.2).
   * Everything else is dropped silently: an answer to a reset would cause a loop, and other versions must not be
   * answered (section 3).
   */
  private refuse(bytes: Uint8Array, why: string): void {
    this.sink.dropped(why);
    const messageId = confirmableId(bytes);
    if (messageId !== undefined) this.channel.send(encodeMessage({ type: 'RST', messageId, ...empty }));
  }

  private reset(message: Message): void {
    this.reply(message, { type: 'RST', messageId: message.messageId, ...empty });
  }

  /** Passes a request or a response on, unless it is a duplicate: then the reply is sent again. */
  private once(message: Message): void {
    const now = this.environment.clock.monotonic();
    const earlier = this.history.get(keyOf(message), now);
    if (earlier === undefined) {
      this.history.set(keyOf(message), {}, now);
      if (isRequest(message.code)) this.sink.request(message, this.replyTo(message));
      else this.answered(message);
    } else if (earlier.reply !== undefined) this.channel.send(earlier.reply);
  }

  private replyTo(message: Message): Reply {
    if (message.type === 'NON')
      return {
        send: (content) => this.respond(message, { ...content, token: message.token }),
        ignore: ignored,
        reject: () => this.reset(message),
      };
    const reply = new ConfirmableReply(message, this, this.environment, () => this.replies.delete(reply));
    this.replies.add(reply);
    return reply;
  }

  /** A confirmable response is acknowledged; a notification without an observer is reset (RFC 7641 section 3.6). */
  private answered(message: Message): void {
    const known = this.response(message);
    if (message.type === 'CON' && known) this.acknowledge(message);
    else if (!known && (message.type === 'CON' || valueOf(message.options, 'Observe') !== undefined))
      this.reset(message);
  }

  private reply(to: Message, reply: Message): void {
    if (this.closed) return;
    const bytes = encodeMessage(reply);
    const earlier = this.history.get(keyOf(to), this.environment.clock.monotonic());
    if (earlier !== undefined) earlier.reply = bytes;
    this.channel.send(bytes);
  }
}

function keyOf(message: Message): string {
  return `${message.messageId} ${message.token}`;
}

/**
 * The way back to a confirmable request: piggybacked while the acknowledgement is still due, otherwise in a separate
 * message.
 */
class ConfirmableReply implements Reply {
  private readonly timer: TimerHandle;
  private acknowledged = false;

  constructor(
    private readonly request: Message,
    private readonly layer: DatagramLayer,
    private readonly environment: Environment,
    private readonly done: () => void,
  ) {
    this.timer = environment.clock.setTimeout(() => this.acknowledge(), environment.parameters.ackTimeout / 2);
  }

  send(content: Content): void {
    const draft = { ...content, token: this.request.token };
    this.finish();
    if (this.acknowledged) this.layer.confirmable(draft);
    else this.layer.acknowledge(this.request, draft);
  }

  ignore(): void {
    this.finish();
    if (!this.acknowledged) this.acknowledge();
  }

  reject(content: Content): void {
    this.send(content);
  }

  cancel(): void {
    this.environment.clock.clearTimeout(this.timer);
  }

  private finish(): void {
    this.cancel();
    this.done();
  }

  private acknowledge(): void {
    this.acknowledged = true;
    this.layer.acknowledge(this.request);
  }
}
