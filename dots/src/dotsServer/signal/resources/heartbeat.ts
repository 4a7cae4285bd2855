import { readBody } from '../requestBody';
import type { Resource } from '../resource';

/** Heartbeats of a client: RFC 9132 section 4.7. */
export const heartbeatResource: Resource = {
  PUT: ({ inbound }) => {
    readBody(inbound.payload, 'heartbeat');
    return { code: '2.04' };
  },
};
