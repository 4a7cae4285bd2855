import assert from 'node:assert/strict';
import { test } from 'node:test';
import { account, describeCounts, type Count } from '#dots/flowspec/accounts';
import { DocumentErrors } from '#dots/flowspec/documents/errors';
import { Findings } from '#dots/flowspec/documents/findings';
import { unitAround, unitsOf } from '#dots/flowspec/documents/units';
import { translate, type FlowspecInput, type Translation } from '#dots/flowspec/translate';
import type { JsonObject, JsonValue } from '#dots/model/json';
import { aclDocument, aliasDocument, scopeDocument } from '../../support/flowspec/rules';

const acls = 'ietf-dots-data-channel:acls';
const scopes = 'ietf-dots-signal-channel:mitigation-scope';
const target = { 'target-prefix': ['192.0.2.10/32'], 'target-protocol': [17], lifetime: 3600 };
const matches = { ipv4: { 'destination-ipv4-network': '192.0.2.10/32' }, udp: {} };
const ace = { name: 'e', matches, actions: { forwarding: 'drop' } };
const acl = { name: 'l', type: 'ipv4-acl-type', aces: { ace: [ace] } };

function translated(...values: JsonObject[]): Translation {
  return translate(values.map((value, index) => ({ file: `${index}.json`, value })));
}

function errorsOf({ findings }: Translation): string[] {
  return findings.filter(({ severity }) => severity === 'error').map(({ code, pointer }) => `${code} ${pointer}`);
}

/** Documents from which something was once left out, or that became wider, without a word. */
const refused: [name: string, value: JsonObject, at: string][] = [
  ['no scope', { [scopes]: { scope: [] } }, `/${scopes}/scope`],
  ['no member', { [scopes]: {} }, `/${scopes}`],
  ['"acls" for "acl"', { [acls]: { acls: [acl] } }, `/${acls}/acls`],
  [
    '"acl" with the name of its module',
    { [acls]: { 'ietf-dots-data-channel:acl': [acl] } },
    `/${acls}/ietf-dots-data-channel:acl`,
  ],
  [
    '"scope" with the name of its module',
    { [scopes]: { 'ietf-dots-signal-channel:scope': [target] } },
    `/${scopes}/ietf-dots-signal-channel:scope`,
  ],
  ['"aces" in capitals', { [acls]: { acl: [{ ...acl, ACEs: { ace: [ace] } }] } }, `/${acls}/acl/0/ACEs`],
  ['"aces" for "ace"', { [acls]: { acl: [{ ...acl, aces: { aces: [ace] } }] } }, `/${acls}/acl/0/aces/aces`],
  ['a second list beside the first', { [acls]: { acl: [acl], acl2: [acl] } }, `/${acls}/acl2`],
  ['ACLs that are no list', { [acls]: { acl } }, `/${acls}/acl`],
  [
    'an entry that is not an object',
    { [acls]: { acl: [{ ...acl, aces: { ace: [7] } }] } },
    `/${acls}/acl/0/aces/ace/0`,
  ],
  ['the top-level member without its module', { acls: { acl: [acl] } }, ''],
  ['a second top-level member', { ...scopeDocument(target), ...aclDocument([{ matches }]) }, `/${acls}`],
  ['nothing', {}, ''],
  [
    'an empty list of protocols',
    { [scopes]: { scope: [{ ...target, 'target-protocol': [] }] } },
    `/${scopes}/scope/0/target-protocol`,
  ],
  [
    'an empty list of ports',
    { [scopes]: { scope: [{ ...target, 'target-port-range': [] }] } },
    `/${scopes}/scope/0/target-port-range`,
  ],
  [
    'an empty list of sources',
    { [scopes]: { scope: [{ ...target, 'ietf-dots-call-home:source-prefix': [] }] } },
    `/${scopes}/scope/0/ietf-dots-call-home:source-prefix`,
  ],
  [
    'a list of targets that is null',
    { [scopes]: { scope: [{ ...target, 'target-fqdn': null }] } },
    `/${scopes}/scope/0/target-fqdn`,
  ],
  [
    'two requests in one',
    scopeDocument(target, { ...target, 'target-prefix': ['192.0.2.20/32'] }),
    `/${scopes}/scope/1`,
  ],
  ['two ACEs of one name', { [acls]: { acl: [{ ...acl, aces: { ace: [ace, ace] } }] } }, `/${acls}/acl/0/aces/ace/1`],
  [
    'a lifetime that is missing',
    { [scopes]: { scope: [{ 'target-prefix': ['192.0.2.10/32'] }] } },
    `/${scopes}/scope/0`,
  ],
];

