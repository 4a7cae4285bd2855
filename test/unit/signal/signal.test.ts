import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeDocument } from '#dots/cbor/codec';
import type { CoapOption } from '#dots/coap/messages/message';
import { blockOption, option } from '#dots/coap/messages/options';
import { describeError, DotsError } from '#dots/model/errors';
import type { JsonObject, JsonValue } from '#dots/model/json';
import { readAnswer, type Answer } from '#dots/signal/answer';
import { newCuid, nextMid } from '#dots/signal/identifiers';
import { pathOf, resourceOf } from '#dots/signal/resources';
import { grantedLifetime, listedMids } from '#dots/signal/scopes';
import { isLoopback, parseServer, type ServerAddress } from '#dots/transport/address';

const asked = { method: 'GET', path: '/a', octets: 0 } as const;
const put = { ...asked, method: 'PUT' } as const;
const withdrawn = { ...asked, method: 'DELETE' } as const;

test('a cuid has 22 characters of base64url and never comes twice', () => {
  const cuids = Array.from({ length: 100 }, newCuid);
  assert.ok(cuids.every((cuid) => /^[A-Za-z0-9_-]{22}$/.test(cuid)));
  assert.equal(new Set(cuids).size, 100);
});

test('mids go up, start from the clock and roll over', () => {
  const now = new Date(Date.UTC(2030, 0, 1));
  assert.equal(nextMid(undefined, now), now.getTime() / 1000);
  assert.equal(nextMid(now.getTime() / 1000, now), now.getTime() / 1000 + 1);
  assert.equal(nextMid(5, now), now.getTime() / 1000);
  assert.equal(nextMid(3_221_225_469, now), 3_221_225_470);
  assert.equal(nextMid(3_221_225_470, now), 0);
});

const addresses: [string, string | ServerAddress][] = [
  ['coap://127.0.0.1:5000', { scheme: 'coap', host: '127.0.0.1', port: 5000 }],
  ['coap://127.9.8.7', { scheme: 'coap', host: '127.9.8.7', port: 4646 }],
  ['coap://[::1]:5000/', { scheme: 'coap', host: '::1', port: 5000 }],
  ['coap://localhost:5000', { scheme: 'coap', host: 'localhost', port: 5000 }],
  ['coap://mock.localhost', { scheme: 'coap', host: 'mock.localhost', port: 4646 }],
  ['coap://localhost.example.com', 'transport/plain-off-loopback'],
  ['coap://192.0.2.1', 'transport/plain-off-loopback'],
  ['coap://[2001:db8::1]:4646', 'transport/plain-off-loopback'],
  ['coap://example.com', 'transport/plain-off-loopback'],
  ['coap://127.0.0.1.example.com', 'transport/plain-off-loopback'],
  ['coaps://dots.example.net', { scheme: 'coaps', host: 'dots.example.net', port: 4646 }],
  ['COAPS+TCP://[2001:db8::1]:5000', { scheme: 'coaps+tcp', host: '2001:db8::1', port: 5000 }],
  ['coaps://localhost', { scheme: 'coaps', host: 'localhost', port: 4646 }],
  ['dots.example.net', { host: 'dots.example.net', port: 4646 }],
  ['dots.example.net:5000', { host: 'dots.example.net', port: 5000 }],
  ['192.0.2.1:5000', { host: '192.0.2.1', port: 5000 }],
  ['[::1]:4646', { host: '::1', port: 4646 }],
  ['2001:db8::1', { host: '2001:db8::1', port: 4646 }],
  ['http://127.0.0.1', 'transport/scheme'],
  ['coap+tcp://127.0.0.1', 'transport/scheme'],
  ['coaps://user@dots.example.net', 'transport/address'],
  ['dots.example.net/hello', 'transport/address'],
  ['dots.example.net:0', 'transport/address'],
  ['two words', 'transport/address'],
  ['coap://', 'transport/address'],
  ['coap://127.0.0.1:99999', 'transport/address'],
  ['coap://127.0.0.1/.well-known/dots', 'transport/address'],
  ['', 'transport/address'],
];
for (const [server, expected] of addresses) {
  test(`the server "${server}" is ${typeof expected === 'string' ? expected : 'read'}`, () => {
    if (typeof expected !== 'string') return assert.deepEqual(parseServer(server), expected);
    assert.throws(
      () => parseServer(server),
      (error: unknown) =>
        error instanceof DotsError && error.kind === 'usage' && error.code === expected && error.hint !== undefined,
    );
  });
}

