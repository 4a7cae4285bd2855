import type { JsonObject } from '#dots/model/json';
import { encodeDocument } from './encode';

/**
 * The octets of a document's CBOR form: the CoAP payload, without CoAP header, options, (D)TLS, UDP and IP.
 * Throws CborError as `encodeDocument` does.
 */
export function documentSize(value: JsonObject): number {
  return encodeDocument(value).length;
}
