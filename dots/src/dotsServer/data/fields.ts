import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';

/** The nodes that a query selects, by their names below the target; undefined: the node with all that is in it. */
export type Fields = Map<string, Fields | undefined>;

const moduleName = 'ietf-dots-data-channel:';
/** Steps and what separates them. */
const tokens = /[^/;()]+|[/;()]/g;
/** RFC 8040 section 3.5.3.1; the name of the module may be omitted. */
const identifier = /^(?:[A-Za-z_][\w.-]*:)?[A-Za-z_][\w.-]*$/;
/** What no path nests deeper than. */
const deepest = 32;

/** Reads a `fields-expr` (RFC 8040 section 4.8.3); undefined where it is malformed. */
export function fieldsIn(text: string): Fields | undefined {
  const rest = text.match(tokens) ?? [];
  const found: Fields = new Map();
  return readFields(rest, found, 0) && rest.length === 0 ? found : undefined;
}

/** Takes one expression from the beginning of the tokens; whether there is one. */
function readFields(rest: string[], found: Fields, depth: number): boolean {
  do {
    if (!readPath(rest, found, depth)) return false;
  } while (rest[0] === ';' && rest.shift() !== undefined);
  return true;
}

function readPath(rest: string[], found: Fields, depth: number): boolean {
  const name = rest.shift();
  if (name === undefined || !identifier.test(name) || depth > deepest) return false;
  if (rest[0] === '/') return rest.shift() !== undefined && readPath(rest, within(found, name), depth + 1);
  if (rest[0] !== '(') {
    found.set(withoutModule(name), undefined);
    return true;
  }
  rest.shift();
  return readFields(rest, within(found, name), depth + 1) && rest.shift() === ')';
}

/** The selection below a node; a node that is selected as a whole stays so. */
function within(found: Fields, name: string): Fields {
  const key = withoutModule(name);
  const known = found.get(key);
  if (known !== undefined) return known;
  const below: Fields = new Map();
  if (!found.has(key)) found.set(key, below);
  return below;
}

const withoutModule = (name: string): string => (name.startsWith(moduleName) ? name.slice(moduleName.length) : name);

/**
 * The part of a node that is selected; undefined: nothing.
 * @param keys the members that each entry of a list keeps
 * @param whole what to show of a node that is selected as a whole
 */
export function selectFields(
  value: JsonValue,
  fields: Fields,
  keys: ReadonlySet<string>,
  whole: (node: JsonValue) => JsonValue,
): JsonValue | undefined {
  if (Array.isArray(value)) {
    const parts = value.map((item) => selectFields(item, fields, keys, whole)).filter((part) => part !== undefined);
    return parts.length === 0 ? undefined : parts;
  }
  if (!isObject(value)) return undefined;
  const parts = Object.entries(value).map(([name, item]): [string, JsonValue | undefined] => {
    const key = withoutModule(name);
    const below = fields.get(key);
    if (below !== undefined) return [name, selectFields(item, below, keys, whole)];
    return [name, fields.has(key) ? whole(item) : undefined];
  });
  return withKeys(
    value,
    parts.filter((part): part is [string, JsonValue] => part[1] !== undefined),
    keys,
  );
}

function withKeys(
  value: JsonObject,
  parts: readonly [string, JsonValue][],
  keys: ReadonlySet<string>,
): JsonObject | undefined {
  if (parts.length === 0) return undefined;
  const own = Object.entries(value).filter(([name]) => keys.has(name));
  return Object.fromEntries([...own, ...parts]);
}
