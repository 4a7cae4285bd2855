import {
  aliasesOf,
  byName,
  isStatus,
  mayBeSameClient,
  type Defined,
  type DocumentSet,
  type Member,
} from './documentSet';
import type { AclFact } from './aclFacts';
import type { Targets, TextAt } from './facts';

/** The ACLs of a set by name. */
export function aclsOf({ members }: DocumentSet): Map<string, Defined<AclFact>[]> {
  return byName(
    members.flatMap((member) =>
      member.facts.acls.map((fact) => ({ member, fact, cuid: fact.cuid ?? member.context.cuid })),
    ),
  );
}

/** Where a document uses names of aliases: in requests and in telemetry. */
export function aliasUses({ facts }: Member): TextAt[] {
  return [...facts.scopes.flatMap(({ targets }) => targets.aliases), ...facts.telemetryAliases];
}

/** Where a document names ACLs to activate or deactivate (RFC 9133 section 3.2.1). */
const aclUses = ({ facts }: Member): TextAt[] => facts.scopes.flatMap(({ acls }) => acls);

/** Whether a document names something that another one may define. */
export const usesNames = (member: Member): boolean => aliasUses(member).length + aclUses(member).length > 0;

/**
 * The other documents of a set that define an alias or an ACL which a document names, for the same client, in the order
 * of the set. A document whose text has an error is left out: its definitions are uncertain.
 * @param valid false: the document has an error, so that a server refuses it and leaves its ACLs unchanged
 */
export function definingDocuments<M extends Member>(
  set: Omit<DocumentSet, 'members'> & { members: readonly M[] },
  member: Member,
  valid: boolean,
): M[] {
  const found = new Set<Member>([
    ...definers(aliasUses(member), aliasesOf(set), member),
    ...(valid ? definers(aclUses(member), aclsOf(set), member) : []),
  ]);
  return set.members.filter((other) => other.file !== member.file && other.certain && found.has(other));
}

/**
 * The other documents of a set with ACLs of the same client: mitigations should not drop what these accept (RFC 9132
 * section 4.4.1.3).
 */
export function documentsWithAcls<M extends Member>({ members }: { members: readonly M[] }, member: Member): M[] {
  return members.filter(
    (other) =>
      other.file !== member.file &&
      other.certain &&
      !isStatus(other) &&
      other.facts.acls.some(({ cuid }) => mayBeSameClient(cuid ?? other.context.cuid, member.context.cuid)),
  );
}

function definers(
  uses: readonly TextAt[],
  known: ReadonlyMap<string, Defined<{ name: string }>[]>,
  { context }: Member,
): Member[] {
  return uses
    .flatMap(({ text }) => known.get(text) ?? [])
    .filter(({ cuid }) => mayBeSameClient(cuid, context.cuid))
    .map(({ member }) => member);
}

/** Names that a document may write. */
export interface DefinedNames {
  aliases: readonly string[];
  acls: readonly string[];
}

/** The names that the documents of a set define for a client. */
export function namesFor(set: DocumentSet, cuid: string | undefined): DefinedNames {
  const of = (known: ReadonlyMap<string, Defined<{ name: string }>[]>): string[] =>
    [...known]
      .filter(([, definitions]) => definitions.some((one) => mayBeSameClient(one.cuid, cuid)))
      .map(([name]) => name)
      .sort();
  return { aliases: of(aliasesOf(set)), acls: of(aclsOf(set)) };
}

/** The targets of aliases by name: prefixes, domain names and URIs as written. */
export type AliasTargets = Readonly<Record<string, readonly string[]>>;

/** The targets of the aliases that a document names, as far as the documents of its set define them. */
export function aliasTargets(set: DocumentSet, member: Member): AliasTargets {
  const known = aliasesOf(set);
  const targets = aliasUses(member).flatMap(({ text }) => {
    const definition = known.get(text)?.find(({ cuid }) => mayBeSameClient(cuid, member.context.cuid));
    return definition === undefined ? [] : [[text, textsOf(definition.fact.targets)] as const];
  });
  return Object.fromEntries(targets);
}

const textsOf = ({ prefixes, fqdns, uris }: Targets): string[] =>
  [...prefixes, ...fqdns, ...uris].map(({ text }) => text);
