import { canonicalText } from '../model/canonicalText';
import { documentType, type DocumentKind } from '../model/documents';
import type { JsonValue } from '../model/json';
import { isObject } from '../model/json';
import { resolve, schemaOf, type SchemaNode, type XYang } from '../model/schema';
import { testOf, type Test } from './accept';

/** What there is to check in an object. */
export interface ObjectPlan {
  schema: SchemaNode;
  members: ReadonlyMap<string, MemberPlan>;
  required: readonly string[];
  /** Members that need others beside them. */
  dependencies: readonly [name: string, needed: readonly string[]][];
  choices: readonly ChoicePlan[];
  /** Members with a `must` that is checked on their default where they are absent (RFC 7950 section 7.5.3). */
  defaults: readonly [name: string, plan: MemberPlan][];
}

/** A choice among the members of an object. */
export interface ChoicePlan {
  /** Each case as the names of its members. */
  cases: readonly string[][];
  /** The bits of its cases, so that members of two of them are noticed without looking for them. */
  bits: number;
}

/** What there is to check in one member. */
export interface MemberPlan {
  /** The bit of the case of a choice that it belongs to, or 0. */
  bit: number;
  yang: XYang | undefined;
  required: boolean;
  /** A leaf that `accepts` checks completely. */
  simple: boolean;
  /** A list or leaf-list: the following fields describe its entries. */
  many: boolean;
  /** A container, or the entries of a list. */
  object: ObjectPlan | undefined;
  /** Whether a leaf has one of the values that JSON Schema allows. */
  accepts: Test;
  /** Its type demands more than that: bounds of numbers in strings, no repeated bits, forms of identities. */
  unfinished: boolean;
  /** What makes two entries equal; absent where duplicates are allowed. */
  identity: Identity | undefined;
}

/** What identifies an entry; undefined where the entry lacks it. */
export type Identity = (entry: JsonValue) => JsonValue | undefined;

const planned = new Map<DocumentKind, ObjectPlan>();

/** The plan of a kind of document, made on first use. */
export function planOf(kind: DocumentKind): ObjectPlan {
  let plan = planned.get(kind);
  if (plan === undefined) {
    const root = schemaOf(kind);
    plan = objectPlan(root, root);
    planned.set(kind, plan);
  }
  return plan;
}

/**
 * The plan of an object inside a kind of document, or of the entries of a list.
 * @param names the members that lead to it, below the top-level one
 */
export function planAt(kind: DocumentKind, ...names: string[]): ObjectPlan | undefined {
  return [documentType(kind).topMember, ...names].reduce<ObjectPlan | undefined>(
    (plan, name) => plan?.members.get(name)?.object,
    planOf(kind),
  );
}

function objectPlan(root: SchemaNode, schema: SchemaNode): ObjectPlan {
  const { choices, bits } = choicesOf(schema);
  const members = new Map(
    Object.entries(schema.properties ?? {}).map(([name, member]) => [
      name,
      {
        ...memberPlan(root, resolve(root, member)),
        bit: bits.get(name) ?? 0,
        required: schema.required?.includes(name) === true,
      },
    ]),
  );
  const defaults = [...members].filter(
    ([, { yang, bit }]) => yang?.must !== undefined && yang.default !== undefined && bit === 0,
  );
  return {
    schema,
    members,
    required: schema.required ?? [],
    dependencies: Object.entries(schema.dependencies ?? {}),
    choices,
    defaults,
  };
}

function choicesOf(schema: SchemaNode): { choices: ChoicePlan[]; bits: Map<string, number> } {
  const bits = new Map<string, number>();
  let bit = 1;
  const choices = (schema['x-yang']?.choices ?? []).map((choice) => {
    const cases = Object.values(choice.cases);
    let all = 0;
    for (const names of cases) {
      for (const name of names) bits.set(name, bit);
      all |= bit;
      bit <<= 1;
    }
    return { cases, bits: all };
  });
  return { choices, bits };
}

const unfinishedTypes = new Set(['int64', 'uint64', 'decimal64', 'bits', 'identityref']);

function memberPlan(root: SchemaNode, schema: SchemaNode): Omit<MemberPlan, 'bit' | 'required'> {
  const yang = schema['x-yang'];
  const many = schema.type === 'array';
  const inner = many ? resolve(root, schema.items ?? {}) : schema;
  const object = inner.type === 'object' ? objectPlan(root, inner) : undefined;
  const unfinished = unfinishedTypes.has(yang?.type?.base ?? '');
  return {
    yang,
    many,
    object,
    unfinished,
    simple: !many && object === undefined && !unfinished && yang?.when === undefined && yang?.must === undefined,
    accepts: testOf(root, inner),
    identity: identityOf(root, inner, yang, schema.uniqueItems === true),
  };
}

/**
 * Keys make entries of a list the same; in configuration so do equal values of a leaf-list (RFC 7950 sections 7.8.2 and
 * 7.7).
 */
function identityOf(
  root: SchemaNode,
  entries: SchemaNode,
  yang: XYang | undefined,
  uniqueItems: boolean,
): Identity | undefined {
  const keys = yang?.node === 'list' ? yang.keys : undefined;
  if (keys === undefined) return uniqueItems ? valueOf(yang) : undefined;
  const values = keys.map((key) => ({ key, value: valueOf(resolve(root, entries.properties?.[key] ?? {})['x-yang']) }));
  const [only] = values;
  if (values.length === 1 && only !== undefined)
    return (entry) =>
      isObject(entry) && Object.hasOwn(entry, only.key) ? only.value(entry[only.key] as JsonValue) : undefined;
  return (entry) =>
    isObject(entry) && keys.every((key) => Object.hasOwn(entry, key))
      ? JSON.stringify(values.map(({ key, value }) => value(entry[key] as JsonValue)))
      : undefined;
}

/** What values of a leaf are compared by: what they are, however they are written (RFC 7950 section 9.1). */
function valueOf(yang: XYang | undefined): (value: JsonValue) => JsonValue {
  const type = yang?.type;
  return type === undefined
    ? (value) => value
    : (value) => (typeof value === 'string' ? canonicalText(type, value) : value);
}
