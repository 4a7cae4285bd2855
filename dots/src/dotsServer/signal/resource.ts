import type { CoapAnswer } from '#dots/coap/answer';
import type { InboundRequest } from '#dots/coap/inbound';
import type { JsonObject } from '#dots/model/json';
import type { OutsideTarget } from '../state/clientDomain';
import type { Method } from '#dots/coap/messages/message';

/** The resources of a DOTS server: RFC 9132 section 4.2, RFC 9244 section 6. */
export type ResourceName = 'mitigate' | 'config' | 'hb' | 'tm-setup' | 'tm';

/** A request for a resource, its path parsed. */
export interface ResourceRequest {
  inbound: InboundRequest;
  /** The client; empty for the resources of a session. */
  cuid: string;
  /** The domain of the client behind a gateway; a guard removes that of any other client. */
  cdid?: string | undefined;
  /** mid, sid, tsid or tmid. */
  id?: number | undefined;
}

/**
 * The methods of one resource. An answer of undefined ignores the request silently; a Refusal that is thrown becomes
 * the answer.
 */
export type Resource = Partial<
  Record<Method, (request: ResourceRequest) => Promise<CoapAnswer | undefined> | CoapAnswer | undefined>
>;

/** The first target in the body of a request that is outside of its client's prefixes: see `outsideDomain`. */
export type DomainCheck = (inbound: InboundRequest, body: JsonObject) => Promise<OutsideTarget | undefined>;

/**
 * Answers a request, or lets the resource answer what counts of it (`proceed`). A Refusal that it throws becomes the
 * answer.
 */
export type Guard = (
  name: ResourceName,
  request: ResourceRequest,
  proceed: (request: ResourceRequest) => Promise<CoapAnswer | undefined>,
) => Promise<CoapAnswer | undefined>;
