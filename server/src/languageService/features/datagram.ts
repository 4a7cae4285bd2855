import { documentSize } from '#dots/cbor/size';
import { directionOf } from '#dots/check/check';
import { documentTypeOf } from '#dots/model/documents';
import { DotsError } from '#dots/model/errors';
import type { Fault } from '#dots/model/finding';
import type { JsonObject } from '#dots/model/json';
import { child } from '#dots/model/pointer';

/** The path MTU to assume when none is known (RFC 9132 section 7.3). */
const pathMtu = 1280;

/**
 * The overhead of a request in one datagram, besides its CBOR body, at most: IPv6 and UDP headers (48), DTLS record
 * with explicit nonce and tag (37), CoAP header, token and options with a cuid of 22 characters and a mid (95).
 */
const around = 48 + 37 + 95;

/** The share of the limit from which on it is reported. */
const nearly = 0.8;

/**
 * Advice on a request that fills a datagram: on an attacked link only a single datagram has a chance (RFC 9132 section
 * 7.3).
 */
export function datagramAdvice(value: unknown, direction = directionOf(value)): Fault[] {
  const type = documentTypeOf(value);
  if (type?.channel !== 'signal' || direction === 'status') return [];
  const body = sizeOf(value as JsonObject);
  const octets = body + around;
  if (octets < nearly * pathMtu) return [];
  const fits = octets <= pathMtu;
  const message =
    `This request has ${body} octets of CBOR, about ${octets} in a datagram; the safe path MTU is ${pathMtu}. ` +
    (fits
      ? 'There is little space left.'
      : 'Split it into several requests, each with its own mid, or define an alias in peacetime.');
  return [
    {
      code: 'advice/datagram-size',
      class: 'advice',
      severity: fits ? 'information' : 'warning',
      rfc: '9132 7.3',
      pointer: child('', type.topMember),
      atName: true,
      message,
    },
  ];
}

/** Octets of the body; 0 where the document has no CBOR form because it is faulty, which other findings report. */
function sizeOf(document: JsonObject): number {
  try {
    return documentSize(document);
  } catch (error) {
    if (error instanceof DotsError) return 0;
    throw error;
  }
}
