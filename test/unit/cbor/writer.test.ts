import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, Tag } from 'cbor2';
import { encodeDocument } from '#dots/cbor/codec';
import type { CborValue } from '#dots/cbor/values';
import { writeCbor } from '#dots/cbor/writer';
import { operationsOf } from '../../support/operations';
import { Random } from '../../support/random';

const numbers = [0, 23, 24, 255, 256, 65535, 65536, 2 ** 32 - 1, 2 ** 32].map(BigInt);
const borders = [...numbers, 2n ** 53n, 2n ** 64n - 1n].flatMap((number) => [number, -1n - number]);

function randomValue(random: Random, depth = 0): CborValue {
  const some = (): CborValue[] => Array.from({ length: random.below(30) }, () => randomValue(random, depth + 1));
  switch (random.below(depth < 3 ? 6 : 3)) {
    case 0:
      return random.pick(borders);
    case 1:
      return random.below(2) === 1;
    case 2:
      return random.pick(['', 'a', 'ä€😀', 'x'.repeat(random.below(3000))]);
    case 3:
      return some();
    case 4:
      return new Map(some().map((value) => [random.pick(numbers), value]));
    default:
      return { tag: 4, content: [-2n, random.pick(borders)] };
  }
}

/** The value as the CBOR package takes it. */
function forPackage(value: CborValue): unknown {
  if (Array.isArray(value)) return value.map(forPackage);
  if (value instanceof Map) return new Map([...value].map(([key, member]) => [key, forPackage(member)]));
  return typeof value === 'object' ? new Tag(value.tag, forPackage(value.content)) : value;
}

test('writes what the CBOR package writes', () => {
  for (const number of borders) assert.deepEqual(writeCbor(number), encode(number), String(number));
  const random = new Random(14);
  for (let run = 0; run < 300; run++) {
    const value = randomValue(random);
    assert.deepEqual(Buffer.from(writeCbor(value)), Buffer.from(encode(forPackage(value))));
  }
});

test('the time for a document grows with its length', async () => {
  const entry = { 'target-prefix': ['192.0.2.0/24'], lifetime: 3600, 'bytes-dropped': '123456789012' };
  const counts: number[] = [];
  for (const size of [100, 1_000, 10_000]) {
    const scope = Array.from({ length: size }, (_, mid) => ({ mid, ...entry }));
    const document = { 'ietf-dots-signal-channel:mitigation-scope': { scope } };
    counts.push((await operationsOf(() => Promise.resolve(encodeDocument(document)))) / size);
  }
  assert.ok(Math.max(...counts) <= 1.5 * Math.min(...counts), `operations for each entry: ${counts.join(', ')}`);
});
