import { documentType, type DocumentKind } from '../model/documents';
import type { Fault } from '../model/finding';
import { child, tokens } from '../model/pointer';
import { schemaAt, type SchemaNode } from '../model/schema';
import { nearMember } from './suggestions';
import { moduleSection } from './sections';
import { isLegalText } from './legalText';
import { expectedValue, shown } from './typeText';

/** The fault of a member that its object does not have. */
export function unknownMember(kind: DocumentKind, pointer: string, name: string): Fault {
  const object = schemaAt(kind, tokens(pointer));
  const members = Object.keys(object?.properties ?? {});
  const near = nearMember(name, members, objectName(kind, pointer));
  return {
    code: 'yang/unknown-member',
    class: 'yang',
    severity: 'error',
    pointer: child(pointer, name),
    atName: true,
    message: `"${name}" is not a member of ${objectLabel(kind, pointer)}: ${near.sentence}`,
    rfc: near.rfc ?? moduleSection(object),
  };
}

/** The fault of an object without a member that it must have. `because`: the member that needs it. */
export function missingMember(kind: DocumentKind, pointer: string, name: string, because?: string): Fault {
  const object = schemaAt(kind, tokens(pointer));
  const reason = because === undefined ? '' : `, which "${because}" needs beside it`;
  const isKey = object?.['x-yang']?.keys?.includes(name) ?? false;
  return {
    code: 'yang/missing-member',
    class: 'yang',
    severity: 'error',
    pointer,
    message: `"${name}" is missing in ${objectLabel(kind, pointer)}${reason}${isKey ? '; it is the key of this list' : ''}.`,
    rfc: moduleSection(object),
  };
}

/** The fault of a value that does not have its member's type, or is not one of its values. */
export function valueFault(kind: DocumentKind, pointer: string, value: unknown): Fault {
  const node = schemaAt(kind, tokens(pointer)) ?? {};
  const entryOf = entryAnnotation(kind, pointer, node);
  const name = objectName(kind, pointer);
  if (typeof value === 'string' && jsonTypes(entryOf).includes('string') && !isLegalText(value))
    return illegalText(name, value, pointer);
  const wrongJsonType = !jsonTypes(entryOf).includes(jsonTypeOf(value));
  return {
    code: wrongJsonType ? 'yang/wrong-type' : 'yang/invalid-value',
    class: 'yang',
    severity: 'error',
    pointer,
    message: `"${name}" must be ${expectedValue(entryOf)}; it is ${shown(value)}.`,
    rfc: wrongJsonType ? encodingSection(entryOf) : moduleSection(entryOf),
  };
}

function illegalText(name: string, value: string, pointer: string): Fault {
  return {
    code: 'yang/invalid-value',
    class: 'yang',
    severity: 'error',
    pointer,
    rfc: '7950 9.4',
    message: `"${name}" contains a character that no YANG string may have; remove it. It is ${shown(value)}.`,
  };
}

/** An entry of a leaf-list has its type on the list, not on itself. */
function entryAnnotation(kind: DocumentKind, pointer: string, node: SchemaNode): SchemaNode {
  if (node['x-yang'] !== undefined) return node;
  const list = schemaAt(kind, tokens(pointer).slice(0, -1))?.['x-yang'];
  return list === undefined ? node : { ...node, 'x-yang': list };
}

function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return Number.isInteger(value) ? 'integer' : typeof value;
}

function jsonTypes(node: SchemaNode): string[] {
  if (node.type !== undefined) return [node.type];
  return (node.anyOf ?? []).flatMap((one) => one.type ?? (typeof one.const === 'number' ? ['integer'] : ['string']));
}

/** Which section of RFC 7951 defines how this node is written in JSON. */
function encodingSection(node: SchemaNode): string {
  const base = node['x-yang']?.type?.base;
  if (node.type === 'array') return node['x-yang']?.node === 'list' ? '7951 5.4' : '7951 5.3';
  if (node.type === 'object') return '7951 5.2';
  if (base === 'boolean') return '7951 6.3';
  if (base === 'enumeration') return '7951 6.4';
  if (base === 'identityref') return '7951 6.8';
  return base === 'string' || base === 'bits' ? '7951 6.2' : '7951 6.1';
}

/** The name of the member that a pointer leads to; an entry of a list is called by its list. */
function objectName(kind: DocumentKind, pointer: string): string {
  const names = tokens(pointer).filter((token) => !/^\d+$/.test(token));
  return names.at(-1) ?? documentType(kind).topMember;
}

function objectLabel(kind: DocumentKind, pointer: string): string {
  if (pointer === '') return 'the document';
  const last = tokens(pointer).at(-1) ?? '';
  return /^\d+$/.test(last) ? `this entry of "${objectName(kind, pointer)}"` : `"${last}"`;
}
