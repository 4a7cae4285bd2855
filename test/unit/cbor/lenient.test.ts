import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, Simple, Tag } from 'cbor2';
import fc from 'fast-check';
import { CborError, decodeDocument, decodeLeniently, encodeDocument, leftOutWords } from '#dots/cbor/codec';
import type { JsonObject, JsonValue } from '#dots/model/json';

type Cbor = Map<unknown, unknown> | unknown[] | string | number | bigint | boolean | null | undefined | Tag | Simple;

const place = '/ietf-dots-signal-channel:mitigation-scope/scope/0';
/** A status as a server might send it, the members of its scope given as CBOR. */
const status = (...entries: [unknown, unknown][]): Uint8Array =>
  encode(new Map([[1, new Map([[2, [new Map(entries)]]])]]));
const scopesIn = (document: JsonObject): JsonValue =>
  (document['ietf-dots-signal-channel:mitigation-scope'] as JsonObject).scope ?? null;

const leftOut: [what: string, entry: [unknown, unknown], message: string][] = [
  ['a member that is null', [16, null], `The value in ${place}/status is null, at offset`],
  ['an undefined one', [16, undefined], `The value in ${place}/status is undefined, at offset`],
  ['a list that is null', [6, null], `The value in ${place}/target-prefix is null, at offset`],
  ['an enumeration out of range', [16, 99], `The value in ${place}/status is the integer 99, at offset`],
  ['an enumeration below its range', [16, -1], `The value in ${place}/status is the integer -1, at offset`],
  ['a value of another type', [6, 'x'], `The value in ${place}/target-prefix is a text string, at offset`],
  ['a floating-point number', [16, 1.5], `The value in ${place}/status is the floating-point number 1.5, at`],
  ['a text as a key', ['lifetime', 5], `A key in ${place} is a text string, at offset`],
  ['a key beyond the registry', [70_000, 5], `The key 70000 in ${place} is not a DOTS key, at offset`],
  ['an unknown key that must be known', [100, 5], `The comprehension-required key 100 is not known in ${place}, at`],
  ['an unknown key', [250, 5], `The comprehension-optional key 250 is not known in ${place}, at offset`],
  ['a member of another place', [49, 5], 'The comprehension-required key 49 ('],
];

for (const [what, entry, message] of leftOut) {
  test(`${what} is left out of an answer and named, and the rest is read`, () => {
    const bytes = status([5, 7], entry, [14, 60]);
    const reading = decodeLeniently(bytes);
    assert.deepEqual(scopesIn(reading.document), [{ mid: 7, lifetime: 60 }]);
    assert.equal(reading.broken, undefined);
    assert.equal(reading.leftOut.count, 1);
    assert.ok(reading.leftOut.reasons[0]?.message.startsWith(message), reading.leftOut.reasons[0]?.message);
    if (entry[0] !== 250) assert.throws(() => decodeDocument(bytes), CborError, 'a request with it is refused');
  });
}

/** A text string that is not UTF-8, of definite length; and one in two parts. */
const notUtf8 = ['62c328', '7f616162c328ff', '7802c328', '63eda080'];

for (const text of notUtf8)
  test(`a text that is not UTF-8 (${text}) is left out of an answer, and what follows it is read`, () => {
    const bytes = Buffer.from(`a101a10281a3` + `0507` + `0682${text}6c3139322e302e322e302f3234` + `0e183c`, 'hex');
    const original = Buffer.from(bytes);
    const { document, leftOut: left, broken } = decodeLeniently(bytes);
    assert.deepEqual(scopesIn(document), [{ mid: 7, 'target-prefix': ['192.0.2.0/24'], lifetime: 60 }]);
    assert.deepEqual([broken, left.count], [undefined, 1]);
    assert.ok(original.equals(bytes), 'the answer as received is unchanged');
    assert.throws(() => decodeDocument(bytes), CborError, 'a request with it is refused');
  });

test('a text that is not UTF-8 is named, as a value and as a key', () => {
  const { leftOut: left } = decodeLeniently(Buffer.from('a101a10281a3' + '62c32801' + '0562c328' + '0e183c', 'hex'));
  assert.deepEqual(
    leftOutWords(left).map((words) => words.replace(/, at offset.*/, '')),
    [
      `Left out: A key in ${place} is a text string that is not UTF-8`,
      `Left out: The value in ${place}/mid is a text string that is not UTF-8`,
    ],
  );
});

