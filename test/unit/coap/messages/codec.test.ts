import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generate, parse } from 'coap-packet';
import fc from 'fast-check';
import { decodeMessage, encodeMessage } from '#dots/coap/messages/codec';
import type { Message } from '#dots/coap/messages/message';
import { badOptions, blockOf, blockOption, option, textsOf, uintOf, valueOf } from '#dots/coap/messages/options';
import { malformedDatagrams } from '../../../support/protocol/malformed';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const bytes = (text: string): Uint8Array => Buffer.from(text, 'hex');

test('a PUT is laid out as RFC 7252 section 3 says', () => {
  const message: Message = {
    type: 'NON',
    code: '0.03',
    messageId: 0x1234,
    token: 'cafe',
    payload: bytes('a0'),
    options: [option('Content-Format', 271), option('Uri-Path', '.well-known'), option('Uri-Path', 'dots')],
  };
  assert.equal(
    hex(encodeMessage(message)),
    [
      '52031234',
      'cafe',
      `bb${hex(Buffer.from('.well-known'))}`,
      `04${hex(Buffer.from('dots'))}`,
      '12010f',
      'ffa0',
    ].join(''),
  );
});

test('an empty acknowledgement is four bytes', () => {
  assert.equal(
    hex(encodeMessage({ type: 'ACK', code: '0.00', messageId: 1, token: '', options: [], payload: new Uint8Array() })),
    '60000001',
  );
});

test('what is written can be read', () => {
  const anyOption = fc.record({
    number: fc.integer({ min: 0, max: 65_535 }),
    value: fc.uint8Array({ maxLength: 300 }),
  });
  const anyMessage = fc.record({
    type: fc.constantFrom('CON', 'NON' as const),
    code: fc.constantFrom('0.01', '0.03', '2.05', '4.04', '5.03'),
    messageId: fc.integer({ min: 0, max: 65_535 }),
    token: fc.uint8Array({ maxLength: 8 }).map(hex),
    options: fc.array(anyOption, { maxLength: 6 }),
    payload: fc.uint8Array({ maxLength: 40 }),
  });
  fc.assert(
    fc.property(anyMessage, (message) => {
      const read = decodeMessage(encodeMessage(message as Message));
      assert.ok(!('malformed' in read));
      const sorted = [...message.options].sort((a, b) => a.number - b.number);
      assert.deepEqual(
        read.options.map(({ number, value }) => [number, hex(value)]),
        sorted.map(({ number, value }) => [number, hex(value)]),
      );
      assert.deepEqual(
        [read.type, read.code, read.messageId, read.token, hex(read.payload)],
        [message.type, message.code, message.messageId, message.token, hex(message.payload)],
      );
    }),
  );
});

test('an independent codec writes the same bytes and reads them alike', () => {
  const anyOption = fc.record({
    number: fc.integer({ min: 1, max: 65_535 }),
    value: fc.uint8Array({ maxLength: 300 }),
  });
  fc.assert(
    fc.property(
      fc.array(anyOption, { maxLength: 6 }),
      fc.uint8Array({ maxLength: 8 }),
      fc.uint8Array({ maxLength: 40 }),
      (options, token, payload) => {
        const written = encodeMessage({ type: 'CON', code: '0.03', messageId: 7, token: hex(token), options, payload });
        const packet = {
          code: '0.03',
          messageId: 7,
          token: Buffer.from(token),
          payload: Buffer.from(payload),
          confirmable: true,
          options: options.map(({ number, value }) => ({ name: number, value: Buffer.from(value) })),
        };
        assert.equal(hex(written), hex(generate(packet, 65_535)));
        assert.deepEqual(
          parse(Buffer.from(written)).options.map(({ value }) => hex(value)),
          [...options].sort((a, b) => a.number - b.number).map(({ value }) => hex(value)),
        );
      },
    ),
  );
});

for (const [why, datagram] of malformedDatagrams) {
  test(`refused as malformed: ${why}`, () => {
    assert.ok('malformed' in decodeMessage(bytes(datagram)), datagram);
  });
}

test('no bytes make the reader throw, and what it accepts it writes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
      noise[0] = 0x40 | ((noise[0] ?? 0) & 0x3f);
      const read = decodeMessage(noise);
      if (!('malformed' in read)) assert.ok(!('malformed' in decodeMessage(encodeMessage(read))));
    }),
    { numRuns: 2000 },
  );
});

test('every prefix of a message is a message or malformed', () => {
  const whole = encodeMessage({
    type: 'CON',
    code: '0.03',
    messageId: 1,
    token: '0102',
    options: [option('Uri-Path', 'mitigate'), option('Size1', 70_000), option('Uri-Query', 'x'.repeat(30))],
    payload: bytes('a0a0'),
  });
  for (let length = 0; length < whole.length; length++) decodeMessage(whole.subarray(0, length));
});

test('options are read by name', () => {
  const options = [option('Uri-Path', 'a'), option('Uri-Path', 'b'), option('Max-Age', 86_400), option('If-Match', '')];
  assert.deepEqual(textsOf(options, 'Uri-Path'), ['a', 'b']);
  assert.equal(uintOf(options, 'Max-Age'), 86_400);
  assert.equal(uintOf(options, 'Observe'), undefined);
  assert.equal(valueOf(options, 'If-Match')?.length, 0);
  assert.equal(hex(option('Observe', 0).value), '');
});

test('unknown critical options are bad, unknown elective ones are not', () => {
  const value = bytes('00');
  assert.deepEqual(
    badOptions([
      { number: 9, value },
      { number: 65_001, value },
      { number: 65_000, value },
    ]),
    [9, 65_001],
  );
  assert.deepEqual(badOptions([option('Hop-Limit', 16), option('Accept', 271)]), []);
  assert.deepEqual(badOptions([{ number: 17, value: bytes('000000') }]), [17], 'too long for Accept');
  assert.deepEqual(badOptions([option('Accept', 271), option('Accept', 271)]), [17], 'repeated');
  assert.deepEqual(badOptions([option('Q-Block2', 6)]), [31], 'RFC 9177 is not spoken here');
});

test('block options are read and written', () => {
  for (const block of [
    { number: 0, more: true, size: 16 },
    { number: 5, more: false, size: 1024 },
    { number: 1_000_000, more: true, size: 64 },
  ]) {
    assert.deepEqual(blockOf([blockOption('Block1', block)], 'Block1'), block);
  }
  assert.equal(blockOf([{ number: 27, value: bytes('07') }], 'Block1'), 'malformed');
  assert.equal(blockOf([], 'Block2'), undefined);
  const bert = { number: 3, more: true, size: 1024, bert: true } as const;
  assert.deepEqual(blockOf([blockOption('Block2', bert)], 'Block2', true), bert);
  assert.equal(blockOf([blockOption('Block2', bert)], 'Block2'), 'malformed', 'over datagrams the size is reserved');
});

test('an elective option of a forbidden length is as good as absent', () => {
  assert.equal(uintOf([{ number: 6, value: bytes('00000001') }], 'Observe'), undefined);
  assert.equal(valueOf([{ number: 4, value: bytes('') }], 'ETag'), undefined);
  assert.equal(uintOf([{ number: 12, value: bytes('0000') }], 'Content-Format'), 0, 'go-dots writes two bytes for 0');
});
