import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { encodeNlri } from '#dots/flowspec/bgp/nlri';
import { translate } from '#dots/flowspec/translate';
import type { JsonObject, JsonValue } from '#dots/model/json';
import { acl } from '../../../support/flowspec/acls';
import { aliasDocument, scopeDocument } from '../../../support/flowspec/rules';
import { from, ports, scope } from '../../../support/flowspec/scopes';

test('what is not understood narrows nothing: no rule', () => {
  assert.deepEqual(scope({ 'target-prefix': ['192.0.2.10/32'], 'source-prefix': ['198.51.100.0/24'] }).texts, []);
  assert.deepEqual(scope({ 'target-prefix': ['192.0.2.10/32'], 'target-protcol': [17] }).codes, [
    'error unknown-member 0/target-protcol',
  ]);
  assert.deepEqual(scope({ 'target-prefix': ['192.0.2.10/32'], 'target-protocol': ['17'] }).texts, []);
  assert.deepEqual(scope({ 'target-prefix': ['192.0.2.10/32'], 'target-port-range': ports([90, 80]) }).texts, []);
  assert.deepEqual(
    scope({ 'target-prefix': ['192.0.2.10/32'], ...from({ 'source-prefix': ['198.51.100.0'] }) }).texts,
    [],
  );
  assert.deepEqual(scope({ 'target-prefix': ['192.0.2.10/32', '192.0.2'] }), {
    texts: [],
    nlris: [],
    codes: ['error value 0/target-prefix/1'],
  });
});

test('malformed documents never throw', () => {
  const odd: JsonObject[] = [
    {},
    { x: 1 },
    { 'ietf-dots-signal-channel:mitigation-scope': null },
    { 'ietf-dots-signal-channel:mitigation-scope': { scope: {} } },
    scopeDocument({
      'target-prefix': 'x',
      'target-protocol': 1,
      'target-port-range': [1],
      'alias-name': {},
      'target-fqdn': [null],
      'ietf-dots-signal-control:acl-list': [{}, 1],
    }),
    { 'ietf-dots-data-channel:acls': [] },
    {
      'ietf-dots-data-channel:acls': {
        acl: [
          null,
          {},
          { aces: 1 },
          { name: 1, aces: { ace: [{}, { matches: 1 }, { matches: { ipv4: [] }, actions: 3 }] } },
        ],
      },
    },
    { 'ietf-dots-data-channel:aliases': { alias: [{}, { name: 'a' }, { name: 'a' }] } },
    { 'ietf-dots-data-channel:dots-data': { 'dots-client': [{ acls: 1, aliases: [] }] } },
    { 'ietf-dots-signal-channel:heartbeat': {} },
  ];
  for (const value of odd) {
    const { rules, findings } = translate([{ file: 'x', value }]);
    assert.deepEqual(rules, []);
    assert.ok(Object.keys(value).length === 0 || findings.length > 0, JSON.stringify(value));
  }
});

/** A value with one of its inner values, chosen by numbers, replaced. */
function mutated(value: JsonValue, path: readonly number[], replacement: JsonValue): JsonValue {
  const [step, ...rest] = path;
  const keys = typeof value === 'object' && value !== null ? Object.keys(value) : [];
  if (step === undefined || keys.length === 0) return replacement;
  const key = keys[step % keys.length] ?? '';
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === key ? mutated(item, rest, replacement) : item));
  return { ...(value as JsonObject), [key]: mutated((value as JsonObject)[key] ?? null, rest, replacement) };
}

test('documents with anything in any place never throw', () => {
  const documents = fc.oneof(
    acl('ipv4', 2),
    acl('ipv6', 2),
    fc.constant(
      scopeDocument({
        'target-prefix': ['192.0.2.10/32', '2001:db8::/32'],
        'target-protocol': [6, 1],
        'target-port-range': ports([1, 2]),
        'alias-name': ['a'],
        ...from({
          'source-prefix': ['198.51.100.0/24'],
          'source-port-range': ports([53]),
          'source-icmp-type-range': [{ 'lower-type': 1 }],
        }),
        'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'acl', 'activation-type': 'immediate' }],
      }),
    ),
  );
  fc.assert(
    fc.property(
      documents,
      fc.array(fc.nat(9), { minLength: 1, maxLength: 9 }),
      fc.jsonValue({ maxDepth: 2 }),
      (document, path, value) => {
        const odd = mutated(document, path, value as JsonValue) as JsonObject;
        const { rules } = translate(
          [
            { file: 'x', value: odd },
            { file: 'y', value: aliasDocument({ name: 'a', 'target-prefix': ['192.0.2.1/32'] }) },
          ],
          { domain: ['192.0.2.0/24'] },
        );
        for (const { components, family, nlri } of rules)
          assert.ok(components[0]?.type === 1 && encodeNlri(components, family) === nlri);
      },
    ),
    { seed: 20260727, numRuns: 3000 },
  );
});
