import type { DocumentKind } from '../model/documents';
import type { JsonObject, JsonValue } from '../model/json';
import { tokens } from '../model/pointer';
import { schemaAt, type SchemaNode, type YangType } from '../model/schema';

/** A value that the schema allows for a member of the object at a pointer, to be changed by the user. */
export const sampleMember = (kind: DocumentKind, pointer: string, name: string): JsonValue =>
  sampleOf(kind, [...tokens(pointer), name]);

/** A value that the schema allows at a path: of objects what is required in them. */
export function sampleOf(kind: DocumentKind, path: readonly string[]): JsonValue {
  const node = schemaAt(kind, path);
  if (node === undefined) return '';
  if (node.type === 'array') return [sampleOf(kind, [...path, '0'])];
  if (node.type === 'object')
    return Object.fromEntries(
      (node.required ?? []).map((name): [string, JsonValue] => [name, sampleOf(kind, [...path, name])]),
    ) satisfies JsonObject;
  const list = path.length === 0 ? undefined : schemaAt(kind, path.slice(0, -1))?.['x-yang'];
  const yang = node['x-yang'] ?? list;
  return yang?.type === undefined ? '' : sampleLeaf(path.at(-1) ?? '', yang.type, yang.default, node);
}

/** Members whose usual value is another one than the least. */
const usual: Readonly<Record<string, JsonValue>> = {
  lifetime: 3600,
  name: 'name',
  port: 53,
  'lower-port': 53,
  'acl-name': 'name',
};

const ofTypedef: Readonly<Record<string, string>> = {
  'ietf-inet-types:ip-prefix': '192.0.2.0/24',
  'ietf-inet-types:ipv4-prefix': '192.0.2.0/24',
  'ietf-inet-types:ipv6-prefix': '2001:db8::/32',
  'ietf-inet-types:ip-address': '192.0.2.1',
  'ietf-inet-types:domain-name': 'www.example.com',
  'ietf-inet-types:uri': 'https://www.example.com/',
};

function sampleLeaf(name: string, type: YangType, preset: string | undefined, node: SchemaNode): JsonValue {
  const { [name]: known } = usual;
  if (known !== undefined) return known;
  const text = preset ?? ofTypedef[type.name ?? ''];
  switch (type.base) {
    case 'boolean':
      return text === 'true';
    case 'enumeration':
      return text ?? Object.keys(type.enums ?? {})[0] ?? '';
    case 'identityref':
      return text ?? type.identities?.[0] ?? '';
    case 'bits':
      return text ?? type.bits?.[0] ?? '';
    case 'union':
      return text ?? (type.members?.[0] === undefined ? '' : sampleLeaf('', type.members[0], undefined, node));
    case 'int64':
    case 'uint64':
    case 'decimal64':
      return text ?? type.range?.[0]?.[0] ?? '1';
    case 'binary':
      return 'AAAA';
    case 'string':
    case 'leafref':
    case 'empty':
      return text ?? 'name';
    default:
      return Number(text ?? node.minimum ?? type.range?.[0]?.[0] ?? 0);
  }
}
