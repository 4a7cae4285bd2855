import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeFrame, FrameReader } from '#dots/coap/messages/frames';
import type { TokenMessage } from '#dots/coap/messages/message';
import { option } from '#dots/coap/messages/options';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex');
const plain = (message: Partial<TokenMessage>): TokenMessage => ({
  code: '2.05',
  token: '',
  options: [],
  payload: new Uint8Array(),
  ...message,
});

function read(reader: FrameReader, ...segments: Uint8Array[]): unknown[] {
  return segments.flatMap((segment) =>
    [...reader.push(segment)].map((message) => ('malformed' in message ? message.malformed : shown(message))),
  );
}

function shown({ code, token, options, payload }: TokenMessage): unknown {
  return [code, token, options.map(({ number, value }) => [number, hex(value)]), hex(payload)];
}

test('the examples of RFC 8323 are written and read', () => {
  assert.equal(hex(encodeFrame(plain({ code: '2.03', token: '7f' }))), '01437f');
  assert.equal(hex(encodeFrame(plain({ code: '7.02', token: '42' }))), '01e242');
  assert.deepEqual(read(new FrameReader(1152), bytes('01437f01e242')), [
    ['2.03', '7f', [], ''],
    ['7.02', '42', [], ''],
  ]);
});

const lengths: [length: number, head: string][] = [
  [0, '0045'],
  [2, '2045'],
  [12, 'c045'],
  [13, 'd00045'],
  [268, 'd0ff45'],
  [269, 'e0000045'],
  [65_804, 'e0ffff45'],
  [65_805, 'f00000000045'],
  [70_000, 'f00000106345'],
];
for (const [length, head] of lengths) {
  test(`a length of ${length} takes its form`, () => {
    const message = plain({ payload: Buffer.alloc(Math.max(0, length - 1), 1) });
    const frame = encodeFrame(message);
    assert.equal(hex(frame.subarray(0, head.length / 2)), head);
    assert.deepEqual(read(new FrameReader(100_000), frame), [shown(message)]);
  });
}

const anyMessage = fc.record({
  code: fc.constantFrom('0.01', '0.03', '2.05', '4.04', '7.01', '7.05'),
  token: fc.uint8Array({ maxLength: 8 }).map(hex),
  options: fc
    .array(fc.record({ number: fc.integer({ min: 0, max: 400 }), value: fc.uint8Array({ maxLength: 20 }) }), {
      maxLength: 3,
    })
    .map((options) => options.sort((a, b) => a.number - b.number)),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc.integer({ min: 200, max: 400 }).map((length) => new Uint8Array(length).fill(7)),
  ),
});

test('any segmentation produces the same messages', () => {
  fc.assert(
    fc.property(
      fc.array(anyMessage, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 30 }),
      (messages, sizes) => {
        const stream = Buffer.concat(messages.map(encodeFrame));
        const segments: Uint8Array[] = [];
        for (let at = 0, turn = 0; at < stream.length; turn++) {
          const size = sizes[turn % sizes.length] ?? 1;
          segments.push(stream.subarray(at, at + size));
          at += size;
        }
        assert.deepEqual(read(new FrameReader(2000), ...segments), messages.map(shown));
      },
    ),
  );
});

test('a long message in single bytes is one message', () => {
  const message = plain({ payload: Buffer.alloc(3000, 5) });
  const frame = encodeFrame(message);
  assert.deepEqual(read(new FrameReader(4000), ...Array.from(frame, (byte) => Uint8Array.of(byte))), [shown(message)]);
});

test('a hostile length is refused by its head, before anything follows it', () => {
  assert.deepEqual(read(new FrameReader(1152), bytes('f0ffffffff')), [], 'the length is there, the code is not');
  assert.match(
    String(read(new FrameReader(1152), bytes('f0ffffffff45'))[0]),
    /4295033106 bytes, more than the Max-Message-Size of 1152/,
  );
  assert.match(String(read(new FrameReader(1152), bytes('e0ffff45'))[0]), /65808 bytes/);
  assert.deepEqual(
    read(new FrameReader(1152), encodeFrame(plain({ payload: Buffer.alloc(1147) }))).length,
    1,
    'the largest that is allowed',
  );
  assert.match(
    String(read(new FrameReader(1152), encodeFrame(plain({ payload: Buffer.alloc(1148) })))[0]),
    /1153 bytes/,
  );
});

const hostile: [string, string][] = [
  ['a token of 9 bytes', '0945'],
  ['a token of 15 bytes', '0f'],
  ['an option that runs past the end', '204562'],
  ['an option of the reserved length', '10450f'],
  ['a payload marker without a payload', '1045ff'],
];
for (const [what, frame] of hostile) {
  test(`refused: ${what}`, () => {
    assert.equal(typeof read(new FrameReader(1152), bytes(frame), new Uint8Array(3))[0], 'string');
  });
}

test('no bytes make the reader throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 }), (segments) => {
      const reader = new FrameReader(300);
      for (const segment of segments) if ([...reader.push(segment)].some((message) => 'malformed' in message)) return;
    }),
    { numRuns: 2000 },
  );
});

test('options keep their place in a frame', () => {
  const message = plain({
    code: '0.03',
    token: 'cafe',
    options: [option('Uri-Path', 'dots'), option('Content-Format', 271)],
    payload: bytes('a0'),
  });
  assert.equal(hex(encodeFrame(message)), `a203cafe${`b4${hex(Buffer.from('dots'))}`}12010fffa0`);
});
