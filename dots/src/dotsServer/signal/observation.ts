import type { Requester } from '#dots/coap/inbound';
import type { InboundRequest } from '#dots/coap/inbound';
import { parametersOf, resourceNameOf } from './routing';

/** What an observer of one mitigation watches; without a mid, of all mitigations of a client. */
export function observedMitigations(cuid: string, mid?: number): string {
  return JSON.stringify(['mitigate', cuid, mid]);
}

/** What an observer of telemetry of a client watches; without a tmid, of all of it: RFC 9244 section 8.3. */
export function observedTelemetry(cuid: string, tmid?: number): string {
  return JSON.stringify(['tm', cuid, tmid]);
}

/** What an observer of the configuration of its session watches. */
export function observedConfig(session: Requester): string {
  return JSON.stringify(['config', session.peer]);
}

/**
 * What a GET with Observe watches: RFC 9132 section 4.4.2.1 requires it for mitigate and config, RFC 9244 section 6 for
 * tm. Undefined: it cannot be observed.
 */
export function observedBy({ path, endpoint }: InboundRequest): string | undefined {
  const name = resourceNameOf(path);
  if (name === 'config') return observedConfig(endpoint);
  if (name !== 'mitigate' && name !== 'tm') return undefined;
  const { cuid = '', mid, tmid } = parametersOf(name, path);
  const id = name === 'tm' ? tmid : mid;
  const observed = name === 'tm' ? observedTelemetry : observedMitigations;
  return observed(cuid, id === undefined ? undefined : Number(id));
}
