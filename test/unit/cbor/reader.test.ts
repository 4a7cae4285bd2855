import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CborError, decodeDocument } from '#dots/cbor/codec';
import { annotatedDiagnostic, diagnostic } from '#dots/cbor/diagnostic';
import { fileLimits, readItem, wireLimits } from '#dots/cbor/reader';
import { bytesOf, nearlyCbor } from '../../support/nearlyCbor';

/** What each kind of damage is called, and where it lies. */
const hostile: [what: string, hex: string, code: string, offset: number][] = [
  ['nothing', '', 'cbor/truncated', 0],
  ['text of 2^64-1 octets', '7bffffffffffffffff', 'cbor/malformed', 0],
  ['bytes of 2^64-1 octets', '5bffffffffffffffff', 'cbor/malformed', 0],
  ['bytes of 2^32-1 octets', '5affffffff', 'cbor/malformed', 0],
  ['an array of 2^64-1 items', '9bffffffffffffffff', 'cbor/truncated', 0],
  ['an array of 2^32-1 items', '9affffffff', 'cbor/truncated', 0],
  ['a map of 2^64-1 entries', 'bbffffffffffffffff', 'cbor/truncated', 0],
  ['a map of 2^32-1 entries', 'baffffffff', 'cbor/truncated', 0],
  ['an array of a billion items, a thousand of them there', `9a3b9aca00${'00'.repeat(1000)}`, 'cbor/truncated', 0],
  ['a map that wants one octet more than there is', 'a20101', 'cbor/truncated', 0],
  ['an entry without value', 'bf01ff', 'cbor/malformed', 2],
  ['10,000 arrays in each other', `${'81'.repeat(10_000)}00`, 'cbor/too-deep', 33],
  ['10,000 maps in each other', `${'a100'.repeat(10_000)}00`, 'cbor/too-deep', 65],
  ['10,000 tags in each other', `${'c1'.repeat(10_000)}00`, 'cbor/too-deep', 33],
  ['10,000 arrays without end in each other', '9f'.repeat(10_000), 'cbor/too-deep', 33],
  ['arrays in strings in parts in arrays', '5f81'.repeat(5_000), 'cbor/malformed', 1],
  ['a string in parts within a string in parts', '7f7f6161ffff', 'cbor/malformed', 1],
  ['a text string with a part of bytes', '7f4161ff', 'cbor/malformed', 1],
  ['an integer without end', '1f', 'cbor/malformed', 0],
  ['a tag without end', 'df', 'cbor/malformed', 0],
  ['an array without its break', '9f01', 'cbor/truncated', 2],
  ['a lone break', 'ff', 'cbor/malformed', 0],
  ['a break in an array of one', '81ff', 'cbor/malformed', 1],
  ['a break as content of a tag', 'c1ff', 'cbor/malformed', 1],
  ['a reserved head', '1c', 'cbor/malformed', 0],
  ['a simple value below 32 in two octets', 'f810', 'cbor/malformed', 0],
  ['half an integer', '8119', 'cbor/malformed', 1],
  ['half a float', 'fb0000', 'cbor/malformed', 0],
  ['half a text', '6261', 'cbor/malformed', 0],
  ['text that is not UTF-8', '8162c328', 'cbor/malformed', 1],
  ['a lone surrogate in UTF-8', '63eda080', 'cbor/malformed', 0],
  ['a second item', '0000', 'cbor/trailing', 1],
];

for (const [what, hex, code, offset] of hostile) {
  test(`reading refuses ${what}`, () => {
    assert.throws(
      () => readItem(bytesOf(hex)),
      (error) => {
        assert.ok(error instanceof CborError);
        assert.deepEqual([error.code, error.kind, error.offset], [code, 'malformed', offset]);
        assert.match(error.message, /\.$/);
        return true;
      },
    );
  });
}

/** Well-formed, however odd: the reader takes it, and the notation shows it. */
const odd: [what: string, hex: string, notation: string][] = [
  ['negative zero', 'f98000', '-0.0'],
  ['not a number', 'f97e00', 'NaN'],
  ['infinity', 'fa7f800000', 'Infinity'],
  ['a float that looks like an integer', 'f93c00', '1.0'],
  ['a large float', 'fb7e37e43c8800759c', '1.0e+300'],
  ['a bignum', 'c249010000000000000000', "2(h'010000000000000000')"],
  ['the largest integer', '1bffffffffffffffff', '18446744073709551615'],
  ['the smallest integer', '3bffffffffffffffff', '-18446744073709551616'],
  ['an integer that is longer than needed', '1b0000000000000001', '1'],
  ['a length that is longer than needed', '7b000000000000000161', '"a"'],
  ['repeated keys', 'a201010102', '{1: 1, 1: 2}'],
  ['an array as key', 'a1810100', '{[1]: 0}'],
  ['a dangerous name', 'a1695f5f70726f746f5f5f01', '{"__proto__": 1}'],
  ['strings in parts', '827f61616162ff5fff', '[(_ "a", "b"), \'\'_]'],
  ['containers without declared length', '9fbf0102ffff', '[_ {_ 1: 2}]'],
  ['a byte order mark in text', '63efbbbf', '"\\ufeff"'],
  ['constants', '84f4f5f6f7', '[false, true, null, undefined]'],
  ['simple values', '82f0f8ff', '[simple(16), simple(255)]'],
  ['32 levels', `${'81'.repeat(32)}00`, `${'['.repeat(32)}0${']'.repeat(32)}`],
];

for (const [what, hex, notation] of odd) {
  test(`reading takes ${what}`, () => assert.equal(diagnostic(bytesOf(hex)), notation));
}

test('size and number of items are bounded, and the bounds can be chosen', () => {
  const large = new Uint8Array(wireLimits.octets + 1);
  const many = Uint8Array.from([0x99, 0x80, 0x01, ...Array.from({ length: 32_769 }, () => 0)]);
  assert.throws(() => readItem(large), { code: 'cbor/too-large' });
  assert.throws(() => readItem(many), { code: 'cbor/too-many-items' });
  assert.equal(readItem(many, fileLimits).type, 'array');
});

for (const [what, read] of Object.entries({ readItem, decodeDocument, diagnostic, annotatedDiagnostic })) {
  test(`${what} becomes a value or a CborError for any bytes`, () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), nearlyCbor), (input) => {
        try {
          read(input);
        } catch (error) {
          assert.ok(error instanceof CborError, String(error));
        }
      }),
      { numRuns: 2_000 },
    );
  });
}
