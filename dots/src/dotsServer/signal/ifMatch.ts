import type { CoapAnswer } from '#dots/coap/answer';
import { etagOf } from '#dots/coap/blockwise';
import { isSuccess, noBytes } from '#dots/coap/messages/message';
import { valuesOf } from '#dots/coap/messages/options';
import { refuse, Refusal } from './refusal';
import type { Resource, ResourceName, ResourceRequest } from './resource';

/** Refuses (4.12) a request with If-Match if the resource does not have that version: RFC 7252 section 5.10.8.1. */
export async function refuseUnmatched(name: ResourceName, resource: Resource, request: ResourceRequest): Promise<void> {
  const versions = valuesOf(request.inbound.options, 'If-Match');
  if (versions.length === 0 || isEfficacyUpdate(name, request)) return;
  const current = await representation(resource, request);
  const etag = current && etagOf({ payload: current.payload ?? noBytes });
  const matches =
    etag !== undefined && versions.some((version) => version.length === 0 || Buffer.compare(version, etag) === 0);
  if (!matches)
    throw refuse(
      '4.12',
      current === undefined
        ? 'If-Match does not match: the resource does not exist.'
        : 'If-Match does not match the current version of the resource.',
      '7252 5.10.8.1',
    );
}

/**
 * Whether a mitigation request may only change an existing mitigation; if there is none, it is ignored silently: RFC
 * 9132 section 4.4.3.
 */
export function isEfficacyUpdate(name: ResourceName, { inbound: { method, options } }: ResourceRequest): boolean {
  return name === 'mitigate' && method === 'PUT' && valuesOf(options, 'If-Match').some((value) => value.length === 0);
}

/** The answer to a GET of the resource now; undefined if it does not exist. */
async function representation({ GET: get }: Resource, request: ResourceRequest): Promise<CoapAnswer | undefined> {
  try {
    const answer = await get?.({ ...request, inbound: { ...request.inbound, method: 'GET', payload: noBytes } });
    return answer !== undefined && isSuccess(answer.code) ? answer : undefined;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