test('the refusal of plain CoAP beyond the machine cites its section', () => {
  assert.throws(() => parseServer('coap://192.0.2.1'), /RFC 9132 section 3.*coaps/);
});

test('loopback is 127.0.0.0/8 and ::1, also as a mapped address, and no other text', () => {
  const local = ['127.0.0.1', '127.255.255.254', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1'];
  const other = [
    '128.0.0.1',
    '0.0.0.0',
    '::',
    '::2',
    '::ffff:192.0.2.1',
    '::127.0.0.1',
    'localhost',
    '[::1]',
    '127.1',
    '',
  ];
  assert.deepEqual([...local, ...other].filter(isLoopback), local);
});

const routes: [string, string, boolean][] = [
  ['ietf-dots-signal-channel:mitigation-scope', '.well-known/dots/mitigate/cuid=c/mid=9', false],
  ['ietf-dots-signal-channel:signal-config', '.well-known/dots/config/sid=9', true],
  ['ietf-dots-signal-channel:heartbeat', '.well-known/dots/hb', false],
  ['ietf-dots-signal-channel:redirected-signal', '.well-known/dots/redirect/cuid=c/mid=9', false],
  ['ietf-dots-telemetry:telemetry-setup', '.well-known/dots/tm-setup/cuid=c/tsid=9', true],
  ['ietf-dots-telemetry:telemetry', '.well-known/dots/tm/cuid=c/tmid=9', false],
];
for (const [member, path, confirmable] of routes) {
  test(`${member} goes to ${path}`, () => {
    const resource = resourceOf({ [member]: {} });
    assert.equal(pathOf(resource, 'c', 9).join('/'), path);
    assert.equal(resource.confirmable, confirmable);
  });
}

test('a document of the data channel, or of no kind, is not sent', () => {
  const codeOf = (member: string): string | undefined => {
    try {
      resourceOf({ [member]: {} });
    } catch (error) {
      return error instanceof DotsError ? error.code : undefined;
    }
    return undefined;
  };
  assert.equal(codeOf('ietf-dots-data-channel:acls'), 'signal/data-channel-document');
  assert.equal(codeOf('anything'), 'signal/unknown-document');
});

test('an answer is read whatever it contains', () => {
  const document = { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 1, lifetime: 2 }] } };
  const content = (code: string, payload: Uint8Array, format?: number) => ({
    code,
    payload,
    options: format === undefined ? [] : [option('Content-Format', format)],
  });
  assert.deepEqual(readAnswer(content('2.01', encodeDocument(document), 271), 5, asked).body, document);
  assert.deepEqual(readAnswer(content('4.09', encodeDocument(document), 271), 5, asked).body, document);
  const noise = readAnswer(content('2.05', Buffer.from('ff00', 'hex'), 271), 5, asked);
  assert.equal(noise.ok, true);
  assert.equal(noise.body, undefined);
  assert.deepEqual([noise.broken, noise.diagnostic], [true, undefined]);
  assert.match(noise.notes?.[0] ?? '', /^The body of the answer could not be read: /);
  const cut = readAnswer(content('2.05', encodeDocument(document).subarray(0, -1), 271), 5, asked);
  assert.deepEqual(cut.body, { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 1 }] } });
  assert.equal(cut.broken, true);
  assert.match(cut.notes?.[0] ?? '', /^The body of the answer was read in part: The data ends where/);
  const interrupted = readAnswer({ ...content('2.01', encodeDocument(document), 271), interrupted: '4.08' }, 5, put);
  assert.deepEqual([interrupted.ok, interrupted.broken, interrupted.body], [true, true, document]);
  assert.deepEqual(interrupted.notes, [
    'The server answered 4.08 instead of a later block of its answer, which was read as far as it came.',
  ]);
  const refused = readAnswer(content('4.00', Buffer.from(`no\u001b[31m\r\nway \u202e${'x'.repeat(5000)}`)), 5, asked);
  assert.equal(refused.ok, false);
  assert.ok((refused.diagnostic ?? '').length <= 1000);
  assert.doesNotMatch(refused.diagnostic ?? '', /[\p{Cc}\p{Cf}]/u);
  assert.deepEqual(readAnswer(content('2.02', new Uint8Array()), 5, withdrawn), {
    code: '2.02',
    ok: true,
    roundTripMs: 5,
    request: withdrawn,
  });
  const waits = (code: string): number | undefined =>
    readAnswer({ code, payload: new Uint8Array(), options: [option('Max-Age', 90)] }, 5, asked).maxAge;
  assert.deepEqual(['5.03', '4.29', '2.05'].map(waits), [90, 90, undefined]);
  for (const [code, format] of [
    ['2.01', 271],
    ['4.04', 0],
  ] as const) {
    assert.deepEqual(readAnswer(content(code, Buffer.from('f6', 'hex'), format), 5, put), {
      code,
      ok: code === '2.01',
      roundTripMs: 5,
      request: put,
      notes: ['The body of the answer is empty CBOR (f6), which is treated as no body.'],
    });
  }
});

