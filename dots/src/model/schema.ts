import { schemas, type SchemaNode } from '#schemas/index';
import type { DocumentKind } from './documents';

export type { SchemaNode, XYang, YangExpression, YangType } from '#schemas/index';

/** The generated schema of a kind of document: an object with the one top-level member. */
export function schemaOf(kind: DocumentKind): SchemaNode {
  return schemas[kind] as SchemaNode;
}

const definitionPrefix = '#/definitions/';

/** Follows a `$ref` into the root's definitions; members beside it (`x-yang`) are kept. */
export function resolve(root: SchemaNode, node: SchemaNode): SchemaNode {
  if (node.$ref === undefined) return node;
  const { $ref, ...own } = node;
  const target = root.definitions?.[$ref.slice(definitionPrefix.length)];
  return target ? resolve(root, { ...target, ...own }) : node;
}

/** The schema of the value that a pointer's tokens lead to, or undefined where no schema reaches. */
export function schemaAt(kind: DocumentKind, tokens: readonly string[]): SchemaNode | undefined {
  const root = schemaOf(kind);
  let node: SchemaNode | undefined = root;
  for (const token of tokens) {
    const here = resolve(root, node);
    if (here.type === 'array') node = here.items;
    else node = here.properties && Object.hasOwn(here.properties, token) ? here.properties[token] : undefined;
    if (node === undefined) return undefined;
  }
  return resolve(root, node);
}