for (const [name, value, at] of refused) {
  test(`no rule, an error where it is, and no proof: ${name}`, () => {
    const result = translated(value);
    assert.deepEqual(result.rules, []);
    assert.ok(
      errorsOf(result).some((error) => error.endsWith(` ${at}`)),
      errorsOf(result).join('\n'),
    );
    assert.equal(result.equivalence.proved, 'unknown');
  });
}

test('an error touches its entry and no other', () => {
  const { rules, findings, counts } = translated(
    aclDocument([
      { matches, actions: { forwarding: 'drop', x: 1 } },
      { name: 'e2', matches },
    ]),
  );
  assert.deepEqual(
    rules.map(({ source }) => source.pointer),
    [`/${acls}/acl/0/aces/ace/1`],
  );
  assert.equal(findings.filter(({ severity }) => severity === 'error').length, 1);
  assert.deepEqual(counts.entry, { given: 2, rules: 1, errors: 1, excluded: 0 });
});

test('an error of an ACL touches all its entries, not those of another ACL', () => {
  const { rules } = translated({
    [acls]: {
      acl: [
        { ...acl, type: 'other' },
        { ...acl, name: 'l2' },
      ],
    },
  });
  assert.deepEqual(
    rules.map(({ source }) => source.pointer),
    [`/${acls}/acl/1/aces/ace/0`],
  );
});

test('the part of a document that a fault may concern', () => {
  const list = `/${acls}/acl/1`;
  assert.equal(unitAround(''), '');
  assert.equal(unitAround(`/${acls}`), '');
  assert.equal(unitAround(`/${acls}/acl`), '');
  assert.equal(unitAround(list), list);
  assert.equal(unitAround(`${list}/type`), list);
  assert.equal(unitAround(`${list}/aces/ace/12/matches/ipv4/flags`), `${list}/aces/ace/12`);
  const client = '/ietf-dots-data-channel:dots-data/dots-client/0';
  assert.equal(unitAround(`${client}/aliases/alias/3/name`), `${client}/aliases/alias/3`);
  assert.equal(unitAround(`${client}/acls/acl`), `${client}/acls`);
  assert.equal(unitAround(`${client}/cuid`), client);
  assert.equal(unitAround(`/${scopes}/scope/0/target-prefix/5`), `/${scopes}/scope/0`);
});

const aliases = aliasDocument(
  { name: 'good', 'target-prefix': ['192.0.2.10/32'], 'target-protocol': [17] },
  { name: 'bad', 'target-prefix': ['192.0.2.20/32'], 'target-protocol': [300] },
);

test('an alias with an error is no target; in a document that only supports others it counts where it is used', () => {
  const run = (name: string, more: Partial<FlowspecInput> = {}): [number, string[]] => {
    const result = translate([
      { file: 's', value: scopeDocument({ 'alias-name': [name] }) },
      { file: 'a', value: aliases, ...more },
    ]);
    return [result.rules.length, errorsOf(result).map((error) => error.replace(/ .*/, ''))];
  };
  assert.deepEqual(run('good'), [1, ['yang/invalid-value']]);
  assert.deepEqual(run('good', { isSupporting: true }), [1, []]);
  assert.deepEqual(run('bad', { isSupporting: true }), [
    0,
    ['flowspec/alias-invalid', 'flowspec/no-destination', 'yang/invalid-value'],
  ]);
});

test('an alias that cannot be used might limit the other targets too: no rule', () => {
  const { rules } = translated(scopeDocument({ ...target, 'alias-name': ['unknown'] }));
  assert.deepEqual(rules, []);
});

test('what the caller has validated is not checked again, and counts as it says', () => {
  const value = scopeDocument(target);
  const fault = { code: 'cross/foreign-target', class: 'cross', severity: 'error', rfc: '9132 4.4.1.1' } as const;
  const at = (pointer: string): Translation =>
    translate([{ file: 'x', value, faults: [{ ...fault, message: 'no', pointer }] }]);
  assert.deepEqual(errorsOf(at(`/${scopes}/scope/0/target-prefix/0`)), [
    `cross/foreign-target /${scopes}/scope/0/target-prefix/0`,
  ]);
  assert.deepEqual(at(`/${scopes}/scope/0/target-prefix/0`).rules, []);
  assert.equal(
    translate([{ file: 'x', value: { [scopes]: { scope: [{ ...target, lifetime: 0 }] } }, faults: [] }]).rules.length,
    1,
  );
});

