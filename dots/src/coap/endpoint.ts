import { randomInt } from 'node:crypto';
import { DotsError } from '#dots/model/errors';
import { plainAnswer, type CoapAnswer } from './answer';
import type { Channel, Security } from './messages/channel';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { Exchanges, silences } from './exchanges';
import { Inbound, type Handler, type InboundRequest, type Requester } from './inbound';
import { DatagramLayer } from './messages/datagram';
import type { Environment, MessageLayer, MessageSink } from './messages/layer';
import type { Content, Delivery, TokenMessage } from './messages/message';
import { badOptions } from './messages/options';
import { defaultParameters, type TransmissionParameters } from './messages/parameters';
import { contentOf, deliveryOf, type CoapRequest, type Patience } from './request';
import { StreamLayer } from './messages/stream';
import { Subscription, type NotificationListener } from './subscription';
import type { Trace } from '#dots/runtime/trace';
import { fitsInOne, receiveWhole, sendWhole, type Ask } from './transfer';

export interface EndpointOptions {
  clock?: Clock;
  random?: (bound: number) => number;
  parameters?: TransmissionParameters;
  /** Answers the requests of the peer; without it each of them gets 4.04. */
  handler?: Handler;
  /** The largest accepted body of a request, bytes. */
  largestBody?: number;
  /** The largest accepted message on a stream, bytes: our Max-Message-Size (RFC 8323 section 5.3.1). */
  largestMessage?: number;
  /** Receives what was dropped or lost, and which deviations of the peer were tolerated, until the session ends. */
  trace?: Trace;
}

/** An answer of the peer, reassembled if it came in blocks. */
export interface CoapResponse extends Content {
  roundTripMs: number;
  /** The number of datagrams with parts of the request's body; 1 over a stream, which loses none. */
  blocks: number;
}

/** An observation under way. */
export interface Observed {
  response: CoapResponse;
  /** Deregisters; resolves when the server has answered or the wait has ended, and never fails. */
  stop: () => Promise<void>;
}

/** Counters that the owner of the session may show. */
export interface Traffic {
  /** Valid messages from the peer. */
  received: number;
  /** Messages that the network took to carry, copies included. */
  sent: number;
  /** Datagrams that were dropped because they were invalid, and the one message that broke a stream. */
  malformed: number;
}

const largestBodyByDefault = 16_384;

/** What the network reports about a datagram, perhaps wrongly or for a moment: it ends no request. */
const troubles = ['transport/refused', 'transport/network'];

/** The failures of a message that did not leave this machine. */
const notCarried = ['transport/network', 'transport/not-sent'];

/** A channel that counts what is sent over it. */
function counting(channel: Channel, traffic: Traffic): Channel {
  const { peer, kind, maxMessageSize, roundTripMs } = channel;
  return {
    peer,
    kind,
    maxMessageSize,
    roundTripMs,
    attach: (receiver) => channel.attach(receiver),
    send: (bytes) => {
      traffic.sent += 1;
      channel.send(bytes);
    },
    close: () => channel.close(),
  };
}

function closedError(peer: string): DotsError {
  return new DotsError('unreachable', 'coap/closed', `The session with ${peer} is closed.`, 'Open it again.');
}

/**
 * One CoAP endpoint at one end of a session, which sends requests and answers over the same channel: RFC 7252, 7641,
 * 7959, 8323.
 */
export class Endpoint implements Requester {
  readonly peer: string;
  /** How the path is protected, and the authenticated identity of the peer; absent on a plain path. */
  readonly security?: Security | undefined;
  readonly traffic: Traffic = { received: 0, sent: 0, malformed: 0 };
  /** Reports to the owner of the session what was dropped, lost or tolerated. */
  readonly trace: Trace;
  private readonly environment: Environment;
  private readonly layer: MessageLayer;
  private readonly exchanges: Exchanges;
  private readonly inbound: Inbound;
  private readonly subscriptions = new Set<Subscription>();
  private readonly closeListeners = new Set<() => void>();
  private readonly livenessListeners = new Set<(error: DotsError | undefined) => void>();
  private closed = false;

