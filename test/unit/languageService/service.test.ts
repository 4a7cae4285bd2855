import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLanguageService } from '#service/service';
import { textIn, validate } from '../../support/caret';

const service = createLanguageService();
const request =
  '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{\n  "target-prefix": ["192.0.2.0/33"],\n  "target-port-range": [{"lower-port": 90, "upper-port": 80}],\n  "lifetim": 3600\n}]}}';

test('faults are placed at the smallest range, in text order', () => {
  const { type, findings } = validate(request);
  assert.equal(type?.kind, 'mitigation-scope');
  const placed = findings.map(({ code, range }) => [code, textIn(request, range)]);
  assert.deepEqual(
    placed.filter(([code]) => code?.startsWith('yang')),
    [
      ['yang/invalid-value', '"192.0.2.0/33"'],
      ['yang/must', '80'],
      ['yang/unknown-member', '"lifetim"'],
    ],
  );
  assert.ok(
    findings.every(
      ({ range }, index) => index === 0 || (findings[index - 1]?.range.start.line ?? 0) <= range.start.line,
    ),
  );
});

test('ranges are those of the text under CRLF, a byte order mark and astral characters', () => {
  const marked = `\ufeff${request.replace('{\n', '{"x\u{1f642}": 1,').replace(/\n/g, '\r\n')}`;
  const pieces = validate(marked).findings.map(({ range }) => textIn(marked, range));
  for (const piece of ['\ufeff', '"x\u{1f642}"', '"192.0.2.0/33"', '80', '"lifetim"'])
    assert.ok(pieces.includes(piece), piece);
});

test('a missing member is shown at the object that lacks it', () => {
  const text = '{"ietf-dots-data-channel:acls": {"acl": [{\n"name": "a", "aces": {"ace": [{"name": "one"}]}}]}}';
  const finding = validate(text).findings.find(({ code }) => code === 'yang/missing-member');
  assert.equal(finding && textIn(text, finding.range), '{"name": "one"}');
});

test('related places have their ranges', () => {
  const text =
    '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"target-prefix": ["192.0.2.0/24"], "lifetime": 1, "mid": 1, "attack-status": "under-attack"}]}}';
  const finding = validate(text).findings.find(({ code }) => code === 'yang/choice');
  assert.deepEqual(
    finding?.related?.map(({ range }) => textIn(text, range)),
    ['"mid"'],
  );
});

test('a document of no known kind gets one finding that helps', () => {
  const cases: [text: string, message: RegExp, place: string][] = [
    ['{"foo": 1}', /ietf-dots-signal-channel:mitigation-scope, .*vendor-mapping\.$/, '"foo"'],
    ['{}', /empty: it needs one of/, '{}'],
    ['{"mitigation-scope": {}}', /did you mean "ietf-dots-signal-channel:mitigation-scope"\?/, '"mitigation-scope"'],
    [
      '{"ietf-dots-data-chanel:acl": {}}',
      /did you mean "ietf-dots-data-channel:acls"\?/,
      '"ietf-dots-data-chanel:acl"',
    ],
    [
      '{"ietf-access-control-list:acls": {}}',
      /did you mean "ietf-dots-data-channel:acls"\?/,
      '"ietf-access-control-list:acls"',
    ],
    ['[{}]', /JSON object, in braces/, '[{}]'],
    ['"text"', /JSON object, in braces/, '"text"'],
  ];
  for (const [text, message, place] of cases) {
    const { type, findings } = validate(text);
    assert.equal(type, undefined);
    assert.deepEqual(
      findings.map(({ range }) => textIn(text, range)),
      [place],
    );
    assert.match(findings[0]?.message ?? '', message);
  }
});

test('after a syntax error only what is before it is checked', () => {
  const codes = (text: string): string[] =>
    validate(text)
      .findings.map(({ code }) => code)
      .filter((code) => !code.startsWith('rfc'));
  assert.deepEqual(codes(request.slice(0, request.indexOf('"lifetim') + 6)), [
    'yang/invalid-value',
    'yang/must',
    'json/syntax',
  ]);
  assert.deepEqual(codes(request.replace('90,', '90')), [
    'yang/invalid-value',
    'json/comma-missing',
    'yang/must',
    'yang/unknown-member',
  ]);
  assert.deepEqual(codes('{"ietf-dots-data-channel:acls": {"acl": [{"name": '), ['json/syntax']);
  assert.deepEqual(codes('{'), ['json/syntax']);
});

test('comments and trailing commas are faults except in .jsonc', () => {
  const text = '{ // the peer\n "ietf-dots-signal-channel:heartbeat": {"peer-hb-status": true,} }';
  assert.deepEqual(validate(text, 'a.jsonc').findings, []);
  assert.deepEqual(
    validate(text, 'a.json').findings.map(({ code }) => code),
    ['json/comment', 'json/trailing-comma'],
  );
});

test('level strict reports what level practice tolerates', () => {
  const text =
    '{"ietf-dots-data-channel:acls": {"acl": [{"name": "a", "type": "ipv4-acl-type", "aces": {"ace": [{"name": "b", "actions": {"forwarding": "drop"}}]}}]}}';
  const errors = (level: 'practice' | 'strict'): number =>
    service.validate(text, { level }).findings.filter(({ class: of }) => of === 'yang').length;
  assert.equal(errors('practice'), 0);
  assert.equal(errors('strict'), 2);
});

