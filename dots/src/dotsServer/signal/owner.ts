import type { CoapAnswer } from '#dots/coap/answer';
import { documentType } from '#dots/model/documents';
import type { DataClients } from '../state/dataClients';
import type { Mitigations } from '../state/mitigations';
import { refuse, refuseWith } from './refusal';
import type { Guard, ResourceName } from './routing';
import type { Telemetry } from '../state/telemetry';

const isPsk = (identity: string): boolean => identity.startsWith('psk:');

/**
 * Keeps clients apart: a cuid belongs to the client that has left something under it, mitigations, telemetry or a registration, as
 * long as the server keeps that (RFC 9132 section 4.4.1.3). Clients are known by the identities that they have proved
 * (`Security.identity`); a plain path, on loopback, proves nothing and is let through. A pre-shared key cannot be compared with the
 * certificate that its client shows on the data channel.
 */
export function keepApart(mitigations: Mitigations, telemetry: Telemetry, clients: DataClients): Guard {
  const isForeign = (cuid: string, identity: string): boolean => {
    const registered = clients.find(cuid)?.owner;
    if (registered !== undefined && !isPsk(identity) && registered !== identity) return true;
    return [...mitigations.of(cuid), ...telemetry.ofClient(cuid)].some(
      ({ owner }) => owner !== undefined && owner !== identity,
    );
  };
  return (
    name,
    {
      cuid,
      inbound: {
        method,
        endpoint: { security },
      },
    },
  ) => {
    if (cuid === '' || security === undefined || !isForeign(cuid, security.identity)) return undefined;
    return refusals[method]?.(name);
  };
}

/** A stranger learns from a PUT only that the cuid is taken; for it, nothing is there. */
const refusals: Readonly<Record<string, (name: ResourceName) => CoapAnswer>> = {
  GET: () => {
    throw refuse('4.04', 'This client has left nothing here.', '9132 3');
  },
  DELETE: () => ({ code: '2.02' }),
  PUT: (name) => {
    if (name !== 'mitigate') throw refuse('4.09', 'Another client uses this cuid.', '9132 4.4.1.3');
    const body = {
      [documentType('mitigation-scope').topMember]: {
        scope: [{ 'conflict-information': { 'conflict-cause': 'cuid-collision' } }],
      },
    };
    throw refuseWith('4.09', body, 'Another client uses this cuid.');
  },
};
