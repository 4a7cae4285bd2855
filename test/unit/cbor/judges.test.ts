import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, SequenceEvents, Simple } from 'cbor2';
import fc from 'fast-check';
import { CborError } from '#dots/cbor/codec';
import { readItem, type Item } from '#dots/cbor/reader';
import { bytesOf, nearlyCbor } from '../../support/nearlyCbor';

/** An item, or the break at the end of one: its major type, its value or number of elements, and where it begins. */
type Event = [major: number, value: unknown, at: number];

const breakEvent = 'break';

/** What an item of indefinite length ends with. */
const end = (indefinite: boolean): Event[] => (indefinite ? [[7, breakEvent, NaN]] : []);

function eventsOf(item: Item): Event[] {
  const { at } = item;
  switch (item.type) {
    case 'integer':
      return [[item.value < 0n ? 1 : 0, item.value, at]];
    case 'float':
    case 'constant':
    case 'simple':
      return [[7, item.value, at]];
    case 'text':
      return [[3, item.value, at]];
    case 'bytes':
      return [[2, Buffer.from(item.value).toString('hex'), at]];
    case 'chunks':
      return [[item.of === 'text' ? 3 : 2, Infinity, at], ...item.items.flatMap(eventsOf), ...end(true)];
    case 'array':
      return [
        [4, item.indefinite ? Infinity : item.items.length, at],
        ...item.items.flatMap(eventsOf),
        ...end(item.indefinite),
      ];
    case 'map':
      return [
        [5, item.indefinite ? Infinity : item.entries.length, at],
        ...item.entries.flatMap(({ key, value }) => [...eventsOf(key), ...eventsOf(value)]),
        ...end(item.indefinite),
      ];
    case 'tag':
      return [[6, item.tag, at], ...eventsOf(item.content)];
    case 'not-utf8':
      return assert.fail('A complete reading has no such item.');
  }
}

const count = (value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);

/** How the package reads the value of an item. */
function valueOf(major: number, value: unknown): unknown {
  if (major === 0 || major === 1 || major === 6) return BigInt(value as number);
  if (value instanceof Simple) return value.value;
  if (typeof value === 'symbol') return breakEvent;
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : count(value);
}

/** All events of exactly one item, by the package; undefined if it refuses the octets. */
function judged(bytes: Uint8Array): Event[] | undefined {
  try {
    const reader = new SequenceEvents(bytes, { maxDepth: 1000 });
    const events: Event[] = [];
    for (let event = reader.read(); event !== undefined; event = reader.read()) {
      const [major, , value, at] = event as unknown as [number, number, unknown, number];
      events.push([major, valueOf(major, value), typeof value === 'symbol' && major === 7 ? NaN : at]);
    }
    return events;
  } catch {
    return undefined;
  }
}

const limits = { octets: 1_000_000, depth: 1000, items: 1_000_000 };

function read(bytes: Uint8Array): Event[] | CborError {
  try {
    return eventsOf(readItem(bytes, limits));
  } catch (error) {
    if (error instanceof CborError) return error;
    throw error;
  }
}

const inputs = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  nearlyCbor,
  fc.jsonValue().map((value) => encode(value)),
);

test('reads what one CBOR package reads, item by item', () => {
  let both = 0;
  fc.assert(
    fc.property(inputs, (bytes) => {
      const ours = read(bytes);
      if (ours instanceof CborError) return;
      both += 1;
      assert.deepEqual(ours, judged(bytes));
    }),
    { numRuns: 20_000, seed: 19 },
  );
  assert.ok(both > 1000, `only ${both} inputs were CBOR`);
});

test('refuses nothing that another CBOR package reads', async () => {
  const { decode } = await import('cborg');
  const options = { useMaps: true, allowBigInt: true, strict: false, rejectDuplicateMapKeys: false };
  let both = 0;
  fc.assert(
    fc.property(inputs, (bytes) => {
      try {
        decode(bytes, options);
      } catch {
        return;
      }
      both += 1;
      const ours = read(bytes);
      // That package replaces octets that are not UTF-8.
      assert.ok(!(ours instanceof CborError) || /not UTF-8/.test(ours.message), Buffer.from(bytes).toString('hex'));
    }),
    { numRuns: 20_000, seed: 19 },
  );
  assert.ok(both > 1000, `only ${both} inputs were CBOR`);
});

test('every floating-point number of 16 bits is read as the package reads it', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const bytes = bytesOf(`f9${bits.toString(16).padStart(4, '0')}`);
    assert.deepEqual(read(bytes), judged(bytes), bits.toString(16));
  }
});