test('only the success codes of the method that was asked count as success', () => {
  const successes = { GET: ['2.05'], PUT: ['2.01', '2.04'], DELETE: ['2.02'] } as const;
  for (const [method, codes] of Object.entries(successes)) {
    for (const code of ['2.00', '2.01', '2.02', '2.03', '2.04', '2.05', '2.31', '4.04', '5.00', '3.00']) {
      const request = { method: method as keyof typeof successes, path: '/a', octets: 0 };
      const { ok, notes } = readAnswer({ code, payload: new Uint8Array(), options: [] }, 5, request);
      assert.equal(ok, (codes as readonly string[]).includes(code), `${method} ${code}`);
      assert.equal(notes !== undefined, code.startsWith('2.') && !ok, `${method} ${code}`);
    }
  }
});

test('an answer for another mid is reported, whatever its code', () => {
  const request = { method: 'PUT', path: '/.well-known/dots/mitigate/cuid=c/mid=1', octets: 1 } as const;
  const answerFor = (mid: number, code: string): Answer =>
    readAnswer(
      {
        code,
        payload: encodeDocument({ 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid, lifetime: 3600 }] } }),
        options: [option('Content-Format', 271)],
      },
      5,
      request,
    );
  const own = answerFor(1, '2.01');
  assert.deepEqual([own.notes, grantedLifetime(own)], [undefined, 3600]);
  assert.equal(grantedLifetime(answerFor(1, '4.09')), undefined);
  for (const code of ['2.01', '2.04', '4.09']) {
    const other = answerFor(65_535, code);
    assert.deepEqual(
      [other.notes, grantedLifetime(other)],
      [['The answer is for mid 65535 (lifetime 3600 s), and the request was for mid 1.'], undefined],
    );
  }
});

test('what a server departs from the RFC in is noted, and the rest is read', () => {
  const options = [option('Uri-Path', 'mitigate'), option('Content-Format', 271)];
  // {1: {2: [{5: 1, 14: null, 16: 99, 100: 1}]}}
  const payload = Buffer.from('a101a10281a40501' + '0ef6' + '101863' + '186401', 'hex');
  const status = readAnswer({ code: '2.05', options, payload }, 5, { ...asked, observe: true });
  assert.deepEqual(status.body, { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ mid: 1 }] } });
  const scope = '/ietf-dots-signal-channel:mitigation-scope/scope/0';
  assert.deepEqual(status.notes, [
    'The answer repeats options of the request, which are ignored: Uri-Path.',
    'The answer has no Observe option (RFC 7641 section 3.2); it and the notifications are used all the same.',
    `Left out: The value in ${scope}/lifetime is null, at offset 9.`,
    `Left out: The value in ${scope}/status is the integer 99, at offset 11.`,
    `Left out: The comprehension-required key 100 is not known in ${scope}, at offset 13.`,
  ]);
  const plain = readAnswer({ code: '2.05', options: [option('Observe', 3)], payload: new Uint8Array() }, 5, {
    ...asked,
    observe: true,
  });
  assert.equal(plain.notes, undefined);
});

