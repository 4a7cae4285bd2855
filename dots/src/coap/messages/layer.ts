import type { DotsError } from '#dots/model/errors';
import type { Clock } from '#dots/runtime/clock';
import type { Content, Delivery, TokenMessage } from './message';
import type { TransmissionParameters } from './parameters';

/** The dependencies of this folder. */
export interface Environment {
  clock: Clock;
  /** An integer from 0 up to, not including, `bound`. */
  random: (bound: number) => number;
  parameters: TransmissionParameters;
}

/**
 * Why a message was given up: rejected, never acknowledged, too late because the peer is leaving, or larger than any
 * that can be sent.
 */
export type Failure = 'reset' | 'timeout' | 'released' | 'too-large';

/** A sent message that waits for an answer. */
export interface Transmission {
  /** Stops sending copies and discards it. */ stop(): void;
}

/** A message that was never sent, or needs no answer. */
export const nothing: Transmission = { stop: () => undefined };

/** The way back to one request. */
export interface Reply {
  send(content: Content): void;
  /** The request gets no answer. */
  ignore(): void;
  /**
   * The request has a critical option that is not understood: `content` is the answer, if such a message is answered at
   * all (RFC 7252 section 5.4.1).
   */
  reject(content: Content): void;
}

/** The receiver of a peer's messages, each of them once. */
export interface MessageSink {
  request(message: TokenMessage, reply: Reply): void;
  /** Returns whether the token belongs to an open exchange. */
  response(message: TokenMessage): boolean;
  /** The peer sent a valid message. */
  heard(): void;
  /** For the trace: a message that was dropped, and why. */
  dropped(reason: string): void;
  /** The session cannot continue: the peer aborted it, or its messages cannot be read. */
  failed(error: DotsError): void;
}

/** How large a message to the peer may be. */
export interface Budget {
  /** Bytes, all of the message. */
  maxMessageSize: number;
  /** Whether one message may carry several blocks of 1024 bytes: RFC 8323 section 6. */
  bert: boolean;
}

/**
 * The layer between the requests and responses of one session and its channel: RFC 7252 section 4 over datagrams, RFC
 * 8323 over a stream. It is the same in both directions; requests and responses are distinguished by their code.
 */
export interface MessageLayer {
  /** The limits that the peer accepts now. */
  readonly budget: Budget;
  /** Whether messages arrive in the order in which they were sent. */
  readonly ordered: boolean;
  /** How many answers wait for the peer to acknowledge them, or to be sent. */
  readonly unacknowledged: number;
  /** Receives one datagram, or the next bytes of the stream. */
  receive(bytes: Uint8Array): void;
  /** Sends a request until it is stopped: its answer came, or it was cancelled. */
  request(message: TokenMessage, delivery: Delivery, failed: (why: Failure) => void): Transmission;
  /** Sends a notification; `unwanted` is called if the peer rejects it. */
  notify(message: TokenMessage, unwanted: () => void): void;
  /** Checks whether the peer is alive: `done` is called on the answer, or with the reason why none came. */
  ping(done: (why?: Failure) => void): Transmission;
  /** Discards everything, and sends nothing from now on; waiting requests are not notified. */
  close(): void;
}
