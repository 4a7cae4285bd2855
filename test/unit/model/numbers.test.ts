import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bareName, bitsIn } from '#dots/model/lexicalForms';
import { exact, mantissaIn, numberIn } from '#dots/model/numbers';

/** The lexical forms of RFC 7950 sections 9.2.1 and 9.3.1, and texts that are none of them. */
const numbers: [text: string, value: number | undefined, cents: bigint | undefined][] = [
  ['5000', 5000, 500000n],
  ['+5000', 5000, 500000n],
  ['+5000.00', 5000, 500000n],
  ['-5000.50', -5000.5, -500050n],
  ['0005000.5', 5000.5, 500050n],
  [`${'0'.repeat(400)}7.2500000`, 7.25, 725n],
  ['-0.00', 0, 0n],
  ['-0', 0, 0n],
  ['0.001', 0.001, undefined],
  ['-92233720368547758.08', -92233720368547758.08, -9223372036854775808n],
  ['', undefined, undefined],
  ['+', undefined, undefined],
  ['.5', undefined, undefined],
  ['5.', undefined, undefined],
  ['5e3', undefined, undefined],
  ['0x10', undefined, undefined],
  [' 5', undefined, undefined],
  ['+-5', undefined, undefined],
  ['Infinity', undefined, undefined],
];

for (const [text, value, cents] of numbers) {
  test(`number in text: ${text.slice(0, 24) || '(empty)'}`, () => {
    assert.equal(numberIn(text), value);
    assert.equal(mantissaIn(text, 2), cents);
    assert.equal(exact(text) === undefined, value === undefined);
  });
}

test('bits and names', () => {
  assert.deepEqual(bitsIn(' syn  ack '), ['syn', 'ack']);
  assert.deepEqual(bitsIn(''), []);
  assert.equal(bareName('ietf-access-control-list:drop'), 'drop');
  assert.equal(bareName('drop'), 'drop');
});