test('whatever octets and options an answer has, it is read', () => {
  const whole = encodeDocument({
    'ietf-dots-signal-channel:mitigation-scope': {
      scope: [{ mid: 1, 'target-prefix': ['192.0.2.0/24'], lifetime: 60 }],
    },
  });
  const spoilt = fc
    .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 })
    .map((changes) => changes.reduce((copy, [at, octet]) => copy.fill(octet, at, at + 1), Uint8Array.from(whole)));
  const answer = fc.record({
    code: fc.constantFrom('2.01', '2.04', '2.05', '2.31', '3.00', '4.09', '4.13', '5.03'),
    payload: fc.oneof(spoilt, fc.uint8Array({ maxLength: 40 })),
    options: fc.array(
      fc.record({
        number: fc.constantFrom(1, 4, 6, 11, 12, 14, 17, 23, 27, 60, 250),
        value: fc.uint8Array({ maxLength: 9 }),
      }),
      { maxLength: 4 },
    ),
  });
  fc.assert(
    fc.property(answer, fc.constantFrom(asked, put, withdrawn), (content, request) => {
      const { code, notes } = readAnswer(
        { ...content, options: [...content.options, option('Content-Format', 271)] },
        5,
        {
          ...request,
          path: '/.well-known/dots/mitigate/cuid=c/mid=1',
        },
      );
      assert.equal(code, content.code);
      assert.ok((notes ?? []).every((note) => !/[\p{Cc}\p{Cf}]/u.test(note)));
    }),
    { numRuns: 3000 },
  );
});

test('a list of mitigations counts as whole only where each entry has its mid', () => {
  const list = (scope: JsonValue): JsonObject => ({ 'ietf-dots-signal-channel:mitigation-scope': { scope } });
  assert.deepEqual(listedMids({ body: list([{ mid: 1 }, { mid: 2 }]) }), new Set([1, 2]));
  assert.deepEqual(listedMids({ body: list([]) }), new Set());
  assert.equal(listedMids({ body: list([{ mid: 1 }, {}]) }), undefined);
  assert.equal(listedMids({ body: list([{ mid: 1 }]), broken: true }), undefined);
  for (const body of [{}, { 'ietf-dots-signal-channel:mitigation-scope': {} }])
    assert.equal(listedMids({ body }), undefined);
  assert.equal(listedMids({}), undefined);
});

test('a request that went in blocks comes with a word on a full link', () => {
  const noteOf = (name: string): string | undefined =>
    readAnswer({ code: '2.04', options: [], payload: new Uint8Array() }, 5, {
      method: 'PUT',
      path: `/.well-known/dots/${name}/cuid=c/x=1`,
      octets: 3000,
      blocks: 3,
    }).notes?.[0];
  assert.match(noteOf('tm') ?? '', /^The request was sent in 3 blocks\. .*fails on a full link.*RFC 9244 section 4\.2/);
  assert.match(noteOf('mitigate') ?? '', /RFC 9132 section 7\.3/);
});