  constructor(
    private readonly channel: Channel,
    options: EndpointOptions = {},
  ) {
    this.peer = channel.peer;
    this.security = channel.security;
    this.environment = {
      clock: options.clock ?? systemClock,
      random: options.random ?? ((bound) => randomInt(bound)),
      parameters: options.parameters ?? defaultParameters,
    };
    this.trace = (sentence) => {
      if (!this.closed) options.trace?.(sentence);
    };
    this.layer = this.layerOver(counting(channel, this.traffic), options.largestMessage);
    this.exchanges = new Exchanges(channel.peer, this.layer, this.environment);
    const handler = options.handler ?? (() => Promise.resolve(plainAnswer('4.04')));
    this.inbound = new Inbound(
      this,
      this.layer,
      this.environment,
      handler,
      options.largestBody ?? largestBodyByDefault,
    );
    channel.attach({
      message: (bytes) => {
        if (!this.closed) this.layer.receive(bytes);
      },
      failure: (error) => this.fail(error),
      closed: () => this.end(),
    });
  }

  /**
   * Sends a request to the peer; fails with a DotsError of kind `unreachable` if no answer comes, and of code
   * `coap/needs-blocks` if the request does not fit in one datagram and must not be sent in blocks. Over a stream,
   * which loses none, blocks are always allowed.
   */
  async request(request: CoapRequest, patience: Patience): Promise<CoapResponse> {
    const asked = this.environment.clock.monotonic();
    const since = patience.since ?? asked;
    const content = contentOf(request);
    const ask: Ask = (part) => this.exchange(part, deliveryOf(request), { ...patience, since });
    const { budget, ordered } = this.layer;
    const { answer, blocks } = await sendWhole(ask, content, budget, request.blocks !== false || ordered);
    return this.responseOf(await receiveWhole(ask, content, answer, ordered), asked, ordered ? 1 : blocks);
  }

  /** Whether a request fits in one datagram; always true over a stream. */
  fitsInOne(request: CoapRequest): boolean {
    return this.layer.ordered || fitsInOne(contentOf(request), this.layer.budget);
  }

  /**
   * Observes a resource (RFC 7641): the answer is its state now, the listener receives each change after that, in
   * order. If the answer is an error, there is no observation. The time-out of `patience` is that of the registration
   * with all blocks of the answer, then that of each later request; once the observation is established, an abort of
   * its signal ends it as `stop` does.
   */
  async observe(request: CoapRequest, patience: Patience, listener: NotificationListener): Promise<Observed> {
    const since = this.environment.clock.monotonic();
    const subscription = this.subscription(request, { ...patience, since }, listener);
    try {
      return { response: this.responseOf(await subscription.start(), since), stop: () => subscription.stop() };
    } catch (error) {
      subscription.abandon();
      throw error;
    }
  }

  /**
   * Checks whether the peer is alive, and returns the round-trip time in milliseconds: an empty confirmable message
   * over datagrams (RFC 7252 section 4.3), Ping over a stream (RFC 8323 section 5.4). Fails with a DotsError of kind
   * `unreachable`.
   */
  async ping(patience: Patience): Promise<number> {
    const since = this.environment.clock.monotonic();
    await this.telling(() => this.exchanges.ping(patience));
    return this.environment.clock.monotonic() - since;
  }

  /**
   * Sends the state of an observed resource, always non-confirmable (RFC 9132 section 4.4.2.1); `reset` is called when
   * the peer rejects it.
   */
  notify(request: InboundRequest, answer: CoapAnswer, reset: () => void): void {
    if (!this.closed) this.layer.notify({ ...this.inbound.notification(request, answer), token: request.token }, reset);
  }

  /** Calls back on each message of the peer, and, with an error, each time the peer could not be reached. */
  onLiveness(listener: (error: DotsError | undefined) => void): void {
    this.livenessListeners.add(listener);
  }

  /** Calls back once, when the session has ended. */
  onClose(listener: () => void): void {
    this.closeListeners.add(listener);
  }

