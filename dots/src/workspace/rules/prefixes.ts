import { addressIn } from '#dots/check/rules/target';
import type { Severity } from '#dots/model/finding';
import { covers, parsePrefix, type Prefix } from '#dots/model/prefix';
import { crossFault, isStatus, type CrossRule, type Member, type PlacedFault } from '../documentSet';
import type { Targets, TextAt } from '../facts';

/**
 * Targets that are not completely within the own prefixes, if these are known: a server must refuse them (RFC 9132
 * section 4.4.1.1).
 */
export const foreignTargets: CrossRule = ({ members }) =>
  members
    .filter((member) => member.certain && !isStatus(member))
    .flatMap((member) => {
      const own = member.context.ownPrefixes.map(parsePrefix).filter((prefix) => prefix !== undefined);
      return own.length === 0 ? [] : inMember(member, own);
    });

function inMember(member: Member, own: readonly Prefix[]): PlacedFault[] {
  const { scopes, aliases, acls, telemetryTargets } = member.facts;
  return [
    ...scopes.flatMap(({ targets, callHome }) => foreign(member, addressesOf(targets), own, '9132 4.4.1.1', callHome)),
    ...aliases.flatMap(({ targets }) => foreign(member, addressesOf(targets), own, '8783 6.1')),
    ...telemetryTargets.flatMap(({ targets, rfc }) => foreign(member, addressesOf(targets), own, rfc)),
    ...acls.flatMap(({ destinations }) => foreign(member, destinations, own, '8783 7.2')),
  ];
}

/** Prefixes, and addresses in members for names. */
function addressesOf({ prefixes, fqdns, uris }: Targets): TextAt[] {
  return [...prefixes, ...[...fqdns, ...uris].map(({ text, pointer }) => ({ text: addressIn(text), pointer }))];
}

function foreign(
  member: Member,
  prefixes: readonly TextAt[],
  own: readonly Prefix[],
  rfc: string,
  callHome = false,
): PlacedFault[] {
  return prefixes.flatMap(({ text, pointer }) => {
    const prefix = parsePrefix(text);
    if (prefix === undefined || own.some((one) => covers(one, prefix))) return [];
    const severity: Severity = callHome ? 'information' : 'error';
    const consequence = callHome
      ? 'valid in Call Home, but refused on the signal channel of a DOTS client'
      : "a server refuses targets outside the client's domain";
    return [
      crossFault(
        member,
        severity,
        'foreign-target',
        pointer,
        rfc,
        `${text} is not within your own prefixes (${listed(member.context.ownPrefixes)}): ${consequence}.`,
      ),
    ];
  });
}

function listed(prefixes: readonly string[]): string {
  return prefixes.length > 4 ? `${prefixes.slice(0, 4).join(', ')}, ...` : prefixes.join(', ');
}
