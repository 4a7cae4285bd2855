import { documentType } from '#dots/model/documents';
import { printable } from '#dots/model/text';
import { identityEntry, identityText, sameClientHint, type Client, type Clients } from '../state/clients';
import type { CuidClaims, CuidObjection } from '../state/cuidClaims';
import { refuse, refuseWith } from './refusal';
import type { Guard, ResourceName, ResourceRequest } from './resource';

export interface OwnerGuardOptions {
  clients: Clients;
  claims: CuidClaims;
  /** Receives a line for each refusal whose answer has no place for the reason. */
  log: (line: string) => void;
}

/**
 * Refuses requests whose identity belongs to no client, and those under the cuid of another client (RFC 9132 section
 * 4.4.1.3), or under a cuid that this client may not use. A PUT claims its cuid.
 */
export function ownerGuard({ clients, claims, log }: OwnerGuardOptions): Guard {
  return async (name, asked, proceed) => {
    const { cuid, inbound } = asked;
    const client = clients.of(inbound.endpoint.security?.identity);
    if (client === undefined) throw unknownClient(asked);
    // A cdid of any other client than a gateway is ignored: RFC 9132 section 4.4.1.2.
    const request = { ...asked, cdid: client.gateway ? asked.cdid : undefined };
    const user = { client, cdid: request.cdid };
    if (cuid === '') return proceed(request);
    if (inbound.method === 'PUT') {
      const refuseClaim = (objection: CuidObjection): never => {
        if (objection === 'taken') log(takenLine(request, client, clients));
        throw claimRefusals[objection](name, client);
      };
      return claims.claim(cuid, user, refuseClaim, () => proceed(request));
    }
    if (claims.isForeign(cuid, user)) throw foreign(inbound.method);
    return proceed(request);
  };
}

function unknownClient({ inbound }: ResourceRequest): Error {
  const identity = inbound.endpoint.security?.identity ?? '';
  return refuse(
    '4.03',
    `The ${printable(identityText(identity))} belongs to no client of this server: its operator can add ${printable(identityEntry(identity))} to the identities of one`,
    '9132 7.1',
  );
}

/** Another client learns that the cuid is in use, and nothing else. */
function foreign(method: string): Error {
  return method === 'DELETE'
    ? refuse('4.03', 'Another client uses this cuid: nothing was deleted.', '9132 4.4.1.3')
    : refuse('4.04', 'This client has nothing here.', '9132 3');
}

const claimRefusals: Readonly<Record<CuidObjection, (name: ResourceName, client: Client) => Error>> = {
  taken: (name) => {
    const sentence = 'Another client uses this cuid.';
    if (name !== 'mitigate') return refuse('4.09', sentence, '9132 4.4.1.3');
    const { topMember } = documentType('mitigation-scope');
    const scope = [{ 'conflict-information': { 'conflict-cause': 'cuid-collision' } }];
    return refuseWith('4.09', { [topMember]: { scope } }, sentence);
  },
  configured: (_, { cuid = '' }) =>
    refuse('4.00', `This client must use its configured cuid, ${JSON.stringify(cuid)}.`, '9132 4.4.1.1'),
  second: () =>
    refuse(
      '4.00',
      'This client has an active mitigation under another cuid, and may use one cuid at a time: withdraw it first.',
      '9132 4.4.1.1',
    ),
};

/** The body of the answer names the cause alone, so the log says what the operator can do. */
function takenLine({ cuid, inbound }: ResourceRequest, client: Client, clients: Clients): string {
  const { security } = inbound.endpoint;
  const refused = `the cuid ${printable(JSON.stringify(cuid))} belongs to another client than ${printable(client.name)}`;
  return clients.areDefined || security === undefined ? refused : `${refused}. ${sameClientHint(security.identity)}`;
}
