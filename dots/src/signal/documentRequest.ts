import { encodeDocument } from '#dots/cbor/codec';
import { noBytes, type CoapOption } from '#dots/coap/messages/message';
import { dotsCbor, option } from '#dots/coap/messages/options';
import type { CoapRequest } from '#dots/coap/request';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { mitigate, pathOf, resourceOf, type Resource } from './resources';

/**
 * The request that carries a document to the resource of its kind. Throws a DotsError: `usage` for a document of
 * another channel, `malformed` for one without a CBOR form.
 * @param id the mid, sid, tsid or tmid, for a kind that has one
 * @param blocks whether a mitigation request may be sent in blocks, against RFC 9132 section 7.3
 */
export function documentRequest(
  document: JsonObject,
  { cuid, id, blocks = false }: { cuid: string; id?: number | undefined; blocks?: boolean | undefined },
): CoapRequest {
  const resource = resourceOf(document);
  return {
    method: 'PUT',
    path: pathOf(resource, cuid, id),
    confirmable: resource.confirmable,
    once: resource.name === 'hb',
    payload: encodeDocument(document),
    contentFormat: dotsCbor,
    options: conditions(resource, document),
    blocks: resource !== mitigate || blocks,
  };
}

/** An efficacy update must not create anything: If-Match with an empty value (RFC 9132 section 4.4.3). */
function conditions(resource: Resource, document: JsonObject): CoapOption[] {
  if (resource !== mitigate) return [];
  const [body] = Object.values(document).filter(isObject);
  const isUpdate = itemsOf(body?.scope).some((scope) => isObject(scope) && Object.hasOwn(scope, 'attack-status'));
  return isUpdate ? [option('If-Match', noBytes)] : [];
}
