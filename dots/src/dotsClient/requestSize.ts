import { contentOf, type CoapRequest } from '#dots/coap/request';
import { sizeOf } from '#dots/coap/transfer';
import { parseServer } from '#dots/transport/address';
import { datagramLimit } from '#dots/transport/datagramLimit';

/** The size of a message, and of what one datagram takes: bytes; null over TLS, which has no limit. */
export interface Size {
  message: number;
  limit: number | null;
  fits: boolean;
}

/** The size of a request to a server, as far as it is known before a session is open. */
export function sizeIn(request: CoapRequest, server: string): Size {
  const limit = datagramLimit(parseServer(server).scheme) ?? null;
  const message = sizeOf(contentOf(request));
  return { message, limit, fits: limit === null || message <= limit };
}
