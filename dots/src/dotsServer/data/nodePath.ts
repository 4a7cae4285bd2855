import { isLegalText } from '#dots/check/legalText';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { fail } from './failure';

/** One step of a path below `/restconf/data`: RFC 8040 section 3.5.3. */
export interface Segment {
  /** Absent: the module of the first step. */
  module?: string;
  name: string;
  /** The values of the keys of a list, or the value of a leaf-list. */
  keys?: string[];
}

/** The keys of lists whose key is not `name`. */
const keysOf: Readonly<Record<string, readonly string[]>> = {
  'dots-client': ['cuid'],
  'target-port-range': ['lower-port'],
  'import-only-module': ['name', 'revision'],
};

const keyNames = (list: string): readonly string[] =>
  (Object.hasOwn(keysOf, list) ? keysOf[list] : undefined) ?? ['name'];

/** Containers that exist wherever their parent does (RFC 7950 section 7.5.1), by the parent. */
const alwaysThere: Readonly<Record<string, readonly string[]>> = { 'dots-client': ['aliases', 'acls'], acl: ['aces'] };

/** Reads `/step/step...`. Throws a RestconfError (400) for an invalid one. */
export function segmentsOf(path: string): Segment[] {
  return path.split('/').slice(1).map(segmentOf);
}

function segmentOf(text: string): Segment {
  const [, module, name = '', keys] = /^(?:([^=:]*):)?([^=]*)(?:=(.*))?$/su.exec(text) ?? [];
  const values = keys?.split(',').map(decodedText);
  if (values?.every((value) => isLegalText(value)) === false)
    throw fail(
      400,
      'invalid-value',
      'The path has a key with a character that a YANG string cannot contain (RFC 7950 section 9.4).',
    );
  return {
    name: decodedText(name),
    ...(module !== undefined && { module: decodedText(module) }),
    ...(values !== undefined && { keys: values }),
  };
}

function decodedText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw fail(400, 'malformed-message', 'The path has an invalid percent-encoding (RFC 3986 section 2.1).');
  }
}

/** The key of an entry of a list that has one. Throws a RestconfError (400) for several values. */
export function onlyKey({ keys = [] }: Segment): string | undefined {
  if (keys.length > 1)
    throw fail(
      400,
      'invalid-value',
      'Each list has one key, and a comma separates the values of several: write a comma in a key as %2C (RFC 8040 section 3.5.3).',
    );
  return keys[0];
}

/** The top-level member of a document with the node that a path names. */
export function memberOf(path: readonly Segment[]): string {
  return `${path[0]?.module ?? ''}:${path.at(-1)?.name ?? ''}`;
}

/**
 * The node that a path names; undefined where there is none. An entry of a list is the entry itself. Throws a
 * RestconfError (400) for a wrong number of keys.
 */
export function nodeAt(datastore: JsonObject, path: readonly Segment[]): JsonValue | undefined {
  return path.reduce<JsonValue | undefined>((parent, segment, index) => {
    if (Array.isArray(parent) && parent.some(isObject)) throw wrongKeys(path[index - 1]?.name ?? '');
    if (!isObject(parent)) return undefined;
    if (index === 0) return childOf(parent, segment, memberOf(path.slice(0, 1)));
    if (segment.module !== undefined && segment.module !== path[0]?.module) return undefined;
    return childOf(parent, segment, segment.name) ?? emptyContainer(path[index - 1], segment);
  }, datastore);
}

function emptyContainer(parent: Segment | undefined, { name, keys }: Segment): JsonObject | undefined {
  const names = Object.entries(alwaysThere).find(([each]) => each === parent?.name)?.[1] ?? [];
  return keys === undefined && names.includes(name) ? {} : undefined;
}

function childOf(parent: JsonObject, { name, keys }: Segment, member: string): JsonValue | undefined {
  const value = Object.hasOwn(parent, member) ? parent[member] : undefined;
  return keys === undefined ? value : entryOf(value, name, keys);
}

function entryOf(value: JsonValue | undefined, list: string, keys: readonly string[]): JsonValue | undefined {
  if (!Array.isArray(value)) return undefined;
  const names = keyNames(list);
  if (!value.every(isObject)) return value.find((item) => String(item) === keys.join(','));
  if (names.length !== keys.length) throw wrongKeys(list);
  return value.find((entry) => names.every((name, index) => String(entry[name]) === keys[index]));
}

function wrongKeys(list: string): Error {
  const names = keyNames(list);
  return fail(
    400,
    'invalid-value',
    `The path must name one entry of the list "${list}" by its ${names.length === 1 ? 'key' : 'keys'}: ${list}=${names.join(',')} (RFC 8040 section 3.5.3).`,
  );
}
