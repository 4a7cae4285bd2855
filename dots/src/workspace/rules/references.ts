import { replacement } from '#dots/check/fixes';
import { closest } from '#dots/check/suggestions';
import type { Fix } from '#dots/model/fix';
import type { JsonObject } from '#dots/model/json';
import type { AclFact } from '../aclFacts';
import {
  aliasesOf,
  crossFault,
  isStatus,
  mayBeSameClient,
  shortName,
  type CrossRule,
  type Defined,
  type DocumentSet,
  type Member,
  type PlacedFault,
} from '../documentSet';
import { aclsOf, aliasUses } from '../definitions';
import type { TextAt } from '../facts';

/** Names of aliases and ACLs that are used and not defined (RFC 9132 section 4.4.1.1, RFC 9133 section 3.2.1). */
export const unknownNames: CrossRule = ({ members, complete }) => {
  // A document with an error may define the missing name in a part that cannot be read.
  const set = { members, complete: complete && members.every(({ certain }) => certain) };
  const aliases = aliasesOf(set);
  const acls = aclsOf(set);
  return set.members
    .filter((member) => member.certain && !isStatus(member))
    .flatMap((member) => [
      ...aliasUses(member).flatMap((use) => unknownAlias(set, member, use, aliases)),
      ...member.facts.scopes.flatMap((scope) => scope.acls.flatMap((use) => unknownAcl(set, member, use, acls))),
    ]);
};

/** Aliases that nothing in a complete set uses. */
export const unusedAliases: CrossRule = (set) => {
  if (!set.complete) return [];
  const used = new Map<string, (string | undefined)[]>();
  for (const member of set.members)
    for (const { text } of aliasUses(member)) {
      const users = used.get(text) ?? [];
      users.push(member.context.cuid);
      used.set(text, users);
    }
  return [...aliasesOf(set).values()]
    .flat()
    .filter(
      ({ fact, cuid, member }) =>
        member.certain && !(used.get(fact.name) ?? []).some((user) => mayBeSameClient(user, cuid)),
    )
    .map(({ member, fact }) =>
      crossFault(
        member,
        'hint',
        'unused-alias',
        fact.pointer,
        '8783 6.1',
        `No document of this workspace uses the alias "${fact.name}".`,
      ),
    );
};

interface Wanted {
  what: 'alias' | 'ACL';
  /** What the server does. */
  refusal: string;
  rfc: string;
}

function unknownAlias(
  set: DocumentSet,
  member: Member,
  use: TextAt,
  known: ReadonlyMap<string, Defined<{ name: string; pointer: string }>[]>,
): PlacedFault[] {
  return unknown(set, member, use, known, {
    what: 'alias',
    refusal: 'refuses the request (4.00)',
    rfc: '9132 4.4.1.1',
  });
}

function unknownAcl(
  set: DocumentSet,
  member: Member,
  use: TextAt,
  known: ReadonlyMap<string, Defined<AclFact>[]>,
): PlacedFault[] {
  const wanted: Wanted = { what: 'ACL', refusal: 'answers 4.04', rfc: '9133 3.2.1' };
  const found = known.has(use.text)
    ? undefined
    : [...known.values()].flat().find(({ fact }) => fact.aces.has(use.text));
  if (found === undefined) return unknown(set, member, use, known, wanted);
  const related = [{ file: found.member.file, pointer: found.fact.pointer, message: 'the ACL that has this entry' }];
  return [
    crossFault(
      member,
      set.complete ? 'error' : 'warning',
      'ace-for-acl',
      use.pointer,
      wanted.rfc,
      `"${use.text}" is an entry (ACE) of the ACL "${found.fact.name}" in ${shortName(found.member.file)}: a request names the ACL.`,
      related,
      [replacement(use.pointer, found.fact.name, `Write the name of the ACL, "${found.fact.name}"`, true)],
    ),
  ];
}

/** A document that defines the name. */
function definition(what: Wanted['what'], name: string): Fix {
  const value =
    what === 'alias'
      ? { 'ietf-dots-data-channel:aliases': { alias: [{ name, 'target-prefix': ['192.0.2.0/24'] }] } }
      : { 'ietf-dots-data-channel:acls': { acl: [aclSample(name)] } };
  const title = `Define the ${what} "${name}" in a file beside this one`;
  return { title, edits: [], keepsMeaning: false, documents: [value] };
}

const aclSample = (name: string): JsonObject => ({
  name,
  type: 'ipv4-acl-type',
  'activation-type': 'deactivate',
  aces: {
    ace: [
      {
        name: 'entry',
        matches: { ipv4: { 'destination-ipv4-network': '192.0.2.0/24' } },
        actions: { forwarding: 'drop' },
      },
    ],
  },
});

function unknown(
  set: DocumentSet,
  member: Member,
  use: TextAt,
  known: ReadonlyMap<string, Defined<{ name: string; pointer: string }>[]>,
  { what, refusal, rfc }: Wanted,
): PlacedFault[] {
  const named = known.get(use.text) ?? [];
  if (named.some(({ cuid }) => mayBeSameClient(cuid, member.context.cuid))) return [];
  const code = `unknown-${what.toLowerCase()}`;
  const [foreign] = named;
  if (foreign !== undefined) {
    const related = [
      {
        file: foreign.member.file,
        pointer: foreign.fact.pointer,
        message: `defined for the client ${foreign.cuid ?? ''}`,
      },
    ];
    return [
      crossFault(
        member,
        set.complete ? 'warning' : 'information',
        code,
        use.pointer,
        rfc,
        `The ${what} "${use.text}" belongs to another client than this request: the server ${refusal}.`,
        related,
      ),
    ];
  }
  const near = closest(use.text, [...known.keys()]);
  const advice = near === undefined ? '' : ` Did you mean "${near}"?`;
  const message = set.complete
    ? `No document of this workspace defines the ${what} "${use.text}": unless it was installed otherwise, the server ${refusal}.${advice}`
    : `None of the known documents defines the ${what} "${use.text}"; if the server does not have it either, it ${refusal}.${advice}`;
  const fixes = [
    ...(near === undefined ? [] : [replacement(use.pointer, near, `Write "${near}"`, false)]),
    definition(what, use.text),
  ];
  const severity = set.complete ? 'warning' : 'information';
  return [crossFault(member, severity, code, use.pointer, rfc, message, undefined, fixes)];
}