test('a text that is not UTF-8 and ends beyond the data is where the reading ends', () => {
  const { document, broken } = decodeLeniently(Buffer.from('a101a10281a2' + '0507' + '0663c328', 'hex'));
  assert.deepEqual(scopesIn(document), [{ mid: 7 }]);
  assert.equal(broken?.code, 'cbor/malformed');
});

test('the first of two members of one name counts', () => {
  const {
    document,
    leftOut: {
      reasons: [second],
    },
  } = decodeLeniently(Buffer.from('a101a10281a30507' + '0e183c' + '0e1878', 'hex'));
  assert.deepEqual(scopesIn(document), [{ mid: 7, lifetime: 60 }]);
  assert.equal(second?.code, 'cbor/duplicate-key');
});

test('a decimal is read with any exponent', () => {
  for (const [exponent, mantissa, text] of [
    [-2, 150, '1.50'],
    [-3, 1505, '1.505'],
    [0, 2, '2.00'],
    [1, 3, '30.00'],
  ] as const) {
    const factor = new Map([[40, new Map([[43, new Tag(4, [exponent, mantissa])]])]]);
    const { document, leftOut: nothing } = decodeLeniently(encode(new Map([[30, new Map([[32, factor]])]])));
    assert.deepEqual(document, {
      'ietf-dots-signal-channel:signal-config': {
        'mitigating-config': { 'ack-random-factor': { 'current-value-decimal': text } },
      },
    });
    assert.equal(nothing.count, 0);
  }
});

test('a decimal of another form is left out, and its neighbours are read', () => {
  for (const value of [
    1.5,
    2,
    null,
    new Tag(4, [-2]),
    new Tag(4, [-2, 1, 1]),
    new Tag(4, [-99, 1]),
    new Tag(5, [-2, 1]),
  ]) {
    const config = new Map([
      [39, new Map([[43, value]])],
      [38, new Map([[34, 3]])],
    ] as [number, Map<number, unknown>][]);
    const {
      document,
      leftOut: {
        reasons: [one],
        count,
      },
    } = decodeLeniently(encode(new Map([[30, new Map([[32, config]])]])));
    assert.deepEqual(document['ietf-dots-signal-channel:signal-config'], {
      'mitigating-config': { 'ack-timeout': {}, 'max-retransmit': { 'max-value': 3 } },
    });
    assert.deepEqual([one?.code, count], ['cbor/wrong-type', 1]);
  }
});

test('lists: an entry of a list of values is left out, one of a list of objects keeps its place', () => {
  const { document, leftOut: both } = decodeLeniently(
    encode(
      new Map([
        [
          1,
          new Map([
            [
              2,
              [
                null,
                new Map<number, unknown>([
                  [5, 7],
                  [6, ['192.0.2.0/24', null]],
                ]),
              ],
            ],
          ]),
        ],
      ]),
    ),
  );
  assert.deepEqual(scopesIn(document), [{}, { mid: 7, 'target-prefix': ['192.0.2.0/24'] }]);
  assert.deepEqual(
    both.reasons.map(({ pointer }) => pointer?.replace('/ietf-dots-signal-channel:mitigation-scope', '')),
    ['/scope/0', '/scope/1/target-prefix/1'],
  );
});

test('a scope or a top member that is null leaves nothing of it', () => {
  const scopeless = decodeLeniently(Buffer.from('a101a102f6', 'hex'));
  assert.deepEqual(scopeless.document, { 'ietf-dots-signal-channel:mitigation-scope': {} });
  const empty = decodeLeniently(Buffer.from('a101f6', 'hex'));
  assert.deepEqual([empty.document, empty.kind, empty.leftOut.count], [{}, 'mitigation-scope', 1]);
});

test('what cannot be read at all is an error', () => {
  for (const hex of ['', 'f6', '80', 'a0', 'a1186402', 'ff', 'a1'])
    assert.throws(() => decodeLeniently(Buffer.from(hex, 'hex')), CborError, hex);
});

test('many values are not all named', () => {
  const prefixes = Array.from({ length: 50 }, () => null);
  const words = leftOutWords(decodeLeniently(status([6, prefixes])).leftOut);
  assert.deepEqual([words.length, words.at(-1)], [9, 'Left out: 42 more, for reasons like these.']);
});

