import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode, Tag } from 'cbor2';
import { CborError, decodeDocument, encodeDocument, fileLimits } from '#dots/cbor/codec';
import { annotatedDiagnostic, diagnostic } from '#dots/cbor/diagnostic';
import { documentSize } from '#dots/cbor/size';
import { decimalText } from '#dots/cbor/values';
import type { JsonObject, JsonValue } from '#dots/model/json';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const scope = (members: JsonObject): JsonObject => ({
  'ietf-dots-signal-channel:mitigation-scope': { scope: [members] },
});
const sessionConfig = (members: JsonObject): JsonObject => ({
  'ietf-dots-signal-channel:signal-config': { 'mitigating-config': members },
});
/** A mitigation request as a peer might send it, its members given as CBOR. */
const scopeBytes = (...entries: [unknown, unknown][]) => encode(new Map([[1, new Map([[2, [new Map(entries)]]])]]));
const decoded = (...entries: [unknown, unknown][]) => {
  const body = decodeDocument(scopeBytes(...entries))['ietf-dots-signal-channel:mitigation-scope'] as JsonObject;
  return (body.scope as JsonObject[])[0];
};

/** The error that `action` throws, which must be a CborError. */
function cborError(action: () => unknown): CborError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof CborError, String(error));
    return error;
  }
  assert.fail('nothing was thrown');
}

