import type { AclFact } from '../aclFacts';
import {
  crossFault,
  isStatus,
  mayBeSameClient,
  type CrossRule,
  type Defined,
  type Member,
  type PlacedFault,
} from '../documentSet';
import { aclsOf } from '../definitions';

interface Request {
  member: Member;
  switches: ReadonlyMap<string, string[]>;
}

/**
 * ACLs of a complete set that have no effect: no mitigation of their client can activate them (RFC 8783 section 7.2,
 * RFC 9133).
 */
export const idleAcls: CrossRule = (set) => {
  if (!set.complete) return [];
  const requests = set.members
    .filter((member) => member.facts.scopes.length > 0 && !isStatus(member))
    .map((member) => ({ member, switches: switchesOf(member) }));
  return [...aclsOf(set).values()]
    .flat()
    .filter(({ member }) => member.certain && !isStatus(member))
    .flatMap((acl) => idle(acl, requests));
};

function switchesOf({ facts }: Member): Map<string, string[]> {
  const switches = new Map<string, string[]>();
  for (const { text, activation } of facts.scopes.flatMap(({ acls }) => acls))
    switches.set(text, [...(switches.get(text) ?? []), activation]);
  return switches;
}

function idle({ member, fact, cuid }: Defined<AclFact>, requests: readonly Request[]): PlacedFault[] {
  if (fact.activation === 'immediate') return [];
  const own = requests.filter((request) => mayBeSameClient(request.member.context.cuid, cuid));
  const isSwitchedOn = own.some(
    ({ switches }) => switches.get(fact.name)?.some((activation) => activation !== 'deactivate') === true,
  );
  if (isSwitchedOn || (fact.activation === 'activate-when-mitigating' && own.length > 0)) return [];
  const message =
    fact.activation === 'deactivate'
      ? `The ACL "${fact.name}" is deactivated, and no request of this workspace activates it ("acl-list"): it has no effect.`
      : `The ACL "${fact.name}" waits for a mitigation of its client, and this workspace has no request of that client.`;
  return [crossFault(member, 'warning', 'idle-acl', fact.pointer, '8783 7.2', message)];
}
