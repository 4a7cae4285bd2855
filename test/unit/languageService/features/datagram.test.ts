import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datagramAdvice } from '#service/features/datagram';
import { encodeDocument } from '#dots/cbor/codec';
import { noBytes } from '#dots/coap/messages/message';
import { dotsCbor, option } from '#dots/coap/messages/options';
import { fitsInOne } from '#dots/coap/transfer';
import type { JsonObject } from '#dots/model/json';

/** What DTLS takes in one datagram: the path MTU of RFC 9132 section 7.3 without the headers below CoAP. */
const budget = { maxMessageSize: 1280 - 48 - 37, bert: false };

const path = ['.well-known', 'dots', 'mitigate', `cuid=${'c'.repeat(22)}`, 'mid=4294967295'];
const options = [
  option('If-Match', noBytes),
  ...path.map((segment) => option('Uri-Path', segment)),
  option('Content-Format', dotsCbor),
];

/** A request whose body grows with its alias name. */
const request = (length: number): JsonObject => ({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'alias-name': ['a'.repeat(length)], lifetime: 3600 }] },
});

test('a request that the editor lets pass as one datagram is sent as one, at every size around the limit', () => {
  const passing = Array.from({ length: 400 }, (_, index) => request(800 + index)).filter((document) =>
    datagramAdvice(document).every(({ severity }) => severity !== 'warning'),
  );
  assert.ok(passing.length > 0 && passing.length < 400);
  for (const document of passing) {
    const payload = encodeDocument(document);
    assert.ok(fitsInOne({ code: '0.03', options, payload }, budget), `${payload.length} octets`);
  }
});
