import type { DotsError } from '#dots/model/errors';
import type { Clock } from '#dots/runtime/clock';
import type { Content, TokenMessage } from './message';
import type { TransmissionParameters } from './parameters';

/** What everything in this room needs from outside. */
export interface Environment {
  clock: Clock;
  /** An integer from 0 up to, not including, `bound`. */
  random: (bound: number) => number;
  parameters: TransmissionParameters;
}

/** Why a message was given up: rejected, never acknowledged, too late because the peer is leaving, or larger than any that can be sent. */
export type Failure = 'reset' | 'timeout' | 'released' | 'too-large';

/** Something that was sent and waits for what ends it. */
export interface Transmission {
  /** Sends no further copy and forgets it. */ stop(): void;
}

/** What was never sent, or needs no end. */
export const nothing: Transmission = { stop: () => undefined };

/** The way back to one request. */
export interface Reply {
  send(content: Content): void;
  /** The request gets no answer. */
  ignore(): void;
  /** The request has a critical option that is not understood: `content` says so where such a message is answered at all (RFC 7252 section 5.4.1). */
  reject(content: Content): void;
}

/** Who hears the messages of a peer, each of them once. */
export interface MessageSink {
  request(message: TokenMessage, reply: Reply): void;
  /** Returns whether the token belongs to an open exchange. */
  response(message: TokenMessage): boolean;
  /** The peer said something that makes sense. */
  heard(): void;
  /** For the trace: a message that was dropped, and why. */
  dropped(reason: string): void;
  /** The session cannot go on: the peer broke it off, or what it sends cannot be read. */
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
 * What lies between the requests and responses of one session and its channel: RFC 7252 section 4 over datagrams, RFC 8323 over a stream.
 * It is the same in both directions; requests and responses are distinguished by their code.
 */
export interface MessageLayer {
  /** What the peer accepts now. */
  readonly budget: Budget;
  /** Whether messages arrive in the order in which they were sent. */
  readonly ordered: boolean;
  /** How many answers wait for the peer to acknowledge them, or for their turn. */
  readonly unacknowledged: number;
  /** What the channel brought: one datagram, or the next bytes of the stream. */
  receive(bytes: Uint8Array): void;
  /** Sends a request until it is stopped: its answer came, or it is no longer wanted. */
  request(message: TokenMessage, confirmable: boolean, failed: (why: Failure) => void): Transmission;
  /** Sends a notification; `unwanted` is called when the peer rejects it. */
  notify(message: TokenMessage, unwanted: () => void): void;
  /** Asks whether anybody is there: `done` hears of the answer, or why none came. */
  ping(done: (why?: Failure) => void): Transmission;
  /** Forgets everything, and sends nothing from now on; waiting requests are not notified. */
  close(): void;
}