const notations: [what: string, document: JsonObject, notation: string][] = [
  [
    'integers, text and truth',
    scope({ 'target-fqdn': ['example.net'], lifetime: -1, 'trigger-mitigation': false }),
    '{1: {2: [{11: ["example.net"], 14: -1, 45: false}]}}',
  ],
  [
    '64-bit integers',
    scope({ 'bytes-dropped': '18446744073709551615', 'mitigation-start': '1507818434' }),
    '{1: {2: [{25: 18446744073709551615, 15: 1507818434}]}}',
  ],
  [
    'enumerations',
    scope({ status: 'attack-successfully-mitigated', 'attack-status': 'under-attack' }),
    '{1: {2: [{16: 2, 29: 1}]}}',
  ],
  [
    'decimals',
    sessionConfig({
      'ack-timeout': { 'current-value-decimal': '2.00' },
      'ack-random-factor': { 'current-value-decimal': '1.50' },
    }),
    '{30: {32: {39: {43: 4([-2, 200])}, 40: {43: 4([-2, 150])}}}}',
  ],
  [
    'the acl-list of a conflict',
    scope({
      'conflict-information': { 'conflict-scope': { 'acl-list': [{ 'acl-name': 'a', 'acl-type': 'ipv4-acl-type' }] } },
    }),
    '{1: {2: [{17: {21: {22: [{23: "a", 24: "ipv4-acl-type"}]}}}]}}',
  ],
  [
    'the acl-list of filter control',
    scope({ 'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'a', 'activation-type': 'immediate' }] }),
    '{1: {2: [{53: [{23: "a", 52: 2}]}]}}',
  ],
  [
    'sources of Call Home',
    scope({ 'ietf-dots-call-home:source-prefix': ['192.0.2.0/24'] }),
    '{1: {2: [{32768: ["192.0.2.0/24"]}]}}',
  ],
  [
    'talkers of telemetry',
    scope({
      'ietf-dots-telemetry:attack-detail': [
        { 'vendor-id': 32473, 'attack-id': 1, 'top-talker': { talker: [{ 'source-prefix': '192.0.2.0/24' }] } },
      ],
    }),
    '{1: {2: [{207: [{202: 32473, 164: 1, 170: {184: [{185: "192.0.2.0/24"}]}}]}]}}',
  ],
  ['empty values', scope({ 'target-prefix': [], 'conflict-information': {} }), '{1: {2: [{6: [], 17: {}}]}}'],
];

for (const [what, document, notation] of notations) {
  test(`${what}: JSON to CBOR and back`, () => {
    const bytes = encodeDocument(document);
    assert.equal(diagnostic(bytes), notation);
    assert.deepEqual(decodeDocument(bytes), document);
    assert.equal(documentSize(document), bytes.length);
  });
}

test('the order of members is that of the document', () => {
  assert.equal(hex(encodeDocument(scope({ lifetime: 1, 'alias-name': ['a'] }))), 'a101a10281a20e010d816161');
  assert.equal(hex(encodeDocument(scope({ 'alias-name': ['a'], lifetime: 1 }))), 'a101a10281a20d8161610e01');
});

test('tag 271 may precede a message', () => {
  const bytes = encode(new Tag(271, new Map([[49, new Map([[51, true]])]])));
  assert.deepEqual(decodeDocument(bytes), { 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': true } });
});

test('a string in parts and containers without declared length are read', () => {
  const bytes = Buffer.from('bf01bf029fbf0d9f7f61616162ffffffffffff', 'hex');
  assert.deepEqual(decodeDocument(bytes), scope({ 'alias-name': ['ab'] }));
});

const decimals: [exponent: number, mantissa: number, text: string][] = [
  [-2, 150, '1.50'],
  [-1, 15, '1.50'],
  [0, 2, '2.00'],
  [1, 3, '30.00'],
  [-3, 1500, '1.50'],
  [-3, 1505, '1.505'],
  [-2, 5, '0.05'],
  [-2, -5, '-0.05'],
  [-2, 0, '0.00'],
];

test('a decimal fraction of any exponent becomes a text with two digits after the point, more only where needed', () => {
  for (const [exponent, mantissa, text] of decimals) {
    assert.equal(decimalText(BigInt(mantissa), BigInt(exponent), 2), text);
    const bytes = encode(
      new Map([[30, new Map([[44, new Map([[39, new Map([[43, new Tag(4, [exponent, mantissa])]])]])]])]]),
    );
    assert.deepEqual(decodeDocument(bytes), {
      'ietf-dots-signal-channel:signal-config': { 'idle-config': { 'ack-timeout': { 'current-value-decimal': text } } },
    });
  }
});

test('other spellings of a number are encoded as the number', () => {
  const timeout = (value: string) =>
    diagnostic(encodeDocument(sessionConfig({ 'ack-timeout': { 'current-value-decimal': value } })));
  for (const value of ['1.5', '+1.50', '01.500']) assert.equal(timeout(value), '{30: {32: {39: {43: 4([-2, 150])}}}}');
  for (const value of ['+7', '007'])
    assert.equal(diagnostic(encodeDocument(scope({ 'bps-dropped': value }))), '{1: {2: [{26: 7}]}}');
});

const unencodable: [what: string, document: JsonObject, code: string, pointer: string, hint: RegExp][] = [
  [
    'a member without key',
    scope({ 'target-prefixes': ['192.0.2.0/24'] }),
    'cbor/unknown-member',
    '/ietf-dots-signal-channel:mitigation-scope/scope/0/target-prefixes',
    /spelling/,
  ],
  [
    'a member without its module',
    scope({ 'source-prefix': ['192.0.2.0/24'] }),
    'cbor/unknown-member',
    '/ietf-dots-signal-channel:mitigation-scope/scope/0/source-prefix',
    /ietf-dots-call-home:source-prefix/,
  ],
  [
    'a member in the wrong place',
    scope({ 'peer-hb-status': true }),
    'cbor/unknown-member',
    '/ietf-dots-signal-channel:mitigation-scope/scope/0/peer-hb-status',
    /place/,
  ],
  [
    'an inherited name',
    JSON.parse('{"ietf-dots-signal-channel:heartbeat":{"constructor":1,"__proto__":2}}') as JsonObject,
    'cbor/unknown-member',
    '/ietf-dots-signal-channel:heartbeat/constructor',
    /spelling/,
  ],
  [
    'a number as string',
    scope({ lifetime: '3600' }),
    'cbor/wrong-type',
    '/ietf-dots-signal-channel:mitigation-scope/scope/0/lifetime',
    /not in quotes/,
  ],
  [
    'a fraction',
    scope({ lifetime: 1.5 }),
    'cbor/wrong-type',
    '/ietf-dots-signal-channel:mitigation-scope/scope/0/lifetime',
    /whole number/,
  ],
  [
    'a 64-bit integer as number',
    scope({ 'mitigation-start': 1507818434 }),
    'cbor/wrong-type',
    '/ietf-dots-signal-channel:mitigation-scope/scope/0/mitigation-start',
    /in quotes/,
  ],
  [
    'an integer beyond 64 bits',
    scope({ 'bps-dropped': '18446744073709551616' }),
    'cbor/wrong-type',
    '/ietf-dots-signal-channel:mitigation-scope/scope/0/bps-dropped',
    /in quotes/,
  ],
  [
    'an enumeration by number',
    scope({ status: 2 }),
    'cbor/wrong-type',
    '/ietf-dots-signal-channel:mitigation-scope/scope/0/status',
    /attack-successfully-mitigated/,
  ],
  [
    'a decimal with three digits',
    sessionConfig({ 'ack-timeout': { 'current-value-decimal': '1.505' } }),
    'cbor/wrong-type',
    '/ietf-dots-signal-channel:signal-config/mitigating-config/ack-timeout/current-value-decimal',
    /"1.50"/,
  ],
  [
    'a decimal as number',
    sessionConfig({ 'ack-timeout': { 'current-value-decimal': 1.5 } }),
    'cbor/wrong-type',
    '/ietf-dots-signal-channel:signal-config/mitigating-config/ack-timeout/current-value-decimal',
    /in quotes/,
  ],
  [
    'an object as list',
    { 'ietf-dots-signal-channel:mitigation-scope': { scope: {} } },
    'cbor/wrong-type',
    '/ietf-dots-signal-channel:mitigation-scope/scope',
    /an array/,
  ],
  [
    'a list as object',
    { 'ietf-dots-signal-channel:mitigation-scope': [] },
    'cbor/wrong-type',
    '/ietf-dots-signal-channel:mitigation-scope',
    /an object/,
  ],
  [
    'null',
    scope({ lifetime: null }),
    'cbor/wrong-type',
    '/ietf-dots-signal-channel:mitigation-scope/scope/0/lifetime',
    /whole number/,
  ],
  [
    'a lone surrogate',
    scope({ 'alias-name': ['\ud800'] }),
    'cbor/wrong-type',
    '/ietf-dots-signal-channel:mitigation-scope/scope/0/alias-name/0',
    /Unicode/,
  ],
  ['an unknown document', { hello: 1 }, 'cbor/unknown-kind', '', /ietf-dots-signal-channel:mitigation-scope/],
];

for (const [what, document, code, pointer, hint] of unencodable) {
  test(`encoding refuses ${what}`, () => {
    const error = cborError(() => encodeDocument(document));
    assert.deepEqual([error.code, error.kind, error.pointer], [code, 'malformed', pointer]);
    assert.match(error.hint ?? '', hint);
  });
}

test('encoding refuses values that are nested without end', () => {
  let nested: JsonValue = [];
  for (let depth = 0; depth < 20_000; depth++) nested = [nested];
  assert.equal(cborError(() => encodeDocument(scope({ lifetime: nested }))).code, 'cbor/wrong-type');
});

test('a data channel document has no CBOR form', () => {
  const error = cborError(() => encodeDocument({ 'ietf-dots-data-channel:aliases': { alias: [] } }));
  assert.deepEqual([error.code, error.kind], ['cbor/no-cbor-form', 'usage']);
  assert.match(error.message, /JSON over RESTCONF \(RFC 8783\)/);
});

const refused: [what: string, bytes: Uint8Array, code: string, message: RegExp][] = [
  ['no map', encode('dots'), 'cbor/unknown-kind', /text string/],
  ['no DOTS message', encode(new Map([[2, []]])), 'cbor/unknown-kind', /without the key of a DOTS message/],
  [
    'names for keys',
    encode({ 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': true } }),
    'cbor/unknown-kind',
    /without the key/,
  ],
  ['a text key within', scopeBytes(['lifetime', 1]), 'cbor/wrong-type', /A key in .*\/scope\/0 is a text string/],
  ['a key twice', Buffer.from('a101a10281a20e010e02', 'hex'), 'cbor/duplicate-key', /14 \(lifetime\) appears twice/],
  ['an unknown required key', scopeBytes([127, 1]), 'cbor/unknown-key', /key 127 is not known/],
  ['an unknown required key of the upper range', scopeBytes([300, 1]), 'cbor/unknown-key', /key 300 is not known/],
  [
    'a required key in the wrong place',
    scopeBytes([51, true]),
    'cbor/unknown-key',
    /51 \(peer-hb-status\) does not belong/,
  ],
  ['an identifier in the body', scopeBytes([4, 'cuid']), 'cbor/unknown-key', /4 \(cuid\) does not belong/],
  ['key 0', scopeBytes([0, 1]), 'cbor/unknown-key', /not a DOTS key/],
  ['a negative key', scopeBytes([-1, 1]), 'cbor/unknown-key', /not a DOTS key/],
  ['a key beyond the registry', scopeBytes([65_536, 1]), 'cbor/unknown-key', /not a DOTS key/],
  ['text for a number', scopeBytes([14, '3600']), 'cbor/wrong-type', /scope\/0\/lifetime is a text string/],
  ['a float for a number', scopeBytes([14, 1.5]), 'cbor/wrong-type', /floating-point number 1.5/],
  ['a bignum for a number', scopeBytes([15, 2n ** 64n]), 'cbor/wrong-type', /is a bignum \(tag 2\)/],
  ['an unknown enumeration value', scopeBytes([16, 99]), 'cbor/wrong-type', /the integer 99/],
  ['bytes for text', scopeBytes([13, [new Uint8Array(1)]]), 'cbor/wrong-type', /alias-name\/0 is a byte string/],
  ['a map for a list', scopeBytes([6, new Map()]), 'cbor/wrong-type', /target-prefix is a map/],
  ['null for truth', scopeBytes([45, null]), 'cbor/wrong-type', /is null/],
  [
    'a decimal with a monstrous exponent',
    encode(new Map([[30, new Map([[32, new Map([[39, new Map([[43, new Tag(4, [2 ** 31, 1])]])]])]])]])),
    'cbor/wrong-type',
    /tag 4/,
  ],
];

for (const [what, bytes, code, message] of refused) {
  test(`decoding refuses ${what}`, () => {
    const error = cborError(() => decodeDocument(bytes));
    assert.deepEqual([error.code, error.kind], [code, 'malformed']);
    assert.match(error.message, message);
    assert.equal(typeof error.offset, 'number');
    assert.equal(typeof error.pointer, 'string');
  });
}

test('comprehension-optional keys are ignored', () => {
  assert.deepEqual(decoded([14, 60], [250, 'x'], [40_000, []], [65_535, 1], [185, '192.0.2.0/24']), { lifetime: 60 });
});

test('64-bit integers keep every digit, whatever their size', () => {
  assert.deepEqual(decoded([25, 2n ** 64n - 1n], [26, 0]), {
    'bytes-dropped': '18446744073709551615',
    'bps-dropped': '0',
  });
});

test('a document larger than a message needs wider limits', () => {
  const document = scope({
    'target-prefix': Array.from({ length: 5_000 }, (_, index) => `192.0.${index >> 8}.${index & 255}/32`),
  });
  const bytes = encodeDocument(document);
  assert.throws(() => decodeDocument(bytes), { code: 'cbor/too-large' });
  assert.deepEqual(decodeDocument(bytes, fileLimits), document);
});

test('the annotated notation names the members', () => {
  const bytes = encodeDocument(
    scope({ 'target-prefix': ['2001:db8::/32'], 'target-port-range': [{ 'lower-port': 80 }], lifetime: 3600 }),
  );
  assert.equal(
    annotatedDiagnostic(bytes),
    [
      '{',
      '  1 / ietf-dots-signal-channel:mitigation-scope /: {',
      '    2 / scope /: [',
      '      {',
      '        6 / target-prefix /: ["2001:db8::/32"],',
      '        7 / target-port-range /: [',
      '          {',
      '            8 / lower-port /: 80',
      '          }',
      '        ],',
      '        14 / lifetime /: 3600',
      '      }',
      '    ]',
      '  }',
      '}',
    ].join('\n'),
  );
  assert.equal(
    annotatedDiagnostic(Buffer.from('d9010fbf1831a0ff', 'hex')),
    '271({_\n  49 / ietf-dots-signal-channel:heartbeat /: {}\n})',
  );
});
