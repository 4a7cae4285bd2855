import { isLegalText } from '#dots/check/legalText';
import { fail } from './failure';

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

/** What a URL names: RFC 8783 section 4, below the root of RFC 8040 section 3. */
export type Target =
  | { kind: 'host-meta' }
  | { kind: 'root' | 'library' | 'data' | 'dots-data' | 'capabilities' }
  | { kind: 'client'; cuid: string }
  | ListTarget
  | EntryTarget;

/** The root of the RESTCONF server. */
export const root = '/restconf';
const moduleName = 'ietf-dots-data-channel';
/** The path of the data tree in URLs. */
export const dataRoot = `${root}/data/${moduleName}:dots-data`;

const fixed: Readonly<Record<string, Target>> = {
  '/.well-known/host-meta': { kind: 'host-meta' },
  [root]: { kind: 'root' },
  [`${root}/yang-library-version`]: { kind: 'library' },
  [`${root}/data`]: { kind: 'data' },
  [dataRoot]: { kind: 'dots-data' },
  [`${dataRoot}/capabilities`]: { kind: 'capabilities' },
};

/** Reads the path of a URL. Throws a RestconfError: 404 for one that names no resource, 400 for a malformed one. */
export function targetOf(path: string): Target {
  const known = Object.hasOwn(fixed, path) ? fixed[path] : undefined;
  if (known !== undefined) return known;
  return (path.startsWith(`${dataRoot}/`) ? inTree(path.slice(dataRoot.length)) : undefined) ?? notFound();
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

interface Segment {
  name: string;
  key?: string;
}

function inTree(path: string): Target | undefined {
  const segments = path.split('/').slice(1).map(segmentOf);
  const [client, container, entry, aces, ace, ...more] = segments;
  const cuid = client?.name === 'dots-client' ? client.key : undefined;
  if (cuid === undefined || more.length > 0) return undefined;
  if (container === undefined) return { kind: 'client', cuid };
  const list = listIn(container, cuid);
  if (list === undefined || entry === undefined) return list;
  const inner = entryIn(list, entry);
  if (inner === undefined || aces === undefined) return inner;
  if (list.container !== 'acls' || aces.name !== 'aces' || aces.key !== undefined) return undefined;
  const aceList: ListTarget = { kind: 'list', cuid, container: 'aces', acl: inner.name };
  return ace === undefined ? aceList : entryIn(aceList, ace);
}

function listIn({ name, key }: Segment, cuid: string): ListTarget | undefined {
  return key === undefined && (name === 'aliases' || name === 'acls')
    ? { kind: 'list', cuid, container: name }
    : undefined;
}

function entryIn(list: ListTarget, { name, key }: Segment): EntryTarget | undefined {
  return name === lists[list.container].list && key !== undefined ? { kind: 'entry', list, name: key } : undefined;
}

/** One segment: a name, with or without its module, and optionally "=" and a key (RFC 8040 section 3.5.3). */
function segmentOf(text: string): Segment {
  const [, , name = '', key] = /^(?:([^=:]*):)?([^=]*)(?:=(.*))?$/su.exec(text) ?? [];
  if (key?.includes(','))
    throw fail(
      400,
      'invalid-value',
      'Each list has one key, and a comma separates the values of several: write a comma in a key as %2C (RFC 8040 section 3.5.3).',
    );
  const decoded = { name: decodedText(name), ...(key !== undefined && { key: decodedText(key) }) };
  if (isLegalText(decoded.key ?? '')) return decoded;
  throw fail(
    400,
    'invalid-value',
    'The path has a key with a character that a YANG string cannot contain (RFC 7950 section 9.4).',
  );
}

function decodedText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw fail(400, 'malformed-message', 'The path has an invalid percent-encoding (RFC 3986 section 2.1).');
  }
}

function notFound(): never {
  throw fail(404, 'invalid-value', 'This server has no such resource.');
}
