import type { DocumentKind } from '../model/documents';
import type { Fix } from '../model/fix';
import type { JsonValue } from '../model/json';
import { exact, wireText } from '../model/numbers';
import { tokens } from '../model/pointer';
import { formatPrefix, parseAddress, hostPrefix, parsePrefix } from '../model/prefix';
import { protocolNumber } from '../model/protocols';
import { schemaAt, schemaOf, type SchemaNode, type YangType } from '../model/schema';
import { testOf } from './accept';
import { sampleOf } from './samples';
import { closest } from './suggestions';
import { shown } from './typeText';

/** What else a value may have been meant to be; `isSame`: it is the same in the form that the type requires. */
interface Candidate {
  value: JsonValue;
  isSame: boolean;
}

/** The values of the right type that were probably meant by one of another type or form, the most probable first. */
export function valueFixes(kind: DocumentKind, pointer: string, value: JsonValue, document: JsonValue): Fix[] {
  const path = tokens(pointer);
  const node = schemaAt(kind, path);
  if (node === undefined || document === undefined) return [];
  const isAllowed = testOf(schemaOf(kind), node);
  const name = path.findLast((token) => !/^\d+$/.test(token)) ?? '';
  const type = (node['x-yang'] ?? schemaAt(kind, path.slice(0, -1))?.['x-yang'])?.type;
  const candidates = [...shapes(node, value), ...(type === undefined ? [] : forms(name, type, value))];
  const seen = new Set([JSON.stringify(value)]);
  const fitting = candidates.filter(({ value: other }) => {
    const text = JSON.stringify(other);
    const isNew = !seen.has(text);
    seen.add(text);
    return isNew && (node.type === 'array' || isAllowed(other));
  });
  const fixes = fitting.map(({ value: other, isSame }) => written(pointer, value, other, isSame));
  return fixes.length > 0 ? fixes : [written(pointer, value, sampleOf(kind, path), false)];
}

function written(pointer: string, before: JsonValue, value: JsonValue, keepsMeaning: boolean): Fix {
  const title = `Write ${shown(value)} instead of ${shown(before)}`;
  return { title, edits: [{ op: 'replace', pointer, value }], keepsMeaning };
}

/** A list of one value instead of the value, and the other way round (RFC 7951 sections 5.3 and 5.4). */
function shapes({ type }: SchemaNode, value: JsonValue): Candidate[] {
  if (type === 'array') return Array.isArray(value) || value === null ? [] : [{ value: [value], isSame: true }];
  const [only, ...others] = Array.isArray(value) ? value : [];
  return only === undefined || others.length > 0 ? [] : [{ value: only, isSame: true }];
}

function forms(name: string, type: YangType, value: JsonValue): Candidate[] {
  const same = typeof value === 'string' ? textForms(name, type, value.trim()) : otherForms(type, value);
  const near = closest(String(value), labelsOf(type));
  return [
    ...same.map((form) => ({ value: form, isSame: true })),
    ...(near === undefined ? [] : [{ value: near, isSame: near.length > 3 && near.length === String(value).length }]),
  ];
}

/** Forms of a text: a number or boolean (RFC 7951 section 6), a label in another case, an address with its length. */
function textForms(name: string, type: YangType, text: string): JsonValue[] {
  const protocol = name === 'protocol' || name === 'target-protocol' ? protocolNumber(text) : undefined;
  const label = labelsOf(type).find((each) => each.toLowerCase() === text.toLowerCase());
  const qualified = type.identities?.find((each) => each.endsWith(`:${text}`));
  const wide = exact(text);
  return [
    ...(label === undefined ? [] : [label]),
    ...(qualified === undefined ? [] : [qualified]),
    ...(protocol === undefined ? [] : [protocol]),
    ...(/^[+-]?\d+(\.\d+)?$/.test(text) ? [Number(text)] : []),
    ...(/^(true|false)$/i.test(text) ? [text.toLowerCase() === 'true'] : []),
    ...(wide === undefined ? [] : [wireText(wide, type.fractionDigits ?? 0)]),
    ...numbered(type, text),
    ...prefixForms(text),
    text,
  ];
}

function otherForms(type: YangType, value: JsonValue): JsonValue[] {
  if (typeof value !== 'number' && typeof value !== 'boolean') return [];
  return [...numbered(type, String(value)), String(value), Number(value)];
}

/** The label with a number, as in CBOR. */
function numbered({ enums = {} }: YangType, text: string): string[] {
  const found = Object.entries(enums).find(([, number]) => String(number) === text);
  return found === undefined ? [] : [found[0]];
}

/** An address as the prefix of its full length, and a prefix in its canonical form. */
function prefixForms(text: string): string[] {
  const address = parseAddress(text);
  if (address !== undefined) return [formatPrefix(hostPrefix(address))];
  const prefix = parsePrefix(text);
  return prefix === undefined ? [] : [formatPrefix(prefix)];
}

const labelsOf = ({ enums = {}, bits = [], identities = [] }: YangType): string[] => [
  ...Object.keys(enums),
  ...bits,
  ...identities.map((name) => name.slice(name.indexOf(':') + 1)),
];
