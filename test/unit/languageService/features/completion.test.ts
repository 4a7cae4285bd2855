import assert from 'node:assert/strict';
import { test } from 'node:test';
import { documentTypes } from '#dots/model/documents';
import { createLanguageService } from '#service/service';
import { templates } from '#service/knowledge/templates';
import { accepted, completeAt, validate, withCaret } from '../../../support/caret';

const service = createLanguageService();
const scope = (inside: string): string => `{"ietf-dots-signal-channel:mitigation-scope": {"scope": [{${inside}`;
const acl = (inside: string): string => `{"ietf-dots-data-channel:acls": {"acl": [{"name": "a", ${inside}`;
const labels = (marked: string): string[] =>
  completeAt(marked)
    .sort((a, b) => (a.sortText < b.sortText ? -1 : 1))
    .map(({ label }) => label);

test('an empty text is offered every kind of document, whole', () => {
  const kinds = documentTypes.map(({ title }) => title);
  assert.deepEqual(labels('|').slice(0, kinds.length), kinds);
  assert.deepEqual(labels(' \n|\n'), labels('|'));
  assert.deepEqual(labels('mit|'), labels('|'));
  assert.deepEqual(labels('{} |'), []);
});

for (const { title, kind } of documentTypes) {
  test(`the skeleton of ${title} is JSON of that kind once its blanks are filled`, () => {
    const text = accepted('|', title)
      .replace(/: (?=[,\n}])/g, ': 1')
      .replace(/(?<=: )(?= })/g, '1');
    const { type, findings } = validate(text);
    assert.equal(type?.kind, kind);
    assert.deepEqual(
      findings.filter(({ code }) => /^json|unknown-member|missing|wrong-type/.test(code)),
      [],
      text,
    );
  });
}

const ownNames: Readonly<Record<string, string>> = { policy: 'x.orchestrator.json', clients: 'dots.clients.json' };

for (const { label, fits } of templates) {
  if (!('form' in fits)) continue;
  test(`the template "${label}" is offered in an empty text, and is a document without errors`, () => {
    const name = ownNames[fits.form] ?? 'a.dots.json';
    const empty = service.parse('', name);
    const item = service.complete(empty, { line: 0, character: 0 }).find((each) => each.label === label);
    const { findings } = service.validate(service.parse(item?.text ?? '', name));
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'error'),
      [],
    );
  });
}

test('templates are offered only where they fit', () => {
  const isTemplate = (label: string): boolean => templates.some((each) => each.label === label);
  assert.deepEqual(labels(scope('"target-protocol": [|]')).filter(isTemplate), []);
  assert.deepEqual(labels(scope('|')).filter(isTemplate), []);
  assert.deepEqual(labels(acl('"aces": {"ace": [|]}}]}}')).filter(isTemplate), ['Rate-limiting rule (ACE)']);
  assert.deepEqual(labels('{|}').filter(isTemplate), []);
});

test('the root object is offered the top-level members, until it has one', () => {
  assert.deepEqual(
    labels('{|}'),
    documentTypes.map(({ topMember }) => topMember),
  );
  assert.deepEqual(labels('{|, "ietf-dots-data-channel:acls": {}}'), []);
});

test('members come with the required first, then the usual, and those of the server last', () => {
  const offered = labels(scope('|'));
  assert.deepEqual(offered.slice(0, 4), ['target-prefix', 'target-port-range', 'target-protocol', 'lifetime']);
  assert.ok(!offered.includes('status') && !offered.includes('mid'));
  const answered = labels(scope('"mitigation-start": "1", |'));
  assert.ok(answered.indexOf('status') > answered.indexOf('ietf-dots-call-home:source-prefix'));
  assert.deepEqual(labels(acl('"aces": {"ace": [{|')).slice(0, 3), ['name', 'actions', 'matches']);
});

test('members of a match are offered in the order of use: destination first, dscp after', () => {
  const inIpv4 = labels(acl('"aces": {"ace": [{"name": "b", "matches": {"ipv4": {|}}}]}}]}}'));
  assert.deepEqual(inIpv4.slice(0, 3), ['destination-ipv4-network', 'source-ipv4-network', 'protocol']);
  assert.ok(inIpv4.indexOf('dscp') > 3);
  const inUdp = labels(acl('"aces": {"ace": [{"name": "b", "matches": {"udp": {|}}}]}}]}}'));
  assert.equal(inUdp[0], 'destination-port-range-or-operator');
  assert.deepEqual(labels(scope('"target-prefix": [], "target-protocol": [], "lifetime": 60, |')).slice(0, 3), [
    'target-port-range',
    'target-fqdn',
    'target-uri',
  ]);
});

