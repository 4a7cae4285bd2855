import type { Range } from '#dots/model/finding';
import type { IndexEntry } from '#service/service';

/** What a document defines, in words. */
export interface IndexedNames {
  uri: string;
  names: { label: string; range: Range }[];
}

/** The aliases, ACLs and scopes of a document, by its index entry. */
export function namesIn(uri: string, { facts, rangeOf }: IndexEntry): IndexedNames {
  const named = [
    ...facts.aliases.map(({ name, pointer }) => ({ label: `alias ${name}`, pointer })),
    ...facts.acls.map(({ name, pointer }) => ({ label: `acl ${name}`, pointer })),
    ...facts.scopes.map(({ pointer, targets }) => ({
      label: `scope ${[...targets.prefixes, ...targets.fqdns, ...targets.uris, ...targets.aliases].map(({ text }) => text).join(', ')}`,
      pointer,
    })),
  ];
  const names = named.flatMap(({ label, pointer }) => {
    const range = rangeOf(pointer);
    return range === undefined ? [] : [{ label: label.slice(0, longestLabel), range }];
  });
  return { uri, names };
}

const longestLabel = 120;