test('counts: what came in, and what became of it', () => {
  const { counts } = translated(
    scopeDocument({ ...target, 'target-fqdn': ['www.example.com'], 'alias-name': ['good'] }),
    aliasDocument(
      { name: 'good', 'target-prefix': ['192.0.2.10/32'] },
      { name: 'other', 'target-prefix': ['192.0.2.1/32'] },
    ),
    aclDocument([{ matches }, { matches: { ...matches, ipv4: { ...matches.ipv4, ttl: 1 } } }]),
    aclDocument([{ matches }], { 'activation-type': 'deactivate', name: 'off' }),
    { 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': true } },
  );
  const count = (rules: number, errors: number, excluded: number): Count => ({
    given: rules + errors + excluded,
    rules,
    errors,
    excluded,
  });
  assert.deepEqual(counts, {
    document: count(2, 1, 2),
    acl: count(1, 0, 1),
    entry: count(1, 1, 1),
    scope: count(0, 1, 0),
    target: count(0, 3, 0),
    alias: count(1, 0, 1),
  });
  assert.equal(
    describeCounts(counts),
    'Input: 2 ACLs (1 with rules, 1 without rules for a stated reason); ' +
      '3 entries (1 with rules, 1 with an error, 1 without rules for a stated reason); ' +
      '1 mitigation scope (1 with an error); 3 targets (3 with an error).',
  );
});

/** Every reason to have no rule that is no error. */
const stated: [name: string, values: JsonObject[], code: string][] = [
  ['a deactivated ACL', [aclDocument([{ matches }], { 'activation-type': 'deactivate' })], 'deactivated'],
  ['an ACL without entries', [{ [acls]: { acl: [{ name: 'l', type: 'ipv4-acl-type' }] } }], 'empty'],
  ['an ACL with an empty list', [{ [acls]: { acl: [{ ...acl, aces: {} }] } }], 'empty'],
  ['no ACL', [{ [acls]: {} }], 'nothing-to-translate'],
  ['aliases alone', [aliasDocument({ name: 'a', 'target-prefix': ['192.0.2.1/32'] })], 'nothing-to-translate'],
  [
    'a mitigation that is over',
    [{ [scopes]: { scope: [{ mid: 1, ...target, status: 'attack-mitigation-terminated' }] } }],
    'over',
  ],
  [
    'an entry that contradicts itself',
    [aclDocument([{ matches: { ...matches, ipv4: { ...matches.ipv4, protocol: 6 } } }])],
    'protocol-conflict',
  ],
  [
    'targets of one family with sources of the other',
    [scopeDocument({ 'target-prefix': ['2001:db8::1/128'], 'ietf-dots-call-home:source-prefix': ['192.0.2.7/32'] })],
    'family-pair',
  ],
  [
    'a protocol that no packet has',
    [scopeDocument({ 'target-prefix': ['2001:db8::1/128'], 'target-protocol': [44] })],
    'never-matches',
  ],
];

for (const [name, values, code] of stated)
  test(`no rule for a stated reason: ${name}`, () => {
    const result = translated(...values);
    assert.deepEqual([result.rules, errorsOf(result)], [[], []]);
    assert.ok(result.findings.some((finding) => finding.code === `flowspec/${code}`));
    assert.ok(Object.values(result.counts).every(({ given, excluded }) => given === excluded));
  });

test('what became neither a rule nor a finding is an internal error', () => {
  const value = scopeDocument({ ...target, 'target-prefix': ['192.0.2.10/32', '192.0.2.20/32'] });
  const { rules } = translated(value);
  const report = new Findings();
  const reading = {
    entries: [],
    errors: new DocumentErrors(),
    aliases: { all: new Set<string>(), used: new Set<string>() },
  };
  const documents = [{ file: '0.json', value }];
  const internal = (): string[] => report.all.map(({ code, severity, pointer }) => `${severity} ${code} ${pointer}`);
  account(documents, { rules: [], reading, report });
  assert.ok(internal().includes(`error flowspec/internal /${scopes}/scope/0`));
  const again = new Findings();
  account(documents, { rules, reading, report: again });
  assert.deepEqual(
    again.all.map(({ pointer }) => pointer),
    [`/${scopes}/scope/0/target-prefix/0`, `/${scopes}/scope/0/target-prefix/1`],
    'no entry says that it has rules for these targets',
  );
});

test('units are found by the names of members, with or without those of modules', () => {
  const kinds = (value: JsonValue): string[] => unitsOf('x', value).map(({ kind }) => kind);
  assert.deepEqual(kinds({ 'm:acls': { 'm:acl': [{ 'm:aces': { 'm:ace': [{}, 1] } }] } }), [
    'document',
    'acl',
    'entry',
    'entry',
  ]);
  assert.deepEqual(kinds({ 'm:dots-data': { 'dots-client': [{ acls: { acl: [{}] } }] } }), [
    'document',
    'client',
    'part',
    'acl',
  ]);
  assert.deepEqual(kinds({ scope: [{}] }), ['document']);
  assert.deepEqual(kinds(7), ['document']);
});
