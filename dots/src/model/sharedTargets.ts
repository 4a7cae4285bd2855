import { itemsOf, type JsonObject } from './json';
import { networkKey, parsePrefix, type Prefix } from './prefix';

/** The members by which two scopes can overlap; ports and protocols do not matter: RFC 9132 section 4.4.1.3. */
export const selectors = ['target-prefix', 'target-fqdn', 'target-uri', 'alias-name'] as const;

export type Selector = (typeof selectors)[number];

/** A name in the form in which names of this member are compared. */
export function targetForm(member: Selector, name: string): string {
  return member === 'target-fqdn' ? name.toLowerCase() : name;
}

/** The targets that `scope` shares with `other`, as members of a conflict-scope; undefined if there are none. */
export function sharedTargets(scope: JsonObject, other: JsonObject): JsonObject | undefined {
  const shared: JsonObject = {};
  for (const member of selectors) {
    const [mine, theirs] = [texts(scope, member), texts(other, member)];
    const common = member === 'target-prefix' ? sharedPrefixes(mine, theirs) : sharedNames(mine, theirs, member);
    if (common.length > 0) shared[member] = common;
  }
  return Object.keys(shared).length > 0 ? shared : undefined;
}

/** Whether two of these scopes share a target, so that as requests of one client they delete each other. */
export function overlappingScopes(scopes: readonly JsonObject[]): boolean {
  return scopes.some((scope, index) =>
    scopes.slice(index + 1, index + mostCompared).some((other) => sharedTargets(scope, other) !== undefined),
  );
}

/** More scopes than this are not compared with each other. */
const mostCompared = 32;

function texts(scope: JsonObject, member: string): string[] {
  return itemsOf(scope[member]).filter((item) => typeof item === 'string');
}

function sharedNames(mine: string[], theirs: string[], member: Selector): string[] {
  const form = (name: string): string => targetForm(member, name);
  const known = new Set(theirs.map(form));
  return mine.filter((name) => known.has(form(name)));
}

/** Those of `mine` that cover one of `theirs` or are covered by one, in time linear in their number. */
function sharedPrefixes(mine: string[], theirs: string[]): string[] {
  if (mine.length === 0 || theirs.length === 0) return [];
  const own = new PrefixSet(mine);
  const foreign = new PrefixSet(theirs);
  const covering = new Set([...foreign.prefixes.values()].flatMap((prefix) => own.coversOf(prefix)));
  return mine.filter((text) => {
    const prefix = own.prefixes.get(text);
    return (
      prefix !== undefined && (covering.has(networkKey(prefix, prefix.length)) || foreign.coversOf(prefix).length > 0)
    );
  });
}

class PrefixSet {
  readonly prefixes = new Map<string, Prefix>();
  private readonly keys = new Set<string>();
  private readonly lengths = new Set<number>();

  constructor(texts: string[]) {
    for (const text of texts) {
      const prefix = parsePrefix(text);
      if (prefix === undefined) continue;
      this.prefixes.set(text, prefix);
      this.keys.add(networkKey(prefix, prefix.length));
      this.lengths.add(prefix.length);
    }
  }

  /** The keys of the members that cover a prefix. */
  coversOf(prefix: Prefix): string[] {
    return [...this.lengths]
      .filter((length) => length <= prefix.length)
      .map((length) => networkKey(prefix, length))
      .filter((key) => this.keys.has(key));
  }
}
