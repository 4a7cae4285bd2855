import type { Scheme } from './address';
import { maxMessageSize } from './udp';

/** What a record of DTLS 1.2 adds at most: header, explicit nonce and tag of AES-GCM (RFC 6347, RFC 5288), bytes. */
const dtlsOverhead = 13 + 8 + 16;

/**
 * The largest CoAP message in one datagram, bytes, as far as it is known before a session is open: a cipher suite with
 * a shorter tag takes some bytes more. Undefined over TLS, which has no such limit. Without a scheme DTLS is tried.
 */
export function datagramLimit(scheme: Scheme | undefined): number | undefined {
  if (scheme === 'coaps+tcp') return undefined;
  return scheme === 'coap' ? maxMessageSize : maxMessageSize - dtlsOverhead;
}
