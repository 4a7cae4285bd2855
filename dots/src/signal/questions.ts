import type { Method } from '#dots/coap/messages/message';
import { dotsCbor } from '#dots/coap/messages/options';
import type { CoapRequest } from '#dots/coap/request';
import { pathOf, type Resource } from './resources';
import { checkedId } from './sessionErrors';

/** What is read, observed or deleted: a resource of this client, one entry of it, or what a query selects. */
export interface Question {
  resource: Resource;
  /** The mid, sid, tsid or tmid; absent: all entries. */
  id?: number | undefined;
  /** One `name=value` for each Uri-Query option, see `queryArguments`. */
  query?: readonly string[];
}

/**
 * The request that asks a question (RFC 9132 sections 4.4.2, 4.4.4, 4.5.1 and 4.5.4; RFC 9244 sections 7 and 8). Throws
 * a DotsError `signal/mid` for a number that is no identifier.
 */
export function questionRequest(
  method: Exclude<Method, 'PUT'>,
  { resource, id, query = [] }: Question,
  cuid: string,
): CoapRequest {
  const { confirmable } = resource;
  const path = pathOf(resource, cuid, id === undefined ? undefined : checkedId(id));
  return { method, path, query, confirmable, ...(method === 'GET' && { accept: dotsCbor }) };
}
