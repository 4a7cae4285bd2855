import { documentTypes, type DocumentKind } from '#dots/model/documents';
import type { JsonObject, JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { resolve, schemaOf, type SchemaNode, type YangType } from '#dots/model/schema';
import { CborError } from './errors';
import { leaveOut, nothingLeftOut, type LeftOut } from './leftOut';
import { isComprehensionRequired, isRegistrable, nameOf } from './keys';
import { readItem, readPart, wireLimits, type Item, type Limits, type MapEntry } from './reader';
import { leafCodec, textType } from './values';

/** What `decodeLeniently` returns. */
export interface LenientReading {
  document: JsonObject;
  kind: DocumentKind;
  /** Values that are null, unknown or of another type, and members that are unknown. */
  leftOut: LeftOut;
  /** Why the CBOR could be read in part only; the document contains what precedes the fault. */
  broken?: CborError;
}

/** The optional CBOR tag of a DOTS message (RFC 9132 section 10.5). */
const dotsTag = 271n;

/**
 * The document in the JSON form of RFC 7951. Unknown comprehension-optional keys are omitted.
 * Throws CborError, and nothing else whatever the bytes: with `offset` for broken CBOR, with `pointer` too for CBOR
 * that is not a DOTS message; `cbor/unknown-key` names an unknown comprehension-required key, to be answered by 4.00.
 */
export function decodeDocument(bytes: Uint8Array, limits: Limits = wireLimits): JsonObject {
  return documentOf(readItem(bytes, limits)).document;
}

/**
 * Like `decodeDocument`, for the answers of a server: what does not follow the RFC is left out and reported, and the
 * rest is read. Throws CborError if nothing can be read.
 */
export function decodeLeniently(bytes: Uint8Array, limits: Limits = wireLimits): LenientReading {
  const { item, broken } = readPart(bytes, limits);
  const leftOut = nothingLeftOut();
  try {
    return { ...documentOf(item, leftOut), leftOut, ...(broken && { broken }) };
  } catch (error) {
    throw broken ?? error;
  }
}

function documentOf(outer: Item, leftOut?: LeftOut): Pick<LenientReading, 'document' | 'kind'> {
  const item = outer.type === 'tag' && outer.tag === dotsTag ? outer.content : outer;
  const kind = kindOf(item);
  const root = schemaOf(kind);
  return { document: (new Decoder(root, leftOut).node(root, textType, item, '') ?? {}) as JsonObject, kind };
}

const signalTypes = documentTypes.filter(({ channel }) => channel === 'signal');
const kindByTopMember: ReadonlyMap<string, DocumentKind> = new Map(
  signalTypes.map(({ topMember, kind }) => [topMember, kind]),
);

function kindOf(item: Item): DocumentKind {
  const tops = (item.type === 'map' ? item.entries : []).flatMap(({ key, value }) => {
    const name = key.type === 'integer' ? nameOf(Number(key.value)) : undefined;
    const kind = name === undefined ? undefined : kindByTopMember.get(name);
    return kind === undefined ? [] : [{ kind, value }];
  });
  const top = tops.find(({ value }) => value.type === 'map') ?? tops[0];
  if (top !== undefined) return top.kind;
  const what = item.type === 'map' ? 'a map without the key of a DOTS message' : describe(item);
  throw new CborError('cbor/unknown-kind', `The data is ${what}, at offset ${item.at}.`, {
    offset: item.at,
    pointer: '',
    hint: 'A DOTS message is a map whose key is 1, 30, 46, 49, 203 or 208 (RFC 9132 section 6, RFC 9244 section 12).',
  });
}

/** Walks data items along a schema. An undefined result could not be read. */
class Decoder {
  /** @param leftOut collects what does not follow the RFC; without it the first such fault is thrown */
  constructor(
    private readonly root: SchemaNode,
    private readonly leftOut?: LeftOut,
  ) {}

  /** `type` is that of the surrounding leaf-list, because its entries have none. */
  node(schema: SchemaNode, type: YangType, item: Item, pointer: string): JsonValue | undefined {
    const here = resolve(this.root, schema);
    const leaf = here['x-yang']?.type ?? type;
    if (here.type === 'array') return this.array(here.items ?? {}, leaf, item, pointer);
    if (here.type === 'object') return this.object(here, item, pointer);
    return this.leaf(leaf, item, pointer);
  }

  /** An entry of a list that cannot be read keeps its place, so that the others are where the server has put them. */
  private array(items: SchemaNode, type: YangType, item: Item, pointer: string): JsonValue[] | undefined {
    if (item.type !== 'array') return this.refuse(() => wrongType(item, 'an array', pointer));
    const unread = resolve(this.root, items).type === 'object' ? [{}] : [];
    return item.items.flatMap((entry, index) => {
      const value = this.node(items, type, entry, child(pointer, index));
      return value === undefined ? unread : [value];
    });
  }

  private object(schema: SchemaNode, item: Item, pointer: string): JsonObject | undefined {
    if (item.type !== 'map') return this.refuse(() => wrongType(item, 'a map', pointer));
    const seen = new Set<number>();
    const result: JsonObject = {};
    for (const entry of item.entries) {
      const key = this.key(entry, seen, pointer);
      const name = key === undefined ? undefined : nameOf(key);
      const member = name === undefined ? undefined : schema.properties?.[name];
      if (key === undefined) continue;
      if (name === undefined || member === undefined) this.foreign(key, name, pointer, entry.key.at);
      else {
        const value = this.node(member, textType, entry.value, child(pointer, name));
        if (value !== undefined) result[name] = value;
      }
    }
    return result;
  }

  /** The number of a key that no other entry of the map has. */
  private key({ key }: MapEntry, seen: Set<number>, pointer: string): number | undefined {
    if (key.type !== 'integer') return this.refuse(() => wrongType(key, 'an integer', pointer, 'A key'));
    if (!isRegistrable(key.value)) return this.refuse(() => unregistrable(key.value, key.at, pointer));
    const number = Number(key.value);
    if (seen.has(number)) return this.refuse(() => duplicate(number, key.at, pointer));
    seen.add(number);
    return number;
  }

  /** A key of no member of this place: a comprehension-optional one is ignored by every reader (RFC 9132 section 6). */
  private foreign(key: number, name: string | undefined, pointer: string, offset: number): void {
    const error = (): CborError => unknownKey(key, name, pointer, offset);
    if (isComprehensionRequired(key)) this.refuse(error);
    else if (this.leftOut !== undefined) leaveOut(this.leftOut, error);
  }

  private leaf(type: YangType, item: Item, pointer: string): JsonValue | undefined {
    const codec = leafCodec(type);
    return codec.decode(item, type) ?? this.refuse(() => wrongType(item, codec.cbor(type), pointer));
  }

  private refuse(error: () => CborError): undefined {
    if (this.leftOut === undefined) throw error();
    leaveOut(this.leftOut, error);
  }
}

function unknownKey(key: number, name: string | undefined, pointer: string, offset: number): CborError {
  const kind = isComprehensionRequired(key) ? 'comprehension-required' : 'comprehension-optional';
  const what = name === undefined ? 'is not known' : `(${name}) does not belong`;
  return new CborError(
    'cbor/unknown-key',
    `The ${kind} key ${key} ${what} in ${place(pointer)}, at offset ${offset}.`,
    {
      offset,
      pointer,
      hint: 'A message with such a key must be refused (RFC 9132 section 6).',
    },
  );
}

function unregistrable(key: bigint, offset: number, pointer: string): CborError {
  return new CborError(
    'cbor/unknown-key',
    `The key ${key} in ${place(pointer)} is not a DOTS key, at offset ${offset}.`,
    {
      offset,
      pointer,
      hint: 'Keys are 1 to 65535 (RFC 9132 section 10.6.1.1).',
    },
  );
}

function duplicate(key: number, offset: number, pointer: string): CborError {
  const name = nameOf(key);
  const what = `The key ${key}${name === undefined ? '' : ` (${name})`} appears twice in ${place(pointer)}`;
  return new CborError('cbor/duplicate-key', `${what}, at offset ${offset}.`, { offset, pointer });
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

/** Of an array with more elements than these only their number is shown. */
const elementsShown = 3;

/**
 * An item as the end of "The value is"; arrays and tags with what they contain, as far as `depth` goes, for the fault
 * may be there.
 */
function describe(item: Item, depth = 2): string {
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
    case 'not-utf8':
      return 'a text string that is not UTF-8';
    case 'bytes':
      return 'a byte string';
    case 'chunks':
      return `a ${item.of === 'bytes' ? 'byte' : 'text'} string of indefinite length`;
    case 'array':
      return describeArray(item.items, depth);
    case 'map':
      return 'a map';
    case 'tag':
      return describeTag(item.tag, item.content, depth);
  }
}

function describeArray(items: readonly Item[], depth: number): string {
  const count = `an array of ${items.length} ${items.length === 1 ? 'element' : 'elements'}`;
  if (depth === 0 || items.length === 0 || items.length > elementsShown) return count;
  return `${count} (${items.map((element) => describe(element, depth - 1)).join(', ')})`;
}

function describeTag(tag: bigint, content: Item, depth: number): string {
  if (tag === 2n || tag === 3n) return `a bignum (tag ${tag})`;
  return depth === 0 ? `tagged ${tag}` : `tag ${tag} with ${describe(content, depth - 1)}`;
}
