import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, Tag } from 'cbor2';
import { decodeDocument, encodeDocument } from '#dots/cbor/codec';
import { describeError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';

/** A session configuration whose ack-timeout is given as CBOR. */
const ackTimeout = (value: unknown): Uint8Array =>
  encode(new Map([[30, new Map([[32, new Map([[39, new Map([[43, value]])]])]])]]));

/** A mitigation request with one member, by its key. */
const scope = (key: number, value: unknown): Uint8Array =>
  encode(new Map([[1, new Map([[2, [new Map([[key, value]])]]])]]));

const wrong: [what: string, bytes: Uint8Array, message: RegExp][] = [
  ['three elements', ackTimeout(new Tag(4, [-2, 200, 1])), /is tag 4 with an array of 3 elements \(/],
  ['one element', ackTimeout(new Tag(4, [-2])), /an array of 1 element \(the integer -2\)/],
  ['an exponent out of bounds', ackTimeout(new Tag(4, [33, 1])), /\(the integer 33, .* exponent from -32 to 32/],
  [
    'a bignum as mantissa',
    ackTimeout(new Tag(4, [-2, new Tag(2, new Uint8Array([1, 0]))])),
    /\(the integer -2, a bignum \(tag 2\)\).*which is no bignum/,
  ],
  ['text as exponent', ackTimeout(new Tag(4, ['-2', 200])), /\(a text string, the integer 200\)/],
  ['an integer alone', ackTimeout(new Tag(4, 200)), /is tag 4 with the integer 200,/],
  ['a bigfloat', ackTimeout(new Tag(5, [-2, 200])), /is tag 5 with an array of 2 elements/],
  [
    'a tag in a tag',
    ackTimeout(new Tag(4, new Tag(5, new Tag(6, 1)))),
    /is tag 4 with tag 5 with tagged 6,|tag 5 with/,
  ],
  ['arrays in arrays', ackTimeout(new Tag(4, [[[1]], 1])), /\(an array of 1 element, the integer 1\)/],
  ['a long array', scope(14, [1, 2, 3, 4]), /is an array of 4 elements,/],
  ['an integer beyond all', scope(14, 2n ** 60n), /an integer up to 9007199254740991/],
];

for (const [what, bytes, message] of wrong) {
  test(`decoding says which part of a value is wrong: ${what}`, () => {
    assert.throws(
      () => decodeDocument(bytes),
      (error: unknown) => {
        assert.match(describeError(error), message);
        return (error as { code: string }).code === 'cbor/wrong-type';
      },
    );
  });
}

test('encoding says what no form of a number can be', () => {
  const refusal = (members: JsonObject): string => {
    try {
      encodeDocument({ 'ietf-dots-signal-channel:mitigation-scope': { scope: [members] } });
      return '';
    } catch (error) {
      return describeError(error);
    }
  };
  assert.match(refusal({ lifetime: 1e300 }), /a whole number up to 9007199254740991, not in quotes/);
  assert.match(refusal({ 'bps-dropped': '18446744073709551616' }), /at most 64 bits/);
});
