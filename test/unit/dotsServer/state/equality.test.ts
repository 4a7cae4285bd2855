import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planAt } from '#dots/check/plan';
import { sameContent } from '#dots/dotsServer/state/equality';
import type { JsonObject } from '#dots/model/json';

const sameScope = (one: JsonObject, other: JsonObject): boolean =>
  sameContent(one, other, planAt('mitigation-scope', 'scope'));

test('scopes are the same whatever their order', () => {
  assert.ok(
    sameScope(
      { a: [1, 2], b: { c: 'x', d: [{ e: 1 }, { f: 2 }] } },
      { b: { d: [{ f: 2 }, { e: 1 }], c: 'x' }, a: [2, 1] },
    ),
  );
  assert.ok(!sameScope({ a: [1] }, { a: [1, 2] }));
  assert.ok(
    sameScope(
      { 'target-prefix': ['2001:db8::/32'], 'target-port-range': [{ 'lower-port': 80 }] },
      { 'target-prefix': ['2001:DB8::1/32'], 'target-port-range': [{ 'lower-port': 80, 'upper-port': 80 }] },
    ),
  );
  assert.ok(!sameScope({ 'target-prefix': ['2001:db8::/32'] }, { 'target-prefix': ['2001:db8::/33'] }));
  assert.ok(!sameScope({ a: '1' }, { a: 1 }));
});

test('values are the same whatever their lexical form', () => {
  const same: [matches: JsonObject, other: JsonObject][] = [
    [{ tcp: { flags: 'syn ack' } }, { tcp: { flags: ' ack  syn' } }],
    [{ ipv4: { fragment: { type: 'df isf' } } }, { ipv4: { fragment: { type: 'isf df' } } }],
    [{ ipv6: { 'destination-ipv6-network': '2001:DB8::1/08' } }, { ipv6: { 'destination-ipv6-network': '2000::/8' } }],
  ];
  for (const [one, other] of same)
    assert.ok(sameContent(one, other, planAt('acls', 'acl', 'aces', 'ace', 'matches')), JSON.stringify([one, other]));
  const actions = planAt('acls', 'acl', 'aces', 'ace', 'actions');
  const [short, long] = [{ forwarding: 'accept' }, { forwarding: 'ietf-access-control-list:accept' }];
  assert.ok(sameContent({ ...short, 'rate-limit': '+5000' }, { ...long, 'rate-limit': '05000.00' }, actions));
  assert.ok(!sameContent({ ...short, 'rate-limit': '5000' }, { ...short, 'rate-limit': '5000.01' }, actions));
  assert.ok(!sameScope({ 'alias-name': ['7'] }, { 'alias-name': ['07'] }), 'a name is no number');
  assert.ok(sameScope({ 'mitigation-start': '+7' }, { 'mitigation-start': '07' }));
});
