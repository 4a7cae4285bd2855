import { documentTypeOf, documentTypes } from '#dots/model/documents';
import { isObject, type JsonObject, type JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { resolve, schemaOf, type SchemaNode, type YangType } from '#dots/model/schema';
import { CborError } from './errors';
import { keyOf } from './keys';
import { leafCodec, textType, type CborValue } from './values';
import { writeCbor } from './writer';

/**
 * The application/dots+cbor form of a signal channel or telemetry document (RFC 9132 section 6): integer keys,
 * enumerations by number, 64-bit integers as integers, decimals as tag 4 with exponent -2. Every number is in its
 * shortest form; members keep the order of the document, as in the RFC's own example (figure 8). Ranges and patterns
 * are not checked: an invalid document can be encoded, so that its receiver validates it.
 *
 * Throws CborError: `cbor/no-cbor-form` (kind `usage`) for a data channel document, `cbor/unknown-kind`,
 * `cbor/unknown-member` and `cbor/wrong-type` with the JSON pointer of the part without a CBOR form.
 */
export function encodeDocument(value: JsonObject): Uint8Array {
  const root = schemaOf(signalKind(value));
  return writeCbor(new Encoder(root).node(root, textType, value, ''));
}

function signalKind(value: JsonObject) {
  const type = documentTypeOf(value);
  if (type === undefined) {
    const examples = documentTypes
      .filter(({ channel }) => channel === 'signal')
      .map(({ topMember }) => topMember)
      .join(', ');
    throw new CborError('cbor/unknown-kind', 'The document has no top-level member of a DOTS document.', {
      pointer: '',
      hint: `It should be one of ${examples}.`,
    });
  }
  if (type.channel === 'data') {
    throw new CborError(
      'cbor/no-cbor-form',
      `A document with ${type.topMember} has no CBOR form: data channel documents travel as JSON over RESTCONF (RFC 8783).`,
      { kind: 'usage', pointer: '' },
    );
  }
  return type.kind;
}

/** Walks a document along its schema. */
class Encoder {
  constructor(private readonly root: SchemaNode) {}

  /** `type` is that of the surrounding leaf-list, because its entries have none. */
  node(schema: SchemaNode, type: YangType, value: JsonValue, pointer: string): CborValue {
    const here = resolve(this.root, schema);
    const leaf = here['x-yang']?.type ?? type;
    if (here.type === 'array') return this.array(here.items ?? {}, leaf, value, pointer);
    if (here.type === 'object') return this.map(here, value, pointer);
    return this.leaf(leaf, value, pointer);
  }

  private array(items: SchemaNode, type: YangType, value: JsonValue, pointer: string): CborValue {
    if (!Array.isArray(value)) throw wrongType(pointer, 'an array', value);
    return value.map((entry, index) => this.node(items, type, entry, child(pointer, index)));
  }

  private map(schema: SchemaNode, value: JsonValue, pointer: string): CborValue {
    if (!isObject(value)) throw wrongType(pointer, 'an object', value);
    return new Map(
      Object.entries(value).map(([name, entry]) => {
        const place = child(pointer, name);
        return [BigInt(keyIn(schema, name, place)), this.node(schema.properties?.[name] ?? {}, textType, entry, place)];
      }),
    );
  }

  private leaf(type: YangType, value: JsonValue, pointer: string): CborValue {
    const codec = leafCodec(type);
    const encoded = codec.encode(value, type);
    if (encoded === undefined) throw wrongType(pointer, codec.json(type), value);
    return encoded;
  }
}

function keyIn(schema: SchemaNode, name: string, pointer: string): number {
  const known = schema.properties !== undefined && Object.hasOwn(schema.properties, name);
  const key = known ? keyOf(name) : undefined;
  if (key === undefined) throw unknownMember(pointer, name, schema);
  return key;
}

function unknownMember(pointer: string, name: string, schema: SchemaNode): CborError {
  const near = Object.keys(schema.properties ?? {}).find(
    (candidate) => candidate.endsWith(`:${name}`) || name.endsWith(`:${candidate}`),
  );
  const hint = near === undefined ? 'Remove it, or check its spelling and place.' : `Write it as ${near}.`;
  return new CborError('cbor/unknown-member', `The member at ${pointer} has no CBOR key in this place.`, {
    pointer,
    hint,
  });
}

function wrongType(pointer: string, expected: string, value: JsonValue): CborError {
  return new CborError(
    'cbor/wrong-type',
    `The value at ${pointer || 'the top'} cannot be encoded: it is ${describe(value)}.`,
    { pointer, hint: `It must be ${expected}.` },
  );
}

function describe(value: JsonValue): string {
  if (Array.isArray(value)) return 'an array';
  if (isObject(value)) return 'an object';
  const shown = JSON.stringify(value);
  return shown.length > 40 ? `${shown.slice(0, 40)}…` : shown;
}