test('documentInfo names the kind and the line of the top-level member', () => {
  assert.deepEqual(service.documentInfo('{\n\n"ietf-dots-signal-channel:heartbeat": {"peer-hb-status": true}}'), {
    type: validate('{"ietf-dots-signal-channel:heartbeat": {}}').type,
    line: 2,
  });
  assert.deepEqual(service.documentInfo('{"foo": 1}'), { type: undefined, line: undefined });
});

test('every prefix and every one-character deletion of a document is checked, completed and hovered without an exception', () => {
  for (let at = 0; at <= request.length; at += 1) {
    for (const text of [request.slice(0, at), request.slice(0, at) + request.slice(at + 1)]) {
      const document = service.parse(text);
      service.validate(document);
      const position = document.lines.positionAt(at);
      service.complete(document, position);
      service.hover(document, position);
      service.documentInfo(document);
    }
  }
});

test('a large document is read without recursion and in one pass per question', () => {
  const ace = Array.from({ length: 5000 }, (_, index) => ({
    name: `ace-${index}`,
    matches: { ipv4: { protocol: index === 4321 ? 999 : 17 } },
    actions: { forwarding: 'drop' },
  }));
  const text = JSON.stringify(
    {
      'ietf-dots-data-channel:acls': {
        acl: [{ name: 'large', type: 'ietf-access-control-list:ipv4-acl-type', aces: { ace } }],
      },
    },
    null,
    2,
  );
  const { findings } = validate(text);
  const wrong = findings.filter(({ class: of }) => of === 'yang');
  assert.deepEqual(
    wrong.map(({ pointer, range }) => [pointer, textIn(text, range)]),
    [['/ietf-dots-data-channel:acls/acl/0/aces/ace/4321/matches/ipv4/protocol', '999']],
  );
});

const codes = (findings: readonly { code: string }[]): string[] => findings.map(({ code }) => code);

test('a document with more faults than anybody reads ends in one sentence', () => {
  const { findings } = validate(
    `{"ietf-dots-signal-channel:mitigation-scope": {"scope": [${'{},'.repeat(70_000)}{}]}}`,
  );
  assert.deepEqual(
    codes(findings).filter((code) => code.startsWith('json/')),
    ['json/too-many-faults'],
  );
  assert.ok(findings.length < 5010);
});

test('a request that fills a datagram has a finding with its size', () => {
  const request = (count: number): string =>
    JSON.stringify({
      'ietf-dots-signal-channel:mitigation-scope': {
        scope: [
          { 'target-prefix': Array.from({ length: count }, (_, index) => `192.0.2.${index}/32`), lifetime: 3600 },
        ],
      },
    });
  assert.deepEqual(codes(validate(request(10)).findings), []);
  const near = validate(request(65)).findings;
  assert.deepEqual(
    near.map(({ code, severity }) => [code, severity]),
    [['advice/datagram-size', 'information']],
  );
  const [over] = validate(request(120)).findings;
  assert.equal(over?.severity, 'warning');
  assert.match(over?.message ?? '', /has \d+ octets of CBOR/);
});

test('a document that one member makes an answer says so at that member, unless its direction is stated', () => {
  const notice = 'advice/judged-as-answer';
  const cases: [text: string, member: string][] = [
    [
      '{"ietf-dots-data-channel:aliases": {"alias": [{"name": "a"}, {"name": "b", "pending-lifetime": 9}]}}',
      'pending-lifetime',
    ],
    ['{"ietf-dots-data-channel:acls": {"acl": [{"aces": {"ace": [{"statistics": {}}]}}]}}', 'statistics'],
    ['{"ietf-dots-data-channel:dots-client": [{"acls": {"acl": [{"pending-lifetime": 9}]}}]}', 'pending-lifetime'],
    ['{"ietf-dots-data-channel:dots-data": {"capabilities": {}}}', 'capabilities'],
    ['{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"status": "attack-stopped"}]}}', 'status'],
    ['{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{"mid": 1}]}}', 'mid'],
    ['{"ietf-dots-signal-channel:signal-config": {"idle-config": {"max-retransmit": {"min-value": 2}}}}', 'min-value'],
    ['{"ietf-dots-telemetry:telemetry-setup": {"telemetry": [{"tsid": 1}]}}', 'tsid'],
    ['{"ietf-dots-telemetry:telemetry": {"pre-or-ongoing-mitigation": [{"tmid": 1}]}}', 'tmid'],
  ];
  for (const [text, member] of cases) {
    const found = validate(text).findings.filter(({ code }) => code === notice);
    assert.deepEqual(
      found.map(({ severity, range }) => [severity, textIn(text, range)]),
      [['information', `"${member}"`]],
      text,
    );
    for (const direction of ['request', 'status'] as const)
      assert.ok(
        service.validate(text, { direction }).findings.every(({ code }) => code !== notice),
        direction,
      );
  }
  assert.ok(validate(request).findings.every(({ code }) => code !== notice));
});
