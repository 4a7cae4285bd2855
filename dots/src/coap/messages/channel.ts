import type { DotsError } from '#dots/model/errors';

/** What an endpoint hears from its channel. */
export interface Receiver {
  /** One whole message arrived, or on a stream the next bytes. */
  message(bytes: Uint8Array): void;
  /** The network says that the peer cannot be reached; the channel stays usable. */
  failure(error: DotsError): void;
  /** The channel is gone; nothing more will arrive. */
  closed(): void;
}

/** How a path is protected, and who the other end has proved to be. */
export interface Security {
  /** `DTLS 1.2`, `TLS 1.2` or `TLS 1.3`. */
  protocol: string;
  /** The cipher suite by its IANA name. */
  cipherSuite: string;
  /** The name of the other end that was verified: the server's as it was asked for, the client's in its certificate, or the identity of the pre-shared key. */
  peerName: string;
  /** The certificate of the other end, DER; absent where it has proved itself by a pre-shared key, or came back with a ticket. */
  certificate?: Uint8Array;
  /**
   * What the other end is known by, the same whenever it proves itself: the SHA-256 of its public key in hex, which stays when its
   * certificate is renewed, or `psk:` and the identity of its pre-shared key.
   */
  identity: string;
  /** False where this client is known not to have been asked for its certificate: then only the server has proved its identity, and RFC 9132 section 7.1 requires both. */
  asked?: false;
}

/** One path to one peer: a connected UDP socket, one remote address of a listening one, a DTLS association, a TLS connection. */
export interface Channel {
  /** Host and port of the other end, as a person writes them. */
  readonly peer: string;
  /** datagram: each message is independent and may get lost (RFC 7252); stream: bytes in order, framed into messages (RFC 8323). */
  readonly kind: 'datagram' | 'stream';
  /** Absent on a plain path. */
  readonly security?: Security;
  /** The largest message, in bytes, that surely fits in one datagram. */
  readonly maxMessageSize: number;
  /** Names who hears the channel; called once. */
  attach(receiver: Receiver): void;
  /** Hands one message to the network; its fate is reported to the receiver. */
  send(bytes: Uint8Array): void;
  close(): Promise<void>;
}
