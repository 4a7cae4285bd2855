import { documentTypes, type DocumentKind } from '#dots/model/documents';
import type { JsonObject, JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { resolve, schemaOf, type SchemaNode, type YangType } from '#dots/model/schema';
import { CborError } from './errors';
import { isComprehensionRequired, isRegistrable, nameOf } from './keys';
import { readItem, wireLimits, type Item, type Limits, type MapEntry } from './reader';
import { leafCodec, textType } from './values';

/** A comprehension-optional key that was skipped (RFC 9132 section 6). */
export interface IgnoredKey {
  key: number;
  /** The member that the key encodes, if it is known but not allowed in this place. */
  name?: string;
  /** JSON pointer to the object that would have contained it. */
  pointer: string;
  offset: number;
}

/** What `decodeWithReport` returns. */
export interface DecodeReport {
  document: JsonObject;
  kind: DocumentKind;
  ignored: IgnoredKey[];
}

/** The optional CBOR tag of a DOTS message (RFC 9132 section 10.5). */
const dotsTag = 271n;

/**
 * The document in the JSON form of RFC 7951. Unknown comprehension-optional keys are omitted.
 * Throws CborError, and nothing else whatever the bytes: with `offset` for broken CBOR, with `pointer` too for CBOR
 * that is not a DOTS message; `cbor/unknown-key` names an unknown comprehension-required key, to be answered by 4.00.
 */
export function decodeDocument(bytes: Uint8Array, limits: Limits = wireLimits): JsonObject {
  return decodeWithReport(bytes, limits).document;
}

/** Like `decodeDocument`, and reports the kind of document and the ignored keys. */
export function decodeWithReport(bytes: Uint8Array, limits: Limits = wireLimits): DecodeReport {
  const outer = readItem(bytes, limits);
  const item = outer.type === 'tag' && outer.tag === dotsTag ? outer.content : outer;
  const kind = kindOf(item);
  const root = schemaOf(kind);
  const decoder = new Decoder(root);
  return { document: decoder.node(root, textType, item, '') as JsonObject, kind, ignored: decoder.ignored };
}

function kindOf(item: Item): DocumentKind {
  const entries = item.type === 'map' ? item.entries : [];
  const names = entries.map(({ key }) => (key.type === 'integer' ? nameOf(Number(key.value)) : undefined));
  const type = documentTypes.find(({ channel, topMember }) => channel === 'signal' && names.includes(topMember));
  if (type !== undefined) return type.kind;
  const what = item.type === 'map' ? 'a map without the key of a DOTS message' : describe(item);
  throw new CborError('cbor/unknown-kind', `The data is ${what}, at offset ${item.at}.`, {
    offset: item.at,
    pointer: '',
    hint: 'A DOTS message is a map whose key is 1, 30, 46, 49, 203 or 208 (RFC 9132 section 6, RFC 9244 section 12).',
  });
}

/** Walks data items along a schema. */
class Decoder {
  readonly ignored: IgnoredKey[] = [];

  constructor(private readonly root: SchemaNode) {}

  /** `type` is that of the surrounding leaf-list, because its entries have none. */
  node(schema: SchemaNode, type: YangType, item: Item, pointer: string): JsonValue {
    const here = resolve(this.root, schema);
    const leaf = here['x-yang']?.type ?? type;
    if (here.type === 'array') return this.array(here.items ?? {}, leaf, item, pointer);
    if (here.type === 'object') return this.object(here, item, pointer);
    return this.leaf(leaf, item, pointer);
  }

  private array(items: SchemaNode, type: YangType, item: Item, pointer: string): JsonValue[] {
    if (item.type !== 'array') throw wrongType(item, 'an array', pointer);
    return item.items.map((entry, index) => this.node(items, type, entry, child(pointer, index)));
  }

  private object(schema: SchemaNode, item: Item, pointer: string): JsonObject {
    if (item.type !== 'map') throw wrongType(item, 'a map', pointer);
    const seen = new Set<number>();
    const result: JsonObject = {};
    for (const entry of item.entries) {
      const key = keyNumber(entry, seen, pointer);
      const name = nameOf(key);
      const member = name === undefined ? undefined : schema.properties?.[name];
      if (name === undefined || member === undefined) this.ignore(key, name, pointer, entry.key.at);
      else result[name] = this.node(member, textType, entry.value, child(pointer, name));
    }
    return result;
  }

  private ignore(key: number, name: string | undefined, pointer: string, offset: number): void {
    if (isComprehensionRequired(key)) {
      const what = name === undefined ? 'is not known' : `(${name}) does not belong`;
      throw new CborError(
        'cbor/unknown-key',
        `The comprehension-required key ${key} ${what} in ${place(pointer)}, at offset ${offset}.`,
        {
          offset,
          pointer,
          hint: 'A message with such a key must be refused (RFC 9132 section 6).',
        },
      );
    }
    this.ignored.push({ key, pointer, offset, ...(name === undefined ? {} : { name }) });
  }

  private leaf(type: YangType, item: Item, pointer: string): JsonValue {
    const codec = leafCodec(type);
    const value = codec.decode(item, type);
    if (value === undefined) throw wrongType(item, codec.cbor(type), pointer);
    return value;
  }
}

function keyNumber({ key }: MapEntry, seen: Set<number>, pointer: string): number {
  if (key.type !== 'integer') throw wrongType(key, 'an integer', pointer, 'A key');
  const details = { offset: key.at, pointer };
  if (!isRegistrable(key.value)) {
    throw new CborError(
      'cbor/unknown-key',
      `The key ${key.value} in ${place(pointer)} is not a DOTS key, at offset ${key.at}.`,
      { ...details, hint: 'Keys are 1 to 65535 (RFC 9132 section 10.6.1.1).' },
    );
  }
  const number = Number(key.value);
  if (seen.has(number)) {
    const name = nameOf(number);
    throw new CborError(
      'cbor/duplicate-key',
      `The key ${number}${name === undefined ? '' : ` (${name})`} appears twice in ${place(pointer)}, at offset ${key.at}.`,
      details,
    );
  }
  seen.add(number);
  return number;
}

function wrongType(item: Item, expected: string, pointer: string, what = 'The value'): CborError {
  return new CborError('cbor/wrong-type', `${what} in ${place(pointer)} is ${describe(item)}, at offset ${item.at}.`, {
    offset: item.at,
    pointer,
    hint: `It must be ${expected}.`,
  });
}

function place(pointer: string): string {
  return pointer === '' ? 'the message' : pointer;
}

function describe(item: Item): string {
  switch (item.type) {
    case 'integer':
      return `the integer ${item.value}`;
    case 'float':
      return `the floating-point number ${item.value}`;
    case 'constant':
      return String(item.value);
    case 'simple':
      return `the simple value ${item.value}`;
    case 'text':
      return 'a text string';
    case 'bytes':
      return 'a byte string';
    case 'chunks':
      return `a ${item.of} string of indefinite length`;
    case 'array':
      return 'an array';
    case 'map':
      return 'a map';
    case 'tag':
      return `tagged ${item.tag}`;
  }
}