test('4.13 is reported with the sizes that the server names', () => {
  const notesFor = (...options: CoapOption[]): string[] | undefined =>
    readAnswer({ code: '4.13', payload: new Uint8Array(), options }, 5, { ...asked, method: 'PUT' }).notes;
  const block = blockOption('Block1', { number: 0, more: false, size: 64 });
  assert.equal(notesFor(), undefined);
  assert.match(notesFor(option('Size1', 16_384))?.[0] ?? '', /accepts bodies of at most 16384 octets \(/);
  assert.match(notesFor(block)?.[0] ?? '', /accepts blocks of 64 octets/);
  assert.match(notesFor(block, option('Size1', 900))?.[0] ?? '', /at most 900 octets, in blocks of 64 octets/);
});

test('the zone of a link-local address is part of the address, with and without percent encoding', () => {
  for (const text of ['coaps://[fe80::1%25eth0]:4647', 'coaps://[fe80::1%eth0]:4647'])
    assert.deepEqual(parseServer(text), { scheme: 'coaps', host: 'fe80::1%eth0', port: 4647 });
  assert.deepEqual(parseServer('[fe80::1%25en0.1]'), { host: 'fe80::1%en0.1', port: 4646 });
  assert.deepEqual(parseServer('fe80::1%en0'), { host: 'fe80::1%en0', port: 4646 });

  test('an internationalized host is read as the name in the DNS and in certificates', () => {
    assert.deepEqual(parseServer('coaps://b\u00fccher.example'), {
      scheme: 'coaps',
      host: 'xn--bcher-kva.example',
      port: 4646,
    });
    assert.deepEqual(parseServer('B\u00dcCHER.example:5000'), { host: 'xn--bcher-kva.example', port: 5000 });
    assert.deepEqual(parseServer('xn--bcher-kva.example'), { host: 'xn--bcher-kva.example', port: 4646 });
    assert.throws(() => parseServer('coap://b\u00fccher.example'), /is not a loopback address/);
    for (const wrong of ['coaps://xn--\u00fc.example', 'coaps://\u00ad'])
      assert.throws(() => parseServer(wrong), /is not the address of a DOTS server/, wrong);
  });
  assert.deepEqual(parseServer('coap://[::1%25lo]'), { scheme: 'coap', host: '::1%lo', port: 4646 });
  assert.ok(isLoopback('::1%lo') && !isLoopback('fe80::1%lo'));
});

const misspelled: [server: string, why: RegExp][] = [
  ['coaps://dots.example.net%25eth0', /only a link-local IPv6 address has a zone/],
  ['dots.example.net%eth0:4646', /only a link-local IPv6 address has a zone/],
  ['coaps://192.0.2.1%25eth0', /only a link-local IPv6 address has a zone/],
  ['coaps://[fe80::1%25]', /has a zone, in brackets\. .* the name of an interface/],
  ['coaps://[fe80::1%25a b]', /contains a blank/],
  ['coaps://fe80::1%25eth0', /has a zone, in brackets/],
  ['coaps://[fe80::1]', /is a link-local address.*Add the interface/],
  ['febf::7', /is a link-local address.*Add the interface/],
  ['coaps://2001:db8::1', /needs brackets/],
  ['2001:db8::1:4646x', /needs brackets/],
  ['coaps:dots.example.net', /not followed by :\/\//],
  ['coaps:/dots.example.net', /not followed by :\/\//],
  ['coaps://edge@dots.example.net', /names a user/],
  ['dots.example.net/.well-known', /has a path/],
  ['coaps://dots.example.net?c=a', /has a path/],
  ['coaps://dots.example.net:', /no port after the colon/],
  ['coaps://dots.example.net:0', /no port after the colon.*1 to 65535/],
  ['coaps://dots.example.net:dots', /port is not a number/],
  ['coaps://[2001:db8::1]:dots', /port is not a number/],
  ['dots.example.net:65536', /port is above 65535/],
  ['coaps://[2001:db8::1]:65536', /port is above 65535/],
  ['coaps://two words', /contains a blank/],
  ['coaps://', /such as coaps:\/\//],
];

for (const [server, why] of misspelled) {
  test(`what is wrong with the address "${server}"`, () => {
    assert.throws(
      () => parseServer(server),
      (error: unknown) => {
        assert.match(describeError(error), why);
        return error instanceof DotsError && error.code === 'transport/address' && error.kind === 'usage';
      },
    );
  });
}
