import type { DotsError } from '#dots/model/errors';

/** The events of a channel that an endpoint receives. */
export interface Receiver {
  /** One whole message arrived, or on a stream the next bytes. */
  message(bytes: Uint8Array): void;
  /** The network reports that the peer cannot be reached; the channel stays usable. */
  failure(error: DotsError): void;
  /** The channel is closed; nothing more will arrive. */
  closed(): void;
}

/** How a path is protected, and the authenticated identity of the other end. */
export interface Security {
  /** `DTLS 1.2`, `TLS 1.2` or `TLS 1.3`. */
  protocol: string;
  /** The cipher suite by its IANA name. */
  cipherSuite: string;
  /**
   * The verified name of the other end: the server's as requested, the client's in its certificate, or the identity of
   * the pre-shared key.
   */
  peerName: string;
  /**
   * The certificate of the other end, DER; absent if it was authenticated by a pre-shared key, or resumed with a
   * ticket.
   */
  certificate?: Uint8Array;
  /**
   * The stable identifier of the other end: the SHA-256 of its public key in hex, which does not change when its
   * certificate is renewed, or `psk:` and the identity of its pre-shared key.
   */
  identity: string;
  /**
   * False if the server is known not to have requested this client's certificate: then only the server is
   * authenticated, and RFC 9132 section 7.1 requires both.
   */
  asked?: false;
}

/**
 * One path to one peer: a connected UDP socket, one remote address of a listening one, a DTLS association, a TLS
 * connection.
 */
export interface Channel {
  /** Host and port of the other end, in readable form. */
  readonly peer: string;
  /**
   * datagram: each message is independent and may get lost (RFC 7252); stream: bytes in order, framed into messages
   * (RFC 8323).
   */
  readonly kind: 'datagram' | 'stream';
  /** Absent on a plain path. */
  readonly security?: Security;
  /** The largest message, in bytes, that is guaranteed to fit in one datagram. */
  readonly maxMessageSize: number;
  /** The round-trip time that the handshake has shown, milliseconds; absent where there was none. */
  readonly roundTripMs?: number | undefined;
  /** Sets the receiver of the channel; called once. */
  attach(receiver: Receiver): void;
  /** Passes one message to the network; failures are reported to the receiver. */
  send(bytes: Uint8Array): void;
  close(): Promise<void>;
}
