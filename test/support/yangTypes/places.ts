import { testOf } from '#dots/check/accept';
import type { DocumentKind } from '#dots/model/documents';
import type { JsonObject, JsonValue } from '#dots/model/json';
import {
  resolve,
  schemaAt,
  schemaOf,
  type SchemaNode,
  type XYang,
  type YangExpression,
  type YangType,
} from '#dots/model/schema';

/** Where a document has a value of a type. */
export interface Place {
  kind: DocumentKind;
  /** The names of the members around the value, from the top. */
  path: readonly string[];
  type: YangType;
  /** The schema of the value itself: of an entry, for a leaf-list. */
  schema: SchemaNode;
  root: SchemaNode;
  role: 'leaf' | 'leaf-list' | 'key';
  /** The text of a document that has `text` as its value here, and little else. @param text JSON */
  document(text: string): string;
}

/** The kinds that a YANG validator judges as they are: parts of the data channel's tree are in `dots-data`. */
const kinds: readonly DocumentKind[] = [
  'dots-data',
  'heartbeat',
  'mitigation-scope',
  'redirected-signal',
  'signal-config',
  'telemetry',
  'telemetry-setup',
];

/** Every leaf and leaf-list of every kind of document. */
export function places(): Place[] {
  return kinds.flatMap((kind) => placesOf(kind, schemaOf(kind), []));
}

/** The members whose values become Flowspec rules: what filters match and do, and what requests protect. */
const ruleSources = /\/(?:matches|actions)\/|\/alias\/target-|\/scope\/(?:target-|ietf-dots-call-home:source-)/;

/** Whether the value at a place becomes part of Flowspec rules. */
export function feedsFlowspec({ kind, path }: Place): boolean {
  return (kind === 'dots-data' || kind === 'mitigation-scope') && ruleSources.test(`/${path.join('/')}`);
}

/** A node on the way to a value, the innermost last. */
interface Step {
  name: string;
  schema: SchemaNode;
}

function placesOf(kind: DocumentKind, schema: SchemaNode, steps: readonly Step[]): Place[] {
  const root = schemaOf(kind);
  const inner = schema.type === 'array' ? resolve(root, schema.items ?? {}) : schema;
  if (inner.type === 'object')
    return Object.entries(inner.properties ?? {}).flatMap(([name, member]) => {
      const here = resolve(root, member);
      return placesOf(kind, here, [...steps, { name, schema: here }]);
    });
  const document = documentAround(kind, steps);
  const type = schema['x-yang']?.type as YangType;
  return [{ kind, path: steps.map(({ name }) => name), type, schema: inner, root, role: roleOf(steps), document }];
}

function roleOf(steps: readonly Step[]): Place['role'] {
  const [list, leaf] = [steps.at(-2)?.schema['x-yang'], steps.at(-1)];
  if (leaf?.schema.type === 'array') return 'leaf-list';
  return list?.keys?.includes(leaf?.name ?? '') === true ? 'key' : 'leaf';
}

/** A placeholder for the value until its text is put there. */
const hole = '\u2b1a';

function documentAround(kind: DocumentKind, steps: readonly Step[]): (text: string) => string {
  const root = schemaOf(kind);
  const frames: JsonObject[] = [];
  const whole = skeleton(root, root, steps, frames);
  for (const [index, { schema }] of steps.entries()) {
    const { when, must = [] } = schema['x-yang'] ?? {};
    const around = { kind, names: steps.slice(0, index), frames: frames.slice(0, index + 1) };
    for (const expression of when === undefined ? must : [when, ...must]) satisfy(expression, around);
  }
  const [before, after] = JSON.stringify(whole).split(JSON.stringify(hole)) as [string, string];
  return (text) => `${before}${text}${after}`;
}

/**
 * An object with what it must have, and the way to the value. @param frames gets the objects on that way, outermost
 * first
 */
function skeleton(
  root: SchemaNode,
  schema: SchemaNode,
  [step, ...rest]: readonly Step[],
  frames: JsonObject[],
): JsonObject {
  const object: JsonObject = {};
  frames.push(object);
  const needed = step === undefined ? [] : (schema.dependencies?.[step.name] ?? []);
  for (const name of [...(schema.required ?? []), ...needed])
    if (name !== step?.name) object[name] = sample(root, resolve(root, schema.properties?.[name] ?? {}));
  if (step === undefined) return object;
  const many = step.schema.type === 'array';
  const inner = many ? resolve(root, step.schema.items ?? {}) : step.schema;
  const value = inner.type === 'object' ? skeleton(root, inner, rest, frames) : hole;
  object[step.name] = many ? [value] : value;
  return object;
}

const samples: readonly JsonValue[] = [0, 1, 5, 'a', '5', true, '192.0.2.0/24', '192.0.2.1', 'AAAA'];

/** A value of a node, with as little as it may have. */
function sample(root: SchemaNode, schema: SchemaNode): JsonValue {
  if (schema.type === 'array') return [sample(root, resolve(root, schema.items ?? {}))];
  if (schema.type === 'object') return skeleton(root, schema, [], []);
  const { type, must = [] } = schema['x-yang'] ?? {};
  const { identities = [], enums = {}, bits = [] } = type ?? {};
  const accepts = testOf(root, schema);
  const least = must.flatMap((one) => (one.op === '>=' && /^\d+$/.test(one.right) ? Number(one.right) : []))[0] ?? 0;
  const all: JsonValue[] = [...identities, ...Object.keys(enums), ...bits, ...samples];
  return all.find((value) => accepts(value) && !(typeof value === 'number' && value < least)) as JsonValue;
}

/** The objects around a node, outermost first, and the steps to it. */
interface Around {
  kind: DocumentKind;
  names: readonly Step[];
  frames: readonly JsonObject[];
}

/** Makes an expression on a node true: names are set to what is asked, another number to the end of its type. */
function satisfy(expression: YangExpression, around: Around): void {
  if (expression.op === 'derived-from-or-self') put(expression.path, expression.identity, around);
  else if (expression.op === '=') put(expression.path, expression.value, around);
  else if (expression.right.startsWith('..')) {
    const annotation = annotationAt(expression.right, around);
    put(expression.right, endOf(annotation?.type, expression.op), around);
    for (const must of annotation?.must ?? []) if (must.op === expression.op) satisfy(must, around);
  }
}

/** The value of a type than which no other is larger, or smaller. */
function endOf(type: YangType | undefined, op: '<=' | '>='): JsonValue {
  if (type?.base === 'decimal64') return op === '<=' ? '92233720368547758.07' : '-92233720368547758.08';
  return Number(type?.range?.[0]?.[op === '<=' ? 1 : 0]);
}

/** How many steps up a relative path goes, and the names from there. */
function split(path: string): { ups: number; names: string[] } {
  const steps = path.split('/');
  const ups = steps.filter((step) => step === '..').length;
  return { ups, names: steps.slice(ups) };
}

function annotationAt(path: string, { kind, names, frames }: Around): XYang | undefined {
  const { ups, names: below } = split(path);
  const above = names.slice(0, frames.length - ups);
  const tokens = above.flatMap(({ name, schema }) => (schema.type === 'array' ? [name, '0'] : [name]));
  return schemaAt(kind, [...tokens, ...below])?.['x-yang'];
}

function put(path: string, value: JsonValue, { frames }: Around): void {
  const { ups, names } = split(path);
  const last = names.pop() ?? '';
  let frame = frames[frames.length - ups] as JsonObject;
  for (const name of names) frame = (frame[name] ??= {}) as JsonObject;
  if (frame[last] !== hole) frame[last] = value;
}