test('ports at a target begin with services, and at a source with reflectors', () => {
  const first = (member: string): string | undefined => labels(scope(`"${member}": [{"lower-port": |}]`))[0];
  assert.equal(first('target-port-range'), '80');
  assert.equal(first('ietf-dots-call-home:source-port-range'), '53');
  const inUdp = (member: string): string | undefined =>
    labels(acl(`"aces": {"ace": [{"name": "b", "matches": {"udp": {"${member}": {"port": |}}}}]}}]}}`))[0];
  assert.equal(inUdp('destination-port-range-or-operator'), '80');
  assert.equal(inUdp('source-port-range-or-operator'), '53');
});

test('members that their surroundings exclude are not offered', () => {
  const matches = (type: string): string[] =>
    labels(acl(`${type}"aces": {"ace": [{"name": "b", "matches": {|}}]}}]}}`)).filter((label) =>
      label.startsWith('ip'),
    );
  assert.deepEqual(matches('"type": "ipv4-acl-type", '), ['ipv4']);
  assert.deepEqual(matches('"type": "ietf-access-control-list:ipv6-acl-type", '), ['ipv6']);
  assert.deepEqual(matches('').sort(), ['ipv4', 'ipv6']);
  const actions = (forwarding: string): string[] =>
    labels(acl(`"aces": {"ace": [{"name": "b", "actions": {${forwarding}|}}]}}]}}`));
  assert.ok(actions('"forwarding": "accept", ').includes('rate-limit'));
  assert.ok(!actions('"forwarding": "drop", ').includes('rate-limit'));
  assert.ok(!actions('"forwarding": "drop" ').includes('rate-limit'));
});

test('members that are there, before or after the caret, are not offered', () => {
  const offered = labels(scope('"lifetime": 1, |, "target-prefix": [], "x": {"alias-name": 1}}]}}'));
  assert.ok(!offered.includes('lifetime') && !offered.includes('target-prefix') && offered.includes('alias-name'));
});

test('members that another case of a choice excludes are not offered', () => {
  assert.ok(!labels(scope('"attack-status": "under-attack", |')).includes('status'));
  assert.ok(!labels(scope('"status": "attack-stopped", |')).includes('attack-status'));
  assert.deepEqual(labels(acl('"aces": {"ace": [{"matches": {"udp": {}, |')), ['ipv4', 'ipv6']);
  assert.deepEqual(
    labels(acl('"aces": {"ace": [{"matches": {"udp": {"source-port-range-or-operator": {"port": 53, |')),
    ['operator'],
  );
});

test('values that the list has are not offered again, but the one at the caret is', () => {
  const rest = labels(scope('"target-protocol": [17, |]'));
  assert.ok(rest.includes('6') && !rest.includes('17'));
  assert.ok(labels(scope('"target-protocol": [17|, 6]')).includes('17'));
  assert.ok(!labels(scope('"target-protocol": [|, 6]')).includes('6'));
});

test('a comma that is missing at the very place of the edit is part of it, as LSP allows no two edits at one place', () => {
  for (const [marked, label, result] of [
    ['{"target-prefix": ["192.0.2.0/24"]|}', 'lifetime', '{"target-prefix": ["192.0.2.0/24"], "lifetime": 3600}'],
    [
      '{"target-port-range": [{"lower-port": 80}|]}',
      '{ }',
      '{"target-port-range": [{"lower-port": 80}, {\n  "lower-port": \n}]}',
    ],
    ['{"target-protocol": [6|17]}', '17', '{"target-protocol": [17]}'],
  ] as const) {
    const open = '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [';
    const item = completeAt(`${open}${marked}]}}`).find((one) => one.label === label);
    assert.equal(item?.comma, undefined);
    assert.equal(accepted(`${open}${marked}]}}`, label), `${open}${result}]}}`);
  }
});

test('nothing is offered in a comment, and nothing before a value that is there', () => {
  const inside = [
    '// |',
    '/* | */',
    '/* tar| */',
    '// "lifetime|\n',
    '/|* x */',
    '"lifetime": 1, // "x": 1 |\n',
    '/* tar|',
    '"lifetime": /* | */ 1',
  ];
  for (const marked of inside) assert.deepEqual(labels(scope(marked)), [], marked);
  for (const marked of ['6, /* | */ 17', '// |\n6'])
    assert.deepEqual(labels(scope(`"target-protocol": [${marked}]`)), []);
  assert.deepEqual(labels('// |\n{}'), []);
  for (const marked of ['/* x */ |', '// x\n|', '/* x */|'])
    assert.ok(labels(scope(marked)).includes('lifetime'), marked);
  assert.deepEqual(labels(scope('"target-protocol":| [6]')), []);
  assert.deepEqual(labels(scope('"lifetime": | 60')), []);
});

