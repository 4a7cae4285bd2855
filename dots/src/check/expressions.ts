import { isObject, type JsonObject, type JsonValue } from '../model/json';
import { tokens } from '../model/pointer';
import type { SchemaNode, YangExpression } from '../model/schema';
import { exact } from '#dots/model/numbers';

/** An object on the way from the document's root to the node in question, with its schema. */
export interface Frame {
  value: JsonObject;
  schema: SchemaNode;
}

/**
 * Whether a `when` or `must` expression is true for a node.
 * @param value the node itself
 * @param frames the objects around it, outermost first
 */
export function holds(expression: YangExpression, value: JsonValue, frames: Frame[]): boolean {
  if (expression.op === '=') return bareName(follow(expression.path, value, frames)) === bareName(expression.value);
  if (expression.op === 'derived-from-or-self')
    return isOneOf(expression.identities, follow(expression.path, value, frames));
  const left = follow(expression.left, value, frames);
  const right = /^\d/.test(expression.right) ? Number(expression.right) : follow(expression.right, value, frames);
  const order =
    typeof left === 'number' && typeof right === 'number' ? left - right : compare(exact(left), exact(right));
  return order !== undefined && (expression.op === '>=' ? order >= 0 : order <= 0);
}

/**
 * Whether the present content of a document rules a node out; absent members rule out nothing. `frames` ends with the
 * object around the node.
 */
export function rulesOut(when: YangExpression, frames: Frame[]): boolean {
  const known =
    when.op === '=' || when.op === 'derived-from-or-self' ? follow(when.path, null, frames) !== undefined : true;
  return known && !holds(when, null, frames);
}

/** Negative, zero or positive; undefined if one of them is not a number. */
function compare(left: bigint | undefined, right: bigint | undefined): number | undefined {
  if (left === undefined || right === undefined) return undefined;
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Why an expression is false, as a sentence without its full stop. */
export function whyNot(expression: YangExpression, pointer: string, frames: Frame[]): string {
  const name =
    tokens(pointer)
      .filter((token) => !/^\d+$/.test(token))
      .at(-1) ?? '';
  const last = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
  switch (expression.op) {
    case '=':
      return `"${name}" is allowed only where "${last(expression.path)}" is ${bareName(expression.value) ?? ''}`;
    case 'derived-from-or-self':
      return `"${name}" is allowed only where "${last(expression.path)}" is ${bareName(expression.identity) ?? ''}`;
    case '>=':
      return `"${name}" must not be less than ${bound(expression.right, frames)}`;
    case '<=':
      return `"${name}" must not be greater than ${bound(expression.right, frames)}`;
  }
}

function bound(path: string, frames: Frame[]): string {
  if (/^\d+$/.test(path)) return path;
  const value = follow(path, null, frames);
  const name = path.slice(path.lastIndexOf('/') + 1);
  return value === undefined ? `"${name}", which is missing` : `"${name}" (${String(value)})`;
}

/** A path as the number of steps up and the names from there; the few that occur are split once. */
const paths = new Map<string, { ups: number; names: string[] }>();

function pathOf(path: string): { ups: number; names: string[] } {
  let split = paths.get(path);
  if (split === undefined) {
    const steps = path.split('/');
    const ups = steps.filter((step) => step === '..').length;
    split = { ups, names: steps.slice(ups) };
    paths.set(path, split);
  }
  return split;
}

/**
 * Walks a path such as `../../min-config-values/interval`; a leaf that is absent has its default (RFC 7950 section
 * 6.4.1).
 */
function follow(path: string, value: JsonValue, frames: Frame[]): JsonValue | undefined {
  if (path === '.') return value;
  const { ups, names } = pathOf(path);
  let frame: Frame | undefined = frames[frames.length - ups];
  for (let index = 0; index < names.length && frame !== undefined; index++) {
    const name = names[index] as string;
    const member: JsonValue | undefined = Object.hasOwn(frame.value, name) ? frame.value[name] : undefined;
    const schema: SchemaNode | undefined = frame.schema.properties?.[name];
    if (index === names.length - 1) return member ?? schema?.['x-yang']?.default;
    frame = isObject(member) && schema ? { value: member, schema } : undefined;
  }
  return undefined;
}

function bareName(value: JsonValue | undefined): string | undefined {
  return typeof value === 'string' ? value.slice(value.indexOf(':') + 1) : undefined;
}

/** The names of each list of identities, with and without their modules. */
const identityNames = new WeakMap<readonly string[], Set<JsonValue | undefined>>();

/** Whether a value names one of the identities, with or without its module. */
function isOneOf(identities: readonly string[], value: JsonValue | undefined): boolean {
  let names = identityNames.get(identities);
  if (names === undefined)
    identityNames.set(identities, (names = new Set(identities.flatMap((identity) => [identity, bareName(identity)]))));
  return names.has(value);
}
