import { crossFault, type CrossRule } from '../documentSet';

/** Vendor attack ids that no mapping explains and that have no description (RFC 9244 section 8.1.6). */
export const unmappedAttacks: CrossRule = ({ members, complete }) => {
  if (!complete && !members.some(({ facts }) => facts.mapsAttacks)) return [];
  const mapped = new Set(members.flatMap(({ facts }) => facts.mapped));
  return members
    .filter(({ certain }) => certain)
    .flatMap((member) =>
      member.facts.attacks
        .filter(({ vendor, attack, described }) => !described && !mapped.has(`${vendor}/${attack}`))
        .map(({ vendor, attack, pointer }) =>
          crossFault(
            member,
            complete ? 'warning' : 'information',
            'unmapped-attack',
            pointer,
            '9244 8.1.6',
            `No vendor mapping ${complete ? 'of this workspace' : 'among the known documents'} explains attack ${attack} of vendor ${vendor}: add it to one, or an "attack-description" here, so that the peer knows what is meant.`,
          ),
        ),
    );
};

/**
 * Attacks that are described although a mapping explains them: a peer with the mapping must not be sent the description
 * again (RFC 9244 section 8.1.6).
 */
export const describedAttacks: CrossRule = ({ members }) => {
  const mapped = new Set(members.flatMap(({ facts }) => facts.mapped));
  return members
    .filter(({ certain }) => certain)
    .flatMap((member) =>
      member.facts.attacks
        .filter(({ vendor, attack, described }) => described && mapped.has(`${vendor}/${attack}`))
        .map(({ vendor, attack, pointer }) =>
          crossFault(
            member,
            'information',
            'described-attack',
            pointer,
            '9244 8.1.6',
            `A vendor mapping explains attack ${attack} of vendor ${vendor}: once the peer has that mapping, omit "attack-description".`,
          ),
        ),
    );
};
