import type { JsonValue } from '../model/json';
import { resolve, type SchemaNode } from '../model/schema';
import { isLegalText } from './legalText';

/** Whether a value is one that a schema node allows; for leafs and entries of leaf-lists. */
export type Test = (value: JsonValue) => boolean;

/**
 * Longer texts match no pattern: no DOTS value is that long, and a regular expression from a YANG module may take long,
 * or exhaust the stack, on a text that is its worst case.
 */
const longestPatternedText = 1024;

/**
 * The test of a schema node, compiled once: its JSON Schema keywords without `x-yang`, and for texts that every
 * character is allowed in YANG.
 */
export function testOf(root: SchemaNode, node: SchemaNode): Test {
  const schema = resolve(root, node);
  const { allOf = [], anyOf } = schema;
  const tests = [...ownTests(schema), ...allOf.map((one) => testOf(root, one))];
  if (anyOf !== undefined) {
    const alternatives = anyOf.map((one) => testOf(root, one));
    tests.push((value) => alternatives.some((test) => test(value)));
  }
  return every(tests);
}

function every(tests: readonly Test[]): Test {
  const [first, second] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  if (tests.length === 2) return (value) => first(value) && second(value);
  return (value) => tests.every((test) => test(value));
}

function ownTests({
  type,
  enum: values,
  const: constant,
  pattern,
  minimum,
  maximum,
  minLength,
  maxLength,
}: SchemaNode): Test[] {
  const tests: Test[] = [];
  if (type !== undefined) tests.push(typeTests[type]);
  if (constant !== undefined) tests.push((value) => value === constant);
  if (values !== undefined) tests.push(oneOf(new Set<JsonValue>(values)));
  if (minimum !== undefined || maximum !== undefined) tests.push(between(minimum ?? -Infinity, maximum ?? Infinity));
  if (minLength !== undefined || maxLength !== undefined) tests.push(long(minLength ?? 0, maxLength ?? Infinity));
  if (pattern !== undefined) tests.push(matching(new RegExp(pattern, 'u')));
  return tests;
}

const typeTests: Record<NonNullable<SchemaNode['type']>, Test> = {
  object: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  array: (value) => Array.isArray(value),
  string: (value) => typeof value === 'string' && isLegalText(value),
  integer: (value) => Number.isInteger(value),
  number: (value) => Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
};

const oneOf =
  (values: ReadonlySet<JsonValue>): Test =>
  (value) =>
    values.has(value);

const between =
  (low: number, high: number): Test =>
  (value) =>
    typeof value !== 'number' || (value >= low && value <= high);

const matching =
  (pattern: RegExp): Test =>
  (value) =>
    typeof value !== 'string' || (value.length <= longestPatternedText && pattern.test(value));

/** Lengths are in characters, not in UTF-16 units (RFC 7950 section 9.4.4). */
const long =
  (low: number, high: number): Test =>
  (value) => {
    if (typeof value !== 'string') return true;
    const length = value.length > high || value.length < 2 * low ? characters(value) : value.length;
    return length >= low && length <= high;
  };

function characters(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1) count += 1;
  return count;
}
