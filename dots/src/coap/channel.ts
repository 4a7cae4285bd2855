import type { DotsError } from '#dots/model/errors';

/** What an endpoint hears from its channel. */
export interface Receiver {
  /** One whole message arrived. */
  message(bytes: Uint8Array): void;
  /** The network says that the peer cannot be reached; the channel stays usable. */
  failure(error: DotsError): void;
  /** The channel is gone; nothing more will arrive. */
  closed(): void;
}

/** One path to one peer, which carries whole messages: a connected UDP socket, or one remote address of a listening one. */
export interface Channel {
  /** Host and port of the other end, as a person writes them. */
  readonly peer: string;
  /** The largest message, in bytes, that surely fits in one datagram. */
  readonly maxMessageSize: number;
  /** Names who hears the channel; called once. */
  attach(receiver: Receiver): void;
  /** Hands one message to the network; what becomes of it is told to the receiver. */
  send(bytes: Uint8Array): void;
  close(): Promise<void>;
}
