import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planAt } from '#dots/check/plan';
import { merged } from '#dots/dotsServer/data/merge';
import type { JsonObject } from '#dots/model/json';

const alias: JsonObject = {
  name: 'web',
  'target-prefix': ['192.0.2.1/32'],
  'target-port-range': [{ 'lower-port': 80 }, { 'lower-port': 443 }],
};
const ace: JsonObject = {
  name: 'r',
  matches: {
    ipv4: { protocol: 6, dscp: 1 },
    tcp: { 'source-port-range-or-operator': { 'lower-port': 1, 'upper-port': 9 } },
  },
  actions: { forwarding: 'drop' },
};

const ofAlias = (patch: JsonObject): JsonObject => merged(alias, patch, planAt('aliases', 'alias'));
const ofAce = (patch: JsonObject): JsonObject => merged(ace, patch, planAt('acls', 'acl', 'aces', 'ace'));

test('a patch replaces leafs, adds to leaf-lists, and finds the entries of lists by their keys', () => {
  assert.deepEqual(ofAlias({}), alias);
  assert.deepEqual(ofAlias({ 'target-prefix': ['192.0.2.1/32', '192.0.2.2/32'] }), {
    ...alias,
    'target-prefix': ['192.0.2.1/32', '192.0.2.2/32'],
  });
  assert.deepEqual(ofAlias({ 'target-port-range': [{ 'lower-port': 443, 'upper-port': 444 }, { 'lower-port': 22 }] }), {
    ...alias,
    'target-port-range': [{ 'lower-port': 80 }, { 'lower-port': 443, 'upper-port': 444 }, { 'lower-port': 22 }],
  });
  assert.deepEqual(ofAce({ matches: { ipv4: { protocol: 17 } } }).matches, {
    ...(ace.matches as JsonObject),
    ipv4: { protocol: 17, dscp: 1 },
  });
  assert.deepEqual(ofAce({ actions: { forwarding: 'accept' } }), { ...ace, actions: { forwarding: 'accept' } });
});

test('a member of one case of a choice removes those of the others', () => {
  assert.deepEqual(ofAce({ matches: { ipv6: { dscp: 2 } } }).matches, {
    tcp: (ace.matches as JsonObject).tcp,
    ipv6: { dscp: 2 },
  });
  const port = { operator: 'eq', port: 80 };
  assert.deepEqual(ofAce({ matches: { tcp: { 'source-port-range-or-operator': port } } }).matches, {
    ipv4: { protocol: 6, dscp: 1 },
    tcp: { 'source-port-range-or-operator': port },
  });
});

test('what the data model does not have stays for the check to refuse; what is merged into stays as it is', () => {
  const before = JSON.stringify([alias, ace]);
  assert.deepEqual(ofAlias({ colour: 'red', 'target-prefix': 'x' }), { ...alias, colour: 'red', 'target-prefix': 'x' });
  const patch = JSON.parse('{"__proto__": {"name": "x"}}') as JsonObject;
  assert.deepEqual(Object.keys(ofAlias(patch)), [...Object.keys(alias), '__proto__']);
  assert.equal(JSON.stringify([alias, ace]), before);
});
