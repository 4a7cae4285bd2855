import { fail, type RestconfError } from './failure';
import { fieldsIn, type Fields } from './fields';
import { entryAt, lists, pathOf, type EntryTarget, type Target } from './resourcePath';

/** Which data an answer contains: RFC 8040 section 4.8.1. */
export type Content = 'all' | 'config' | 'nonconfig';

/** Where a new entry goes: RFC 8040 section 4.8.5. */
export interface Placement {
  insert: 'first' | 'last' | 'before' | 'after';
  /** The name of the neighbour. */
  point?: string;
}

export interface Query {
  content: Content;
  /** How many levels the answer has: RFC 8040 section 4.8.2. */
  depth: number;
  /** The nodes that the answer has: RFC 8040 section 4.8.3; absent: all. */
  fields?: Fields;
  placement?: Placement;
}

/** RFC 8783 prints `non-config` where RFC 8040 has `nonconfig` (erratum 6496). */
const contents: Readonly<Record<string, Content>> = {
  all: 'all',
  config: 'config',
  nonconfig: 'nonconfig',
  'non-config': 'nonconfig',
};

/** The query parameters of each method: RFC 8040 section 4.8. */
const parametersOf: Readonly<Record<string, readonly string[]>> = {
  GET: ['content', 'depth', 'fields'],
  HEAD: ['content', 'depth', 'fields'],
  POST: ['insert', 'point'],
  PUT: ['insert', 'point'],
};

/**
 * Reads the query of a request. Throws a RestconfError (400) for a parameter that is unknown, repeated, invalid, or not
 * applicable.
 */
export function queryOf(parameters: URLSearchParams, method: string, target: Target): Query {
  const allowed = parametersOf[method] ?? [];
  for (const name of new Set(parameters.keys())) {
    if (!allowed.includes(name)) throw invalid(unsupportedParameter(name, method, allowed));
    if (parameters.getAll(name).length > 1) throw invalid(`The query parameter "${name}" occurs more than once.`);
  }
  const fields = fieldsOf(parameters.get('fields'));
  const placement = placementOf(parameters.get('insert'), parameters.get('point'), target);
  return {
    content: contentOf(parameters.get('content')),
    depth: depthOf(parameters.get('depth')),
    ...(fields === undefined ? {} : { fields }),
    ...(placement === undefined ? {} : { placement }),
  };
}

function unsupportedParameter(name: string, method: string, allowed: readonly string[]): string {
  const supported = allowed.length === 0 ? '' : `; supported: ${allowed.join(', ')}`;
  return `The query parameter "${name}" is not supported for ${method}${supported}.`;
}

function contentOf(text: string | null): Content {
  if (text === null) return 'all';
  const content = Object.hasOwn(contents, text) ? contents[text] : undefined;
  if (content === undefined) throw invalid('"content" must be all, config or nonconfig.');
  return content;
}

function depthOf(text: string | null): number {
  if (text === null || text === 'unbounded') return Infinity;
  const depth = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (depth < 1 || depth > 65_535) throw invalid('"depth" must be a number from 1 to 65535, or unbounded.');
  return depth;
}

function fieldsOf(text: string | null): Fields | undefined {
  const fields = text === null ? undefined : fieldsIn(text);
  if (fields === undefined && text !== null)
    throw invalid('"fields" must be paths such as aliases/alias(name;target-prefix);acls (RFC 8040 section 4.8.3).');
  return fields;
}

function placementOf(insert: string | null, point: string | null, target: Target): Placement | undefined {
  if (insert === null && point === null) return undefined;
  const ordered = orderedList(target);
  if (insert === 'first' || insert === 'last') {
    if (point !== null) throw invalid('"point" requires insert=before or insert=after.');
    if (!ordered) throw unordered();
    return { insert };
  }
  if (insert !== 'before' && insert !== 'after')
    throw invalid('"insert" must be first, last, before or after; "point" requires it.');
  if (!ordered) throw unordered();
  const neighbour = entryAt(point ?? '');
  if (neighbour === undefined || !isSibling(neighbour, target))
    throw invalid(
      '"point" must be the path of an entry of the same list, such as /ietf-dots-data-channel:dots-data/dots-client=C/acls/acl=N.',
    );
  return { insert, point: neighbour.name };
}

/** Whether the order of what a request creates there is significant; of the lists of a client, that of its ACLs is. */
function orderedList(target: Target): boolean {
  if (target.kind === 'client') return true;
  if (target.kind === 'list') return lists[target.container].ordered;
  return target.kind === 'entry' && lists[target.list.container].ordered;
}

function isSibling(neighbour: EntryTarget, target: Target): boolean {
  const beside = pathOf(neighbour.list);
  if (target.kind === 'client') return neighbour.list.container === 'acls' && neighbour.list.cuid === target.cuid;
  if (target.kind === 'list') return pathOf(target) === beside;
  // A POST to an ACL inserts into its ACEs, a PUT of an ACL places the ACL itself.
  return (
    target.kind === 'entry' &&
    (pathOf(target.list) === beside ||
      pathOf({ kind: 'list', cuid: target.list.cuid, container: 'aces', acl: target.name }) === beside)
  );
}

function invalid(message: string): RestconfError {
  return fail(400, 'invalid-value', message);
}

function unordered(): RestconfError {
  return invalid('"insert" is supported for ACLs and ACEs only: the order of aliases is not significant.');
}
