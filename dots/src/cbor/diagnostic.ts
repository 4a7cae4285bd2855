import { safeJson } from '#dots/model/text';
import { nameOf } from './keys';
import { readItem, wireLimits, type Item, type Limits, type MapEntry } from './reader';

/**
 * CBOR in diagnostic notation (RFC 8949 section 8) on one line. Accepts any well-formed CBOR; otherwise throws
 * CborError.
 */
export function diagnostic(bytes: Uint8Array, limits: Limits = wireLimits): string {
  return plain(readItem(bytes, limits));
}

/** The same on several lines, each integer key with its member name as a comment. Throws CborError likewise. */
export function annotatedDiagnostic(bytes: Uint8Array, limits: Limits = wireLimits): string {
  return annotated(readItem(bytes, limits), '');
}

function plain(item: Item): string {
  switch (item.type) {
    case 'array':
      return `[${item.indefinite ? '_ ' : ''}${item.items.map(plain).join(', ')}]`;
    case 'map':
      return `{${item.indefinite ? '_ ' : ''}${item.entries.map(({ key, value }) => `${plain(key)}: ${plain(value)}`).join(', ')}}`;
    case 'tag':
      return `${item.tag}(${plain(item.content)})`;
    case 'chunks':
      return item.items.length === 0 ? (item.of === 'text' ? '""_' : "''_") : `(_ ${item.items.map(plain).join(', ')})`;
    case 'integer':
      return item.value.toString();
    case 'float':
      return float(item.value);
    case 'constant':
      return String(item.value);
    case 'simple':
      return `simple(${item.value})`;
    case 'text':
      return safeJson(item.value);
    case 'not-utf8':
      return '"..."';
    case 'bytes':
      return `h'${[...item.value].map((octet) => octet.toString(16).padStart(2, '0')).join('')}'`;
  }
}

function annotated(item: Item, indent: string): string {
  if (item.type === 'tag') return `${item.tag}(${annotated(item.content, indent)})`;
  const inner = `${indent}  `;
  if (item.type === 'map' && item.entries.length > 0) {
    return block(
      '{',
      '}',
      item.indefinite,
      item.entries.map((entry) => `${inner}${annotatedEntry(entry, inner)}`),
      indent,
    );
  }
  if (item.type === 'array' && item.items.some((entry) => entry.type === 'map')) {
    return block(
      '[',
      ']',
      item.indefinite,
      item.items.map((entry) => `${inner}${annotated(entry, inner)}`),
      indent,
    );
  }
  return plain(item);
}

function annotatedEntry({ key, value }: MapEntry, indent: string): string {
  const name = key.type === 'integer' ? nameOf(Number(key.value)) : undefined;
  return `${plain(key)}${name === undefined ? '' : ` / ${name} /`}: ${annotated(value, indent)}`;
}

function block(open: string, close: string, indefinite: boolean, lines: string[], indent: string): string {
  return `${open}${indefinite ? '_' : ''}\n${lines.join(',\n')}\n${indent}${close}`;
}

/** A floating-point number that does not look like an integer. */
function float(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Object.is(value, -0) ? '-0' : String(value);
  return /[.e]/.test(digits) ? digits.replace(/^(-?\d+)e/, '$1.0e') : `${digits}.0`;
}
