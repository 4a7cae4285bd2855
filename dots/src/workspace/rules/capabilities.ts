import { itemsOf, isObject, type JsonObject } from '#dots/model/json';
import type { FieldUse } from '../aclFacts';
import { crossFault, isStatus, shortName, type CrossRule, type Member, type PlacedFault } from '../documentSet';

interface Offer {
  member: Member;
  value: JsonObject;
  pointer: string;
}

/** What ACLs use and a saved capabilities document of their server does not offer (RFC 8783 section 7.1). */
export const notOffered: CrossRule = ({ members, complete }) => {
  const offers = members.flatMap((member) =>
    member.facts.capabilities.map((capabilities) => ({ member, ...capabilities })),
  );
  if (offers.length === 0) return [];
  return members
    .filter((member) => member.certain && !isStatus(member))
    .flatMap((member) => {
      const own = offers.filter((offer) => offer.member.context.profile === member.context.profile);
      return member.facts.acls.flatMap(({ fields }) => fields.flatMap((use) => missing(member, use, own, complete)));
    });
};

function missing(member: Member, use: FieldUse, offers: readonly Offer[], complete: boolean): PlacedFault[] {
  const lacking = offers.find(({ value }) => !isOffered(value, use));
  if (lacking === undefined) return [];
  const related = [{ file: lacking.member.file, pointer: lacking.pointer, message: 'what the server offers' }];
  return [
    crossFault(
      member,
      complete ? 'error' : 'information',
      'not-offered',
      use.pointer,
      '8783 7.1',
      `The server does not offer ${use.what} (see its capabilities in ${shortName(lacking.member.file)}): it refuses this ACL.`,
      related,
    ),
  ];
}

function isOffered(capabilities: JsonObject, { group, field, value }: FieldUse): boolean {
  const container = group === '' ? capabilities : capabilities[group];
  if (!isObject(container)) return false;
  const offered = container[field];
  return value === undefined
    ? offered === true
    : itemsOf(offered).some(
        (one) => one === value || (typeof one === 'string' && one.slice(one.indexOf(':') + 1) === value),
      );
}
