import { documentType, documentTypeOf, type DocumentType } from '#dots/model/documents';
import { DotsError } from '#dots/model/errors';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';

/** What a client installs: the container of a document, and the list in it. */
export const lists = { aliases: 'alias', acls: 'acl' } as const;

/** Aliases or ACLs. */
export type Container = keyof typeof lists;

/** The path of one alias or one ACL. */
export type EntryPath = `aliases/alias=${string}` | `acls/acl=${string}`;

/** Resources of the server, the same for all its clients. */
const serverPaths = { capabilities: 'capabilities', 'vendor-mapping': 'ietf-dots-mapping:vendor-mapping' } as const;

/** A part of the data channel's tree: of this client (`''` is all of it), or of the server. */
export type ResourcePath = '' | Container | EntryPath | 'own-vendor-mapping' | keyof typeof serverPaths;

/** Whether a resource is one of the server, not of this client. */
export const isOfServer = (path: ResourcePath): path is keyof typeof serverPaths => Object.hasOwn(serverPaths, path);

/** The path of a resource below `dots-data`: RFC 8783 section 4.1, RFC 9244 section 8.1.6. */
export function pathOf(cuid: string, path: ResourcePath): string {
  if (isOfServer(path)) return `/${serverPaths[path]}`;
  const client = `/dots-client=${encodeURIComponent(cuid)}`;
  if (path === 'own-vendor-mapping') return `${client}/${serverPaths['vendor-mapping']}`;
  return path === '' ? client : `${client}/${path}`;
}

/** The path of an alias or an ACL, its name encoded. */
export function entryPath(container: Container, name: string): EntryPath {
  return `${container}/${lists[container]}=${encodeURIComponent(name)}` as EntryPath;
}

/** A document with these entries. */
export function documentWith(container: Container, entries: readonly JsonObject[]): JsonObject {
  return { [documentType(container).topMember]: { [lists[container]]: [...entries] } };
}

/**
 * The entries in an answer: in their container, as RFC 8783 shows them, or in the list alone, as RFC 8040 section 4.3
 * says. Entries without a name are left out.
 */
export function entriesIn(container: Container, body: JsonObject | undefined): JsonObject[] {
  const { topMember } = documentType(container);
  const holder = body?.[topMember];
  const list = isObject(holder) ? holder[lists[container]] : body?.[topMember.replace(container, lists[container])];
  return (isObject(list) ? [list] : itemsOf(list)).filter(isObject).filter(({ name }) => typeof name === 'string');
}

/** An alias or an ACL, and where it is. */
export interface OwnEntry {
  container: Container;
  entry: JsonObject;
}

/** The aliases and ACLs in an answer about a client or a part of it, wherever they are in it. */
export function ownEntries(body: JsonObject | undefined): OwnEntry[] {
  const client = body?.[documentType('dots-client').topMember];
  const [first] = isObject(client) ? [client] : itemsOf(client);
  return (Object.keys(lists) as Container[]).flatMap((container) => {
    const holder = isObject(first) ? { [documentType(container).topMember]: first[container] ?? null } : body;
    return entriesIn(container, holder).map((entry) => ({ container, entry }));
  });
}

/** An entry without what only the server knows: the pending lifetime, and statistics of ACEs. */
export function withoutState(entry: JsonObject): JsonObject {
  const { aces, ...rest } = without(entry, 'pending-lifetime');
  if (!isObject(aces)) return aces === undefined ? rest : { ...rest, aces };
  const ace = itemsOf(aces.ace).map((each) => (isObject(each) ? without(each, 'statistics') : each));
  return { ...rest, aces: { ...aces, ace } };
}

/** An object without one member. */
export function without(object: JsonObject, name: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([each]) => each !== name));
}

/** Whether a document is an attack mapping of a vendor: RFC 9244 section 8.1.6. */
export const isMapping = (document: JsonObject): boolean => documentTypeOf(document)?.kind === 'vendor-mapping';

/** Throws a DotsError of kind `usage` for a document that cannot be installed. */
export function checkInstallable(document: JsonObject): void {
  if (!isMapping(document)) contentOf(document);
}

/**
 * The container and the entries of a document to install. Throws a DotsError of kind `usage` for any other document.
 */
export function contentOf(document: JsonObject): { container: Container; entries: JsonObject[] } {
  const type = documentTypeOf(document);
  if (type?.kind !== 'aliases' && type?.kind !== 'acls') throw notInstallable(type);
  const body = document[type.topMember];
  const entries = isObject(body) ? itemsOf(body[lists[type.kind]]).filter(isObject) : [];
  return { container: type.kind, entries };
}

function notInstallable(type: DocumentType | undefined): DotsError {
  const what =
    type === undefined
      ? 'The kind of the document is unknown'
      : `A document of kind "${type.title}" cannot be installed over the data channel`;
  return new DotsError(
    'usage',
    'data/document',
    `${what}: only aliases, ACLs and a vendor mapping can.`,
    type?.channel === 'signal'
      ? 'Send it over the signal channel (coap://...).'
      : 'Start the document with "ietf-dots-data-channel:acls", "ietf-dots-data-channel:aliases" or "ietf-dots-mapping:vendor-mapping".',
  );
}
