import type { CoapAnswer } from '#dots/coap/answer';
import { documentType } from '#dots/model/documents';
import type { ServerState } from '../state/serverState';
import { refuse, refuseWith } from './refusal';
import type { Guard, ResourceName } from './resource';

const isPsk = (identity: string): boolean => identity.startsWith('psk:');

/**
 * Refuses requests under the cuid of another client. A cuid belongs to the client that has mitigations, telemetry or a registration
 * under it (RFC 9132 section 4.4.1.3). Clients are known by the identities that they have proved (`Security.identity`); a plain
 * path, on loopback, proves none and is not checked. A pre-shared key cannot be compared with the certificate that its client uses
 * on the data channel.
 */
export function ownerGuard({ mitigations, telemetry, clients }: ServerState): Guard {
  const isForeign = (cuid: string, identity: string): boolean => {
    const registered = clients.find(cuid)?.owner;
    if (registered !== undefined && !isPsk(identity) && registered !== identity) return true;
    return [...mitigations.of(cuid), ...telemetry.ofClient(cuid)].some(
      ({ owner }) => owner !== undefined && owner !== identity,
    );
  };
  return (name, { cuid, inbound }) => {
    const { security } = inbound.endpoint;
    if (cuid === '' || security === undefined || !isForeign(cuid, security.identity)) return undefined;
    return refusals[inbound.method]?.(name);
  };
}

/** Another client learns from a PUT only that the cuid is in use; otherwise nothing exists for it. */
const refusals: Readonly<Record<string, (name: ResourceName) => CoapAnswer>> = {
  GET: () => {
    throw refuse('4.04', 'This client has nothing here.', '9132 3');
  },
  DELETE: () => ({ code: '2.02' }),
  PUT: (name) => {
    const sentence = 'Another client uses this cuid.';
    if (name !== 'mitigate') throw refuse('4.09', sentence, '9132 4.4.1.3');
    const { topMember } = documentType('mitigation-scope');
    const scope = [{ 'conflict-information': { 'conflict-cause': 'cuid-collision' } }];
    throw refuseWith('4.09', { [topMember]: { scope } }, sentence);
  },
};
