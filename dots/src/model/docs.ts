import type { YangType } from './schema';

/** What hover shows of a member or a value, in our own words. */
export interface Doc {
  text: string;
  /** RFC number and section, e.g. `9132 4.4.1.1`. */
  rfc: string;
}

/** The texts of one YANG module: a file of `schemas/docs`. */
export interface ModuleDocs {
  /** By member name, or by the end of its path (`fragment/type`) where one name has several meanings. */
  members: Record<string, Doc>;
  /** By typedef, by leaf where the type has no name, or under `identity`; then by value. */
  values: Record<string, Record<string, Doc>>;
}

/** All texts, by the name of the module. */
export type Docs = Readonly<Record<string, ModuleDocs>>;

/**
 * The text of a member. `module` is the module that defines it (`x-yang`); `tokens` are those of the JSON pointer to
 * it, from the top-level member to its own name. The longest path that has a text decides.
 */
export function memberDoc(docs: Docs, module: string, tokens: readonly string[]): Doc | undefined {
  const members = docs[module]?.members ?? {};
  const path = tokens.filter((token) => !/^\d+$/.test(token)).map(bareName);
  const ends = path.map((_, start) => path.slice(start).join('/'));
  const known = ends.find((end) => Object.hasOwn(members, end));
  return known === undefined ? undefined : members[known];
}

/**
 * The text of an enumeration's label, of one bit, or of an identity with or without its module's name.
 * `module` and `tokens` are those of the member with the value, as for `memberDoc`.
 */
export function valueDoc(
  docs: Docs,
  module: string,
  tokens: readonly string[],
  type: YangType,
  value: string,
): Doc | undefined {
  if (type.base === 'union')
    return firstDefined((type.members ?? []).map((member) => valueDoc(docs, module, tokens, member, value)));
  if (type.base === 'identityref') return identityDoc(docs, type, value);
  const [owner, typedef] = type.name?.split(':') ?? [module, undefined];
  const group = typedef ?? bareName(tokens.findLast((token) => !/^\d+$/.test(token)) ?? '');
  return own(docs[owner ?? module]?.values[group], value);
}

function identityDoc(docs: Docs, type: YangType, value: string): Doc | undefined {
  const identity = type.identities?.find((name) => name === value || bareName(name) === value);
  const [owner, name] = identity?.split(':') ?? [];
  return owner === undefined || name === undefined ? undefined : own(docs[owner]?.values.identity, name);
}

function own(group: Record<string, Doc> | undefined, value: string): Doc | undefined {
  return group !== undefined && Object.hasOwn(group, value) ? group[value] : undefined;
}

function firstDefined<T>(values: (T | undefined)[]): T | undefined {
  return values.find((value) => value !== undefined);
}

function bareName(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}