  /** Uses other transmission parameters for messages that are sent from now on. */
  configure(parameters: TransmissionParameters): void {
    this.environment.parameters = parameters;
  }

  /** Ends the session: open requests fail, timers stop, the channel is released. */
  async close(): Promise<void> {
    this.end();
    await this.channel.close();
  }

  private layerOver(channel: Channel, largestMessage: number | undefined): MessageLayer {
    const sink: MessageSink = {
      request: (message, reply) => this.inbound.receive(message, reply),
      response: (message) => this.response(message),
      heard: () => {
        this.traffic.received += 1;
        this.exchanges.trouble = undefined;
        this.tellLiveness(undefined);
      },
      dropped: (reason) => {
        this.traffic.malformed += 1;
        this.trace(`A message was dropped: ${reason}.`);
      },
      failed: (error) => this.fail(error),
    };
    return channel.kind === 'datagram'
      ? new DatagramLayer(channel, this.environment, sink)
      : new StreamLayer(channel, this.environment, sink, largestMessage);
  }

  private exchange(content: Content, delivery: Delivery, patience: Patience, token?: string): Promise<TokenMessage> {
    return this.telling(() => this.exchanges.ask(content, delivery, patience, token));
  }

  /** Sends a request, and reports a peer that does not answer. */
  private async telling<T>(ask: () => Promise<T>): Promise<T> {
    if (this.closed) throw closedError(this.peer);
    try {
      return await ask();
    } catch (error) {
      if (error instanceof DotsError && silences.includes(error.code)) this.tellLiveness(error);
      throw error;
    }
  }

  private responseOf(message: TokenMessage, since: number, blocks = 1): CoapResponse {
    const { code, options, payload, interrupted } = message;
    return { code, options, payload, interrupted, roundTripMs: this.environment.clock.monotonic() - since, blocks };
  }

  private subscription(request: CoapRequest, patience: Patience, listener: NotificationListener): Subscription {
    const token = this.exchanges.newToken();
    const ended = (): void => {
      if (this.subscriptions.delete(subscription)) this.exchanges.ignore(token);
    };
    const subscription: Subscription = new Subscription(
      {
        environment: this.environment,
        ordered: this.layer.ordered,
        trace: this.trace,
        ended,
        ask: (part, until) => this.exchange(part, deliveryOf(request), until),
        register: (content, until) => this.exchange(content, deliveryOf(request), until, token),
      },
      contentOf(request),
      patience,
      listener,
    );
    this.subscriptions.add(subscription);
    this.exchanges.listen(token, (message) => subscription.receive(message));
    return subscription;
  }

  private tellLiveness(error: DotsError | undefined): void {
    for (const listener of this.livenessListeners) listener(error);
  }

  /** A response with an unknown critical option is not an answer: RFC 7252 section 5.4.1. */
  private response(message: TokenMessage): boolean {
    const bad = badOptions(message.options);
    if (bad.length > 0) {
      this.trace(
        `An answer was dropped: its critical option ${bad.join(', ')} is unknown or malformed (RFC 7252 section 5.4.1).`,
      );
      return false;
    }
    return this.exchanges.receive(message);
  }

  private fail(error: DotsError): void {
    if (notCarried.includes(error.code)) this.traffic.sent -= 1;
    // A message that was not sent counts as lost: it says nothing about the others or the peer.
    if (error.code === 'transport/not-sent') return;
    if (this.layer.ordered || !troubles.includes(error.code)) this.exchanges.fail(error);
    else this.troubled(error);
    this.tellLiveness(error);
  }

  private troubled(error: DotsError): void {
    this.exchanges.trouble = error;
    this.trace(`${error.message} Requests are repeated.`);
  }

  private end(): void {
    if (this.closed) return;
    this.closed = true;
    for (const subscription of [...this.subscriptions]) subscription.abandon();
    // Before all else: a request that fails lets the next waiting one start, and none may start now.
    this.layer.close();
    this.exchanges.fail(closedError(this.peer));
    for (const listener of this.closeListeners) listener();
  }
}