test('what the checker refuses is not offered, and not among the choices of what is', () => {
  const ace = (inside: string, family = 'ipv4'): string =>
    acl(
      `"type": "${family}-acl-type", "activation-type": "immediate", "aces": {"ace": [{"name": "b", ${inside}}]}}]}}`,
    );
  assert.deepEqual(labels(acl('"type": "|", "aces": {}}]}}')), ['ipv4-acl-type', 'ipv6-acl-type']);
  assert.deepEqual(labels(ace('"actions": {"forwarding": "|"}')).sort(), ['accept', 'drop']);
  const fragment = (family: string): string[] =>
    labels(ace(`"matches": {"${family}": {"fragment": {"operator": "match", "type": "|"}}}`, family));
  assert.ok(fragment('ipv4').includes('df') && !fragment('ipv6').includes('df') && fragment('ipv6').includes('isf'));
  const whole = completeAt(ace('"matches": {"ipv6": {|}}', 'ipv6')).find(({ label }) => label === 'fragment');
  assert.match(whole?.snippet ?? '', /isf/);
  assert.doesNotMatch(whole?.snippet ?? '', /\bdf\b/);
  const typed = ace('"matches": {"ipv4": {"protocol": 6}}').replace('"ipv4-acl-type"', '"|"');
  assert.deepEqual(labels(typed), ['ipv4-acl-type']);
  const answer = [
    'mid',
    'mitigation-start',
    'status',
    'conflict-information',
    'bytes-dropped',
    'bps-dropped',
    'pkts-dropped',
    'pps-dropped',
  ];
  const offered = labels(scope('"target-prefix": ["192.0.2.0/24"], "lifetime": 3600, |}]}}'));
  assert.deepEqual(
    answer.filter((name) => offered.includes(name)),
    [],
  );
  assert.ok(!labels(acl('"type": "ipv4-acl-type", |}]}}')).includes('pending-lifetime'));
  const { text, position } = withCaret(scope('"target-prefix": ["192.0.2.0/24"], |}]}}'));
  const asAnswer = createLanguageService().complete(text, position, { direction: 'status' });
  assert.ok(asAnswer.some(({ label }) => label === 'status'));
  assert.ok(!labels(scope('"target-port-range": [{"lower-port": 443, "upper-port": |}]')).includes('80'));
});

test('bits are added to those that are there, or replace the one at the caret', () => {
  const bits = (flags: string): Map<string, string> =>
    new Map(
      completeAt(acl(`"aces": {"ace": [{"matches": {"tcp": {"flags": ${flags}}}}]}}]}}`)).map(({ label, text }) => [
        label,
        text,
      ]),
    );
  assert.equal(bits('"syn |"').get('ack'), '"syn ack"');
  assert.equal(bits('"syn |"').get('syn'), undefined);
  assert.equal(bits('"syn a|"').get('ack'), '"syn ack"');
  assert.equal(bits('"sy| ack"').get('syn'), '"syn ack"');
  assert.equal(bits('"| ack"').get('syn'), '"syn ack"');
  assert.equal(bits('"sy|"').get('syn'), '"syn"');
  assert.equal(bits('|').get('syn'), '"syn"');
});

test('nothing is offered where nothing is known or nothing fits', () => {
  assert.deepEqual(labels('{"foo": {|'), []);
  assert.deepEqual(labels(scope('"target-prefix": ["|"]')), []);
  assert.deepEqual(labels(scope('"lifetime" |')), []);
  assert.deepEqual(labels(scope('"unknown": {|')), []);
});

