import { addressIn } from '#dots/check/rules/target';
import { itemsOf } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { parsePrefix } from '#dots/model/prefix';
import { crossFault, isStatus, type CrossRule, type Member, type PlacedFault } from '../documentSet';
import type { ScopeFact } from '../facts';
import type { Quirk } from '../workspaceFile';

type QuirkRule = (member: Member, scope: ScopeFact) => PlacedFault[];

/**
 * What a mitigation request has that its server deals with other than the RFCs say, by the quirks of the server's
 * profile.
 */
export const quirkyRequests: CrossRule = ({ members }) =>
  members
    .filter((member) => member.certain && !isStatus(member))
    .flatMap((member) =>
      member.context.quirks.flatMap((quirk) => member.facts.scopes.flatMap((scope) => rules[quirk](member, scope))),
    );

const rules: Readonly<Record<Quirk, QuirkRule>> = {
  'source-prefix-required': sourcePorts,
  'no-target-uri': uris,
  'names-must-resolve': names,
};

const ports = 'ietf-dots-call-home:source-port-range';
const prefixes = 'ietf-dots-call-home:source-prefix';

function sourcePorts(member: Member, { value, pointer }: ScopeFact): PlacedFault[] {
  if (itemsOf(value[ports]).length === 0 || itemsOf(value[prefixes]).length > 0) return [];
  const message =
    'The server of this document refuses source ports without a source prefix ("quirks" of its profile): add "source-prefix" if the sources are known, else filter these ports by an ACL over the data channel.';
  return [crossFault(member, 'warning', 'source-prefix-required', child(pointer, ports), '9066 5.3.1', message)];
}

function uris(member: Member, { targets }: ScopeFact): PlacedFault[] {
  const message =
    'The server of this document refuses URIs as targets ("quirks" of its profile): name the prefixes ("target-prefix"), or the domain name ("target-fqdn").';
  return targets.uris.map(({ pointer }) =>
    crossFault(member, 'warning', 'no-target-uri', pointer, '9132 4.4.1.1', message),
  );
}

function names(member: Member, { targets }: ScopeFact): PlacedFault[] {
  const message =
    'If the server of this document cannot resolve this name, it refuses valid requests as well, until it is restarted ("quirks" of its profile): name the prefixes instead ("target-prefix").';
  return [...targets.fqdns, ...targets.uris]
    .filter(({ text }) => parsePrefix(addressIn(text)) === undefined)
    .map(({ pointer }) => crossFault(member, 'warning', 'names-must-resolve', pointer, '9132 4.4.1.1', message));
}
