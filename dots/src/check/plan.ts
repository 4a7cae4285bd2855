import type { DocumentKind } from '../model/documents';
import type { JsonValue } from '../model/json';
import { isObject } from '../model/json';
import { resolve, schemaOf, type SchemaNode, type XYang } from '../model/schema';

/** What there is to check in an object beyond JSON Schema; members with nothing to check are left out. */
export interface ObjectPlan {
  schema: SchemaNode;
  /** The choices among its members; a case is the names of its members. */
  choices: { cases: string[][] }[];
  members: Map<string, MemberPlan>;
  /** Members with a `must` that is checked on their default where they are absent (RFC 7950 section 7.5.3). */
  defaults: [name: string, plan: MemberPlan][];
}

/** What there is to check in one member. */
export interface MemberPlan {
  yang: XYang;
  /** A container, or the entries of a list. */
  object?: ObjectPlan;
  /** Whether its values (or entries) have a type that JSON Schema does not check to the end, or a `must`. */
  values: boolean;
  /** What makes two entries the same; absent where doubles are allowed. */
  identity?: (entry: JsonValue) => string | undefined;
}

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

function objectPlan(root: SchemaNode, schema: SchemaNode): ObjectPlan {
  const members = new Map<string, MemberPlan>();
  for (const [name, member] of Object.entries(schema.properties ?? {})) {
    const plan = memberPlan(root, resolve(root, member));
    if (plan !== undefined) members.set(name, plan);
  }
  const choices = (schema['x-yang']?.choices ?? []).map(({ cases }) => ({ cases: Object.values(cases) }));
  const inCase = new Set(choices.flatMap(({ cases }) => cases.flat()));
  const defaults = [...members].filter(([name, { yang }]) => yang.must !== undefined && yang.default !== undefined && !inCase.has(name));
  return { schema, choices, members, defaults };
}

const unfinishedTypes = new Set(['int64', 'uint64', 'decimal64', 'bits', 'identityref']);

function memberPlan(root: SchemaNode, schema: SchemaNode): MemberPlan | undefined {
  const yang = schema['x-yang'];
  if (yang === undefined) return undefined;
  const inner = schema.type === 'array' ? resolve(root, schema.items ?? {}) : schema;
  const object = inner.type === 'object' ? objectPlan(root, inner) : undefined;
  const values = yang.must !== undefined || unfinishedTypes.has(yang.type?.base ?? '');
  const identity = identityOf(yang, schema.uniqueItems === true);
  const idle = !values && identity === undefined && yang.when === undefined && (object === undefined || (object.members.size === 0 && object.choices.length === 0));
  return idle ? undefined : { yang, values, ...(object ? { object } : {}), ...(identity ? { identity } : {}) };
}

/** Keys make entries of a list the same; in configuration so do equal values of a leaf-list (RFC 7950 sections 7.8.2 and 7.7). */
function identityOf(yang: XYang, uniqueItems: boolean): MemberPlan['identity'] {
  const keys = yang.node === 'list' ? yang.keys : undefined;
  if (keys !== undefined) {
    return (entry) => {
      if (!isObject(entry) || !keys.every((key) => Object.hasOwn(entry, key))) return undefined;
      return keys.map((key) => `${key} ${String(entry[key])}`).join(', ');
    };
  }
  return uniqueItems ? (entry) => String(entry) : undefined;
}