/** A scope that a server may answer with, as CBOR and as JSON. */
const members: [key: number, cbor: Cbor, name: string, json: JsonValue][] = [
  [5, 7, 'mid', 7],
  [14, 3600, 'lifetime', 3600],
  [16, 2, 'status', 'attack-successfully-mitigated'],
  [6, ['192.0.2.0/24'], 'target-prefix', ['192.0.2.0/24']],
  [15, 1_507_818_434n, 'mitigation-start', '1507818434'],
  [25, 2n ** 40n, 'bytes-dropped', String(2n ** 40n)],
  [17, new Map([[20, 2]]), 'conflict-information', {}],
];

const strange = fc.oneof(
  fc.constantFrom<Cbor[]>(null, undefined, 99, -5, 1.5, 'x', '', true, [], [null], new Map(), new Simple(99)),
  fc.constantFrom<Cbor[]>(new Tag(4, [-3, 5]), new Tag(99, 'x'), new Map([[null, null]]), [[[]]], 2n ** 64n - 1n),
  fc.uint8Array({ maxLength: 9 }),
);

test('however the members of an answer are mutated, the others are read', () => {
  const mutation = fc.record({
    kept: fc.shuffledSubarray(members),
    foreign: fc.array(
      fc.tuple(
        fc.oneof(fc.integer({ min: 54, max: 70_000 }), fc.constantFrom<Cbor[]>(-1, 0, 'mid', null, true)),
        strange,
      ),
      { maxLength: 4 },
    ),
    spoilt: strange,
  });
  fc.assert(
    fc.property(mutation, ({ kept, foreign, spoilt }) => {
      const lost = members.filter((member) => !kept.includes(member));
      const entries: [unknown, unknown][] = [
        ...foreign,
        ...lost.map(([key]): [unknown, unknown] => [key, spoilt]),
        ...kept.map(([key, cbor]): [unknown, unknown] => [key, cbor]),
      ];
      const { document } = decodeLeniently(status(...entries));
      const [scope] = scopesIn(document) as JsonObject[];
      for (const [, , name, json] of kept)
        if (name !== 'conflict-information') assert.deepEqual(scope?.[name], json, name);
    }),
    { numRuns: 3000 },
  );
});

const whole: JsonObject = {
  'ietf-dots-signal-channel:mitigation-scope': {
    scope: [
      { mid: 1, 'target-prefix': ['192.0.2.0/24', '2001:db8::/32'], lifetime: 3600, status: 'attack-stopped' },
      { mid: 2, 'bytes-dropped': '5000', 'conflict-information': { 'conflict-scope': { mid: 4 } } },
    ],
  },
};

test('an answer that is cut off is read up to there', () => {
  const bytes = encodeDocument(whole);
  for (let length = 4; length < bytes.length; length++) {
    const { document, broken } = decodeLeniently(bytes.subarray(0, length));
    assert.ok(broken instanceof CborError);
    assertWithin(document, whole);
  }
  const [first] = scopesIn(decodeLeniently(bytes.subarray(0, bytes.length - 1)).document) as JsonObject[];
  assert.deepEqual(first, (scopesIn(whole) as JsonObject[])[0]);
  assert.equal(decodeLeniently(Buffer.concat([bytes, Buffer.of(0)])).broken?.code, 'cbor/trailing');
});

/** Whether a value has nothing that the other one has not. */
function assertWithin(part: JsonValue | undefined, of: JsonValue | undefined): void {
  if (typeof part !== 'object' || part === null) return assert.equal(part, of);
  for (const [name, value] of Object.entries(part)) assertWithin(value, (of as JsonObject)[name]);
}

test('whatever the octets, only a CborError is thrown', () => {
  const bytes = encodeDocument(whole);
  const flipped = fc
    .array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 })
    .map((flips) => flips.reduce((copy, [at, octet]) => copy.fill(octet, at, at + 1), Uint8Array.from(bytes)));
  fc.assert(
    fc.property(fc.oneof(flipped, fc.uint8Array({ maxLength: 60 })), (octets) => {
      try {
        decodeLeniently(octets);
      } catch (error) {
        assert.ok(error instanceof CborError, String(error));
      }
    }),
    { numRuns: 5000 },
  );
});
