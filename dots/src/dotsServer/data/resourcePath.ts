import { fail } from './failure';
import { onlyKey, segmentsOf, type Segment } from './nodePath';

/**
 * The lists of a client that a request can name, by their container: the list in it, and whether its order is
 * significant.
 */
export const lists = {
  aliases: { list: 'alias', ordered: false, noun: 'alias' },
  acls: { list: 'acl', ordered: true, noun: 'ACL' },
  aces: { list: 'ace', ordered: true, noun: 'ACE' },
} as const;

export type Container = keyof typeof lists;

/** A list of a client, or of one of its ACLs. */
export interface ListTarget {
  kind: 'list';
  cuid: string;
  container: Container;
  /** For ACEs: the ACL that contains them. */
  acl?: string;
}

/** One entry of such a list. */
export interface EntryTarget {
  kind: 'entry';
  list: ListTarget;
  name: string;
}

/** A node inside of an entry. */
export interface InnerTarget {
  kind: 'inner';
  entry: EntryTarget;
  /** The members that lead to it. */
  names: readonly string[];
}

/** What a URL names below `/restconf/data`: RFC 8783 section 4. A `node` is any other, which can only be read. */
export type DataTarget =
  { kind: 'data' | 'dots-data' | 'node' } | { kind: 'client'; cuid: string } | ListTarget | EntryTarget | InnerTarget;

/** What a URL names: RFC 8040 section 3. */
export type Target = { kind: 'host-meta' } | { kind: 'root' | 'library' | 'operations' } | DataTarget;

/** The root of the RESTCONF server. */
export const root = '/restconf';
const moduleName = 'ietf-dots-data-channel';
/** The path of the data tree in URLs. */
export const dataRoot = `${root}/data/${moduleName}:dots-data`;

const fixed: Readonly<Record<string, Target>> = {
  '/.well-known/host-meta': { kind: 'host-meta' },
  [root]: { kind: 'root' },
  [`${root}/yang-library-version`]: { kind: 'library' },
  [`${root}/operations`]: { kind: 'operations' },
  [`${root}/data`]: { kind: 'data' },
  [dataRoot]: { kind: 'dots-data' },
};

/** Reads the path of a URL. Throws a RestconfError: 404 for one that names no resource, 400 for a malformed one. */
export function targetOf(path: string): Target {
  const known = Object.hasOwn(fixed, path) ? fixed[path] : undefined;
  if (known !== undefined) return known;
  if (!path.startsWith(`${root}/data/`)) return notFound();
  return path.startsWith(`${dataRoot}/`) ? (inTree(path.slice(dataRoot.length)) ?? notFound()) : { kind: 'node' };
}

/** The steps of the path of a URL below `/restconf/data`. Throws a RestconfError (400) for a malformed one. */
export function nodePathOf(path: string): Segment[] {
  return segmentsOf(path.slice(`${root}/data`.length));
}

/** Reads the value of `point`: the path of an entry below `/restconf/data`. Undefined if it names no entry. */
export function entryAt(path: string): EntryTarget | undefined {
  const tree = `/${moduleName}:dots-data/`;
  const target = path.startsWith(tree) ? inTree(path.slice(tree.length - 1)) : undefined;
  return target?.kind === 'entry' ? target : undefined;
}

/** The path of a list or an entry in URLs. */
export function pathOf(target: ListTarget | EntryTarget): string {
  if (target.kind === 'entry')
    return `${pathOf(target.list)}/${lists[target.list.container].list}=${encodeURIComponent(target.name)}`;
  const { cuid, container, acl } = target;
  const client = `${dataRoot}/dots-client=${encodeURIComponent(cuid)}`;
  return container === 'aces' ? `${client}/acls/acl=${encodeURIComponent(acl ?? '')}/aces` : `${client}/${container}`;
}

/** @param path below the data tree */
function inTree(path: string): DataTarget | undefined {
  const segments = segmentsOf(path);
  if (segments.some(({ module }) => module !== undefined && module !== moduleName)) return undefined;
  const [client, container, entry, aces, ace, ...more] = segments;
  const cuid = client?.name === 'dots-client' ? onlyKey(client) : undefined;
  if (cuid === undefined) return { kind: 'node' };
  if (container === undefined) return { kind: 'client', cuid };
  const list = listIn(container, cuid);
  if (list === undefined || entry === undefined) return list ?? { kind: 'node' };
  const inner = entryIn(list, entry);
  if (inner === undefined || aces === undefined) return inner ?? { kind: 'node' };
  const isAces = list.container === 'acls' && aces.name === 'aces' && aces.keys === undefined;
  if (!isAces) return insideOf(inner, segments.slice(3));
  const aceList: ListTarget = { kind: 'list', cuid, container: 'aces', acl: inner.name };
  if (ace === undefined) return aceList;
  const innermost = entryIn(aceList, ace);
  return innermost === undefined || more.length === 0 ? (innermost ?? { kind: 'node' }) : insideOf(innermost, more);
}

function listIn({ name, keys }: Segment, cuid: string): ListTarget | undefined {
  return keys === undefined && (name === 'aliases' || name === 'acls')
    ? { kind: 'list', cuid, container: name }
    : undefined;
}

function entryIn(list: ListTarget, segment: Segment): EntryTarget | undefined {
  const name = segment.name === lists[list.container].list ? onlyKey(segment) : undefined;
  return name === undefined ? undefined : { kind: 'entry', list, name };
}

/** Entries of the lists inside of an alias cannot be changed one by one. */
function insideOf(entry: EntryTarget, path: readonly Segment[]): DataTarget {
  if (path.some(({ keys }) => keys !== undefined)) return { kind: 'node' };
  return { kind: 'inner', entry, names: path.map(({ name }) => name) };
}

function notFound(): never {
  throw fail(404, 'invalid-value', 'This server has no such resource.');
}
