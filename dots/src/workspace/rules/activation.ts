import type { AclFact } from '../aclFacts';
import { crossFault, isStatus, type CrossRule, type Defined, type DocumentSet, type PlacedFault } from '../documentSet';
import { aclsOf } from '../definitions';

/** The clients of some requests; undefined for a request that names none. */
type Clients = ReadonlySet<string | undefined>;

/** The clients that have requests, and by the name of an ACL those with a request that activates it. */
interface Requests {
  clients: Clients;
  activating: ReadonlyMap<string, Clients>;
}

/**
 * ACLs of a complete set that have no effect: no mitigation of their client can activate them (RFC 8783 section 7.2,
 * RFC 9133).
 */
export const idleAcls: CrossRule = (set) => {
  if (!set.complete) return [];
  const requests = requestsOf(set);
  return [...aclsOf(set).values()]
    .flat()
    .filter(({ member }) => member.certain && !isStatus(member))
    .flatMap((acl) => idle(acl, requests));
};

function requestsOf({ members }: DocumentSet): Requests {
  const clients = new Set<string | undefined>();
  const activating = new Map<string, Set<string | undefined>>();
  for (const member of members) {
    const { scopes } = member.facts;
    if (scopes.length === 0 || isStatus(member)) continue;
    clients.add(member.context.cuid);
    for (const { text, activation } of scopes.flatMap(({ acls }) => acls))
      if (activation !== 'deactivate')
        activating.set(text, (activating.get(text) ?? new Set()).add(member.context.cuid));
  }
  return { clients, activating };
}

/** Whether one of the clients may be a certain one. */
function mayInclude(clients: Clients | undefined, cuid: string | undefined): boolean {
  if (clients === undefined || clients.size === 0) return false;
  return cuid === undefined || clients.has(undefined) || clients.has(cuid);
}

function idle({ member, fact, cuid }: Defined<AclFact>, { clients, activating }: Requests): PlacedFault[] {
  if (fact.activation === 'immediate') return [];
  const isSwitchedOn = mayInclude(activating.get(fact.name), cuid);
  if (isSwitchedOn || (fact.activation === 'activate-when-mitigating' && mayInclude(clients, cuid))) return [];
  const message =
    fact.activation === 'deactivate'
      ? `The ACL "${fact.name}" is deactivated, and no request of this workspace activates it ("acl-list"): it has no effect.`
      : `The ACL "${fact.name}" waits for a mitigation of its client, and this workspace has no request of that client.`;
  return [crossFault(member, 'warning', 'idle-acl', fact.pointer, '8783 7.2', message)];
}