const typed: [name: string, marked: string, label: string, result: string][] = [
  ['a name begun, unclosed', '{"tar|\n}', 'target-protocol', '{"target-protocol": []\n}'],
  ['a name begun, closed', '{"tar|"}', 'target-protocol', '{"target-protocol": []}'],
  ['a bare name begun', '{tar|}', 'target-protocol', '{"target-protocol": []}'],
  ['a name that has its value', '{"tar|": [6]}', 'target-protocol', '{"target-protocol": [6]}'],
  [
    'a member after one without a comma',
    '{"lifetime": 1\n  "t|"}',
    'target-protocol',
    '{"lifetime": 1,\n  "target-protocol": []}',
  ],
  ['a member before another', '{|\n"lifetime": 1}', 'target-protocol', '{"target-protocol": [],\n"lifetime": 1}'],
  [
    'a member of an extension module',
    '{"source-pr|"}',
    'ietf-dots-call-home:source-prefix',
    '{"ietf-dots-call-home:source-prefix": [""]}',
  ],
  ['a list of objects', '{|}', 'target-port-range', '{"target-port-range": [\n  {\n    "lower-port": \n  }\n]}'],
  ['a default', '{"lifetime": |}', '3600', '{"lifetime": 3600}'],
  ['a boolean half-typed', '{"trigger-mitigation": fa|}', 'false', '{"trigger-mitigation": false}'],
  ['a label in quotes', '{"attack-status": "un|"}', 'under-attack', '{"attack-status": "under-attack"}'],
  ['a label without quotes', '{"attack-status": |}', 'under-attack', '{"attack-status": "under-attack"}'],
  ['a protocol by name', '{"target-protocol": [ud|]}', '17', '{"target-protocol": [17]}'],
  ['a protocol after another', '{"target-protocol": [6, |]}', '17', '{"target-protocol": [6, 17]}'],
  ['a value before another', '{"target-protocol": [| 6]}', '17', '{"target-protocol": [17, 6]}'],
  ['a value before a member', '{"lifetime": |\n"mid": 1}', '3600', '{"lifetime": 3600,\n"mid": 1}'],
  ['the object of an element', '{"target-port-range": [|]}', '{ }', '{"target-port-range": [{\n  "lower-port": \n}]}'],
];

for (const [name, marked, label, result] of typed) {
  test(`completion of ${name}`, () => {
    const open = '{"ietf-dots-signal-channel:mitigation-scope": {"scope": [';
    assert.equal(accepted(`${open}${marked}]}}`, label), `${open}${result}]}}`);
  });
}

test('values say what they mean', () => {
  const item = (marked: string, label: string): string => {
    const { detail, documentation } = completeAt(marked).find((one) => one.label === label) ?? {};
    return [detail, documentation].join(' ');
  };
  assert.match(item(scope('"target-protocol": [|'), '17'), /UDP/);
  assert.match(item(scope('"target-port-range": [{"lower-port": |'), '123'), /NTP/);
  assert.match(item(acl('"activation-type": |'), 'immediate'), /In force as soon as/);
  assert.match(item(acl('"aces": {"ace": [{"actions": {"forwarding": |'), 'drop'), /drop|thrown away|discard/i);
  assert.match(item(scope('"lifetime": |'), '3600'), /default, in seconds/);
});

test('the identities that DOTS uses come first', () => {
  assert.deepEqual(labels(acl('"type": |')).slice(0, 2), ['ipv4-acl-type', 'ipv6-acl-type']);
  assert.match(accepted('|', 'filtering rules (ACLs)'), /"forwarding": "ietf-access-control-list:drop"/);
});

test('identities are written with their module, and found by their bare name', () => {
  const item = completeAt(acl('"type": "ipv4|"')).find(({ label }) => label === 'ipv4-acl-type');
  assert.equal(item?.text, '"ietf-access-control-list:ipv4-acl-type"');
  assert.match(item?.filterText ?? '', /^"ipv4-acl-type/);
});

test('members show their type, their CBOR key and where to read on', () => {
  const item = completeAt(scope('|')).find(({ label }) => label === 'ietf-dots-signal-control:acl-list');
  assert.match(item?.documentation ?? '', /CBOR key: 53[\s\S]*rfc9133#section-3/);
  assert.match(
    completeAt(acl('"aces": {"ace": [{|')).find(({ label }) => label === 'actions')?.detail ?? '',
    /^required: /,
  );
});

test('the names of aliases and ACLs that related documents define, whatever characters they have', () => {
  const names = { aliases: ['web', 'a"b\\c', 'cost ${1:x} $2'], acls: ['drop'] };
  const aliases = completeAt(scope('"alias-name": ["|"]'), names);
  assert.deepEqual(
    aliases.map(({ text }) => JSON.parse(text) as string),
    names.aliases,
  );
  assert.equal(aliases[2]?.snippet, '"cost \\${1:x\\} \\$2"');
  const acls = completeAt(scope('"ietf-dots-signal-control:acl-list": [{"acl-name": |'), names);
  assert.deepEqual(
    acls.map(({ text }) => text),
    ['"drop"'],
  );
  assert.ok(completeAt(scope('"alias-name": ["web", "|"]'), names).every(({ label }) => label !== 'web'));
  assert.ok(completeAt(scope('"lifetime": |'), names).every(({ label }) => label !== 'web'));
});
