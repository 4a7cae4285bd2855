import type { Channel } from './channel';
import type { Clock, TimerHandle } from './clock';
import { decodeMessage, encodeMessage } from './codec';
import { emptyCode, isRequest, isResponse, noBytes, type Content, type Message, type MessageType } from './message';
import { valueOf } from './options';
import { exchangeLifetime, type TransmissionParameters } from './parameters';
import { Recent } from './recent';

/** What everything in this room needs from outside. */
export interface Environment {
  clock: Clock;
  /** An integer from 0 up to, not including, `bound`. */
  random: (bound: number) => number;
  parameters: TransmissionParameters;
}

/** A message to send; the layer gives it a type and a message id. */
export interface Draft extends Content { token: string }

/** Why a confirmable message was given up. */
export type Failure = 'reset' | 'timeout';

/** Who hears the messages of a peer, each of them once. */
export interface MessageSink {
  request(message: Message): void;
  /** Returns whether the token belongs to an open exchange. */
  response(message: Message): boolean;
  /** For the trace: a datagram that was dropped, and why. */
  dropped(reason: string): void;
}

/** A confirmable message under way. */
export interface Transmission { /** Sends no further copy and forgets it. */ stop(): void }

interface Pending { message: Message; bytes: Uint8Array; attempt: number; interval: number; timer?: TimerHandle; failed: (why: Failure) => void }

/** How many messages of a peer are remembered for their duplicates. */
const rememberedMessages = 128;
/** How many of our notifications can still be answered with a reset. */
const rememberedNotifications = 128;

/**
 * The message layer of one session (RFC 7252 section 4): message ids, duplicates, acknowledgements, resets, retransmission.
 * It is the same in both directions; requests and responses are told apart by their code.
 */
export class MessageLayer {
  private nextId: number;
  private closed = false;
  private readonly underway = new Map<number, Pending>();
  private readonly waiting: Pending[] = [];
  /** The messages of the peer and our replies, by message id and token: a message id alone comes round too soon on a busy session. */
  private readonly history: Recent<{ reply?: Uint8Array }>;
  private readonly onReset: Recent<() => void>;

  constructor(private readonly channel: Channel, private readonly environment: Environment, private readonly sink: MessageSink) {
    const lifetime = exchangeLifetime(environment.parameters);
    this.nextId = environment.random(0x10000);
    this.history = new Recent(lifetime, rememberedMessages);
    this.onReset = new Recent(lifetime, rememberedNotifications);
  }

  /** Sends until it is acknowledged, reset or given up; waits its turn while NSTART others are under way. */
  confirmable(draft: Draft, failed: (why: Failure) => void): Transmission {
    if (this.closed) return { stop: () => undefined };
    const message = this.message('CON', draft);
    const { ackTimeout, ackRandomFactor } = this.environment.parameters;
    const interval = ackTimeout * (1 + (ackRandomFactor - 1) * this.environment.random(1001) / 1000);
    const pending: Pending = { message, bytes: encodeMessage(message), attempt: 0, interval, failed };
    this.waiting.push(pending);
    this.startWaiting();
    return { stop: () => this.settle(pending) };
  }

  /** Sends once; `reset` is called when the peer rejects it. */
  nonConfirmable(draft: Draft, reset?: () => void): void {
    if (this.closed) return;
    const message = this.message('NON', draft);
    if (reset !== undefined) this.onReset.set(message.messageId, reset, this.environment.clock.now());
    this.channel.send(encodeMessage(message));
  }

  /** Answers a confirmable message at once: with a response, or, with none, by an empty acknowledgement. */
  acknowledge(message: Message, response?: Draft): void {
    this.reply(message, { type: 'ACK', messageId: message.messageId, ...(response ?? empty) });
  }

  /** Answers a non-confirmable request. */
  respond(request: Message, response: Draft): void {
    this.reply(request, this.message('NON', response));
  }

  /** One datagram from the peer. */
  receive(bytes: Uint8Array): void {
    const message = decodeMessage(bytes);
    if ('malformed' in message) this.sink.dropped(message.malformed);
    else if (message.type === 'ACK' || message.type === 'RST') this.concluded(message);
    else if (message.code === emptyCode) this.ping(message);
    else this.once(message);
  }

  /** Forgets everything, and sends nothing from now on; what waits is not told. */
  close(): void {
    this.closed = true;
    for (const { timer } of this.underway.values()) this.environment.clock.clearTimeout(timer);
    this.underway.clear();
    this.waiting.length = 0;
    this.onReset.clear();
    this.history.clear();
  }

  private message(type: MessageType, draft: Draft): Message {
    const messageId = this.nextId;
    this.nextId = (this.nextId + 1) % 0x10000;
    return { type, messageId, ...draft };
  }

  private startWaiting(): void {
    while (this.waiting.length > 0 && this.underway.size < this.environment.parameters.nstart) {
      const pending = this.waiting.shift() as Pending;
      this.underway.set(pending.message.messageId, pending);
      this.transmit(pending);
    }
  }

  private transmit(pending: Pending): void {
    const { clock, parameters } = this.environment;
    pending.timer = clock.setTimeout(() => {
      if (pending.attempt > parameters.maxRetransmit) this.fail(pending, 'timeout');
      else this.transmit(pending);
    }, pending.interval * 2 ** pending.attempt);
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

  /** An acknowledgement or a reset ends the message it names; an acknowledgement may carry the response. */
  private concluded(message: Message): void {
    const pending = this.underway.get(message.messageId);
    if (message.type === 'RST') {
      if (pending !== undefined) this.fail(pending, 'reset');
      this.onReset.get(message.messageId, this.environment.clock.now())?.();
      return;
    }
    if (pending !== undefined && (message.code === emptyCode || message.token === pending.message.token)) this.settle(pending);
    if (isResponse(message.code)) this.sink.response(message);
  }

  /** An empty confirmable message asks whether anybody is there: RFC 7252 section 4.3. */
  private ping(message: Message): void {
    if (message.type === 'CON') this.reset(message);
  }

  private reset(message: Message): void {
    this.reply(message, { type: 'RST', messageId: message.messageId, ...empty });
  }

  /** Hands a request or a response on, unless it came before: then the reply is sent again. */
  private once(message: Message): void {
    const now = this.environment.clock.now();
    const earlier = this.history.get(keyOf(message), now);
    if (earlier === undefined) {
      this.history.set(keyOf(message), {}, now);
      if (isRequest(message.code)) this.sink.request(message);
      else this.answered(message);
    } else if (earlier.reply !== undefined) this.channel.send(earlier.reply);
  }

  /** A confirmable response wants to be acknowledged, a notification nobody waits for to be stopped (RFC 7641 section 3.6). */
  private answered(message: Message): void {
    const known = this.sink.response(message);
    if (message.type === 'CON' && known) this.acknowledge(message);
    else if (!known && (message.type === 'CON' || valueOf(message.options, 'Observe') !== undefined)) this.reset(message);
  }

  private reply(to: Message, reply: Message): void {
    if (this.closed) return;
    const bytes = encodeMessage(reply);
    const earlier = this.history.get(keyOf(to), this.environment.clock.now());
    if (earlier !== undefined) earlier.reply = bytes;
    this.channel.send(bytes);
  }
}

const empty: Draft = { code: emptyCode, token: '', options: [], payload: noBytes };

function keyOf(message: Message): string {
  return `${message.messageId} ${message.token}`;
}
