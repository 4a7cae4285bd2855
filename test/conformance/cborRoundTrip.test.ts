import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc, { type Arbitrary } from 'fast-check';
import { decodeDocument, encodeDocument, fileLimits } from '#dots/cbor/codec';
import { documentTypes } from '#dots/model/documents';
import type { JsonObject, JsonValue } from '#dots/model/json';
import { resolve, schemaOf, type SchemaNode, type YangType } from '#dots/model/schema';

/** A string in which nothing is lost on the way through UTF-8. */
const unicode = fc.string({ unit: 'grapheme', maxLength: 20 });
const uint64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String);
/** A decimal64 in its canonical form: two digits after the point. */
const decimal = fc.integer({ min: 0, max: 2 ** 31 }).map((hundredths) => (hundredths / 100).toFixed(2));

/** Values of a type, in the one form that each has. */
function valueOf(type: YangType): Arbitrary<JsonValue> {
  switch (type.base) {
    case 'boolean':
      return fc.boolean();
    case 'uint8':
      return fc.nat(255);
    case 'uint16':
      return fc.nat(65_535);
    case 'uint32':
      return fc.nat(2 ** 32 - 1);
    case 'int8':
    case 'int16':
    case 'int32':
      return fc.integer({ min: -128, max: 127 });
    case 'uint64':
    case 'int64':
      return uint64;
    case 'decimal64':
      return decimal;
    case 'enumeration':
      return fc.constantFrom(...Object.keys(type.enums ?? {}));
    case 'union':
      return fc.oneof(...(type.members ?? []).map(valueOf));
    case 'string':
    case 'bits':
    case 'binary':
    case 'identityref':
    case 'leafref':
    case 'empty':
      return unicode;
  }
}

/** Documents of every shape that a schema allows, choices and keys aside: what matters is that all members occur. */
function instanceOf(root: SchemaNode, node: SchemaNode, inherited?: YangType): Arbitrary<JsonValue> {
  const here = resolve(root, node);
  const type = here['x-yang']?.type ?? inherited;
  if (here.type === 'array') return fc.array(instanceOf(root, here.items ?? {}, type), { maxLength: 2 });
  if (here.type !== 'object') return valueOf(type ?? { base: 'string' });
  const members = Object.entries(here.properties ?? {}).map(
    ([name, member]) => [name, instanceOf(root, member)] as const,
  );
  return fc.shuffledSubarray(members).chain((chosen) => fc.record(Object.fromEntries(chosen)));
}

for (const { kind, topMember } of documentTypes.filter(({ channel }) => channel === 'signal')) {
  test(`every ${kind} document comes back from CBOR as it was`, () => {
    const root = schemaOf(kind);
    const documents = instanceOf(root, root.properties?.[topMember] ?? {}).map((body): JsonObject => ({
      [topMember]: body,
    }));
    fc.assert(
      fc.property(documents, (document) => {
        const back = decodeDocument(encodeDocument(document), fileLimits);
        assert.equal(JSON.stringify(back), JSON.stringify(document));
      }),
      { numRuns: 100 },
    );
  });
}
