import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeDocument } from '#dots/cbor/codec';
import type { JsonObject } from '#dots/model/json';
import type { Answer } from '#dots/signal/session';
import { answerText } from '../../../../client/src/ui/answerText';

const request: JsonObject = {
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] },
};
const body: JsonObject = { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 7, lifetime: 1800 }] } };

function textOf(answer: Partial<Answer>): string {
  const payload = encodeDocument(request);
  const sent = {
    method: 'PUT',
    path: '/.well-known/dots/mitigate/cuid=c/mid=7',
    octets: payload.length,
    payload,
  } as const;
  return answerText({
    answer: { code: '2.01', ok: true, roundTripMs: 3.6, request: sent, ...answer },
    document: 'offload-request.dots.json',
    server: 'coap://127.0.0.1:4646',
    cuid: 'c',
    mid: 7,
    profile: 'lab',
  });
}

test('an accepted request: words first, then the body, then what was sent', () => {
  const text = textOf({ body, payload: encodeDocument(body) });
  const order = [
    '# 2.01 Created: accepted',
    'Granted lifetime  1800 s (30 min); requested 3600 s (1 h)',
    'Round trip        4 ms',
    '# Answer body',
    '"mid": 7',
    '# Request as sent',
    'PUT /.well-known/dots/mitigate/cuid=c/mid=7',
    '6 / target-prefix /: ["192.0.2.0/24"]',
    '0000  a1 01',
  ];
  const places = order.map((part) => text.indexOf(part));
  assert.ok(!places.includes(-1), `${order[places.indexOf(-1)] ?? ''}\n${text}`);
  assert.deepEqual(
    places,
    [...places].sort((a, b) => a - b),
  );
});

test('a refusal says what the server says, without its control characters, and what to do', () => {
  const text = textOf({ code: '4.00', ok: false, diagnostic: 'lifetime\u001b[0m is missing' });
  assert.match(text, /^# 4\.00 Bad Request: refused/);
  assert.match(text, /The server says:\n {2}lifetime \[0m is missing/);
  assert.match(text, /Fix what the server names/);
  assert.doesNotMatch(text, /Granted lifetime/);
});

test('a conflict is described in words', () => {
  const conflict: JsonObject = { 'conflict-cause': 'overlapping-targets', 'conflict-scope': { mid: 9 } };
  const text = textOf({
    code: '4.09',
    ok: false,
    body: { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'conflict-information': conflict }] } },
  });
  assert.match(text, /^Conflict +another request is for the same targets \(mid 9\)\. Withdraw that request first, /m);
});

test('how long the server asks to wait, and how long another server counts', () => {
  const redirect: JsonObject = { 'ietf-dots-signal-channel:redirected-signal': { 'alt-server': 'other.example' } };
  const line = (maxAge?: number, body?: JsonObject): string | undefined =>
    textOf({ code: '5.03', ok: false, ...(maxAge !== undefined && { maxAge }), ...(body && { body }) })
      .split('\n')
      .find((each) => /^(?:The server (?:asks|does not ask) to wait|Use the other server)/.test(each));
  assert.deepEqual(
    [undefined, 0, 30, 90].map((maxAge) => line(maxAge)),
    [
      undefined,
      'The server does not ask to wait.',
      'The server asks to wait 30 s before the next request.',
      'The server asks to wait 90 s (1 min 30 s) before the next request.',
    ],
  );
  assert.deepEqual(
    [undefined, 0, 3600, 2 ** 32 - 1].map((maxAge) => line(maxAge, redirect)),
    [
      undefined,
      'Use the other server for this request only.',
      'Use the other server for 3600 s (1 h).',
      'Use the other server until it names a different one.',
    ],
  );
});

test('what was left out of an answer is named, and the lifetime of another mid is not called granted', () => {
  const notes = [
    'The answer is for mid 9 (lifetime 60 s), and the request was for mid 7.',
    'Left out: The value in /a/status is null, at offset 9.',
  ];
  const other: JsonObject = { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 9, lifetime: 60 }] } };
  const text = textOf({ body: other, payload: encodeDocument(other), notes });
  for (const note of notes) assert.ok(text.includes(`\n${note}\n`), text);
  assert.match(text, /"mid": 9/);
  assert.doesNotMatch(text, /Granted lifetime/);
});

test('a server that cannot serve is no refusal', () => {
  assert.match(textOf({ code: '5.03', ok: false }), /^# 5\.03 Service Unavailable: failed/);
});
