/**
 * How messages are sent again and for how long they are remembered: RFC 7252 section 4.8, with the values of RFC 9132
 * section 4.5.2.
 */
export interface TransmissionParameters {
  /** ACK_TIMEOUT, milliseconds. */
  ackTimeout: number;
  /** ACK_RANDOM_FACTOR. */
  ackRandomFactor: number;
  /** MAX_RETRANSMIT. */
  maxRetransmit: number;
  /** NSTART: how many confirmable messages may wait for their acknowledgement at once. */
  nstart: number;
  /**
   * Least time between two copies of an unanswered non-confirmable request, and between any two such requests while no
   * round trip is known, milliseconds (RFC 9132 section 4.4).
   */
  nonInterval: number;
}

/** The defaults of DOTS agents that have not negotiated others. */
export const defaultParameters: TransmissionParameters = {
  ackTimeout: 2000,
  ackRandomFactor: 1.5,
  maxRetransmit: 3,
  nstart: 1,
  nonInterval: 3000,
};

/** MAX_LATENCY of RFC 7252 section 4.8.2, milliseconds. */
const maxLatency = 100_000;

/** MAX_TRANSMIT_SPAN: from the first to the last copy of a confirmable message, milliseconds. */
function maxTransmitSpan({ ackTimeout, ackRandomFactor, maxRetransmit }: TransmissionParameters): number {
  return ackTimeout * (2 ** maxRetransmit - 1) * ackRandomFactor;
}

/**
 * EXCHANGE_LIFETIME: how long a message id may not be used again, milliseconds. PROCESSING_DELAY equals ACK_TIMEOUT.
 */
export function exchangeLifetime(parameters: TransmissionParameters): number {
  return maxTransmitSpan(parameters) + 2 * maxLatency + parameters.ackTimeout;
}
