import type { CoapAnswer } from '#dots/coap/answer';
import { etagOf } from '#dots/coap/blockwise';
import { isSuccess, noBytes } from '#dots/coap/messages/message';
import { valuesOf } from '#dots/coap/messages/options';
import { refuse, Refusal } from './refusal';
import type { Resource, ResourceName, ResourceRequest } from './routing';

/** Refuses a request with If-Match when what it names is not what there is: RFC 7252 section 5.10.8.1. */
export async function refuseUnmatched(name: ResourceName, resource: Resource, request: ResourceRequest): Promise<void> {
  const wanted = valuesOf(request.inbound.options, 'If-Match');
  if (wanted.length === 0 || isEfficacyUpdate(name, request)) return;
  const current = await representation(resource, request);
  const etag = current && etagOf({ payload: current.payload ?? noBytes });
  const matches = etag !== undefined && wanted.some((value) => value.length === 0 || Buffer.compare(value, etag) === 0);
  if (!matches)
    throw refuse(
      '4.12',
      current === undefined
        ? 'There is nothing here that If-Match could match.'
        : 'If-Match names another version than the present one.',
      '7252 5.10.8.1',
    );
}

/** Whether a mitigation request may only change what there is; it ignores in silence what matches nothing: RFC 9132 section 4.4.3. */
export function isEfficacyUpdate(name: ResourceName, { inbound: { method, options } }: ResourceRequest): boolean {
  return name === 'mitigate' && method === 'PUT' && valuesOf(options, 'If-Match').some((value) => value.length === 0);
}

/** What a GET would get now; undefined where there is nothing. */
async function representation({ GET: get }: Resource, request: ResourceRequest): Promise<CoapAnswer | undefined> {
  try {
    const answer = await get?.({ ...request, inbound: { ...request.inbound, method: 'GET', payload: noBytes } });
    return answer !== undefined && isSuccess(answer.code) ? answer : undefined;
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}
