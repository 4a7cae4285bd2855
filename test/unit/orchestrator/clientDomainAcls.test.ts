import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { withinDomain } from '#dots/orchestrator/clientDomainAcls';

const own = ['192.0.2.0/24', '198.51.100.0/24', '2001:db8::/32'];
const acl = (type: string, matches: JsonObject): JsonObject => ({
  name: 'a',
  type,
  aces: { ace: [{ name: 'x', matches }] },
});

/** The destinations that an entry applies to, in order. */
function destinations(type: string, matches: JsonObject, ownPrefixes: string[] | undefined = own): unknown[] {
  const { aces } = withinDomain(acl(type, matches), ownPrefixes) as { aces: { ace: { matches: JsonObject }[] } };
  return aces.ace.map(({ matches: { ipv4, ipv6 } }) => [
    (ipv4 as JsonObject | undefined)?.['destination-ipv4-network'],
    (ipv6 as JsonObject | undefined)?.['destination-ipv6-network'],
  ]);
}

const [v4, v6] = [
  [
    ['192.0.2.0/24', undefined],
    ['198.51.100.0/24', undefined],
  ],
  [[undefined, '2001:db8::/32']],
];

test('an entry without a destination applies to the prefixes of its client, of its address family', () => {
  assert.deepEqual(destinations('ipv4-acl-type', { ipv4: { protocol: 17 } }), v4);
  assert.deepEqual(destinations('ipv6-acl-type', { ipv6: { protocol: 17 } }), v6);
  assert.deepEqual(destinations('ietf-access-control-list:ipv4-acl-type', { udp: {} }), v4, 'by the type of the ACL');
  assert.deepEqual(destinations('ipv6-acl-type', {}), v6);
  assert.deepEqual(destinations('mixed-eth-ipv4-ipv6-acl-type', {}), [...v4, ...v6]);
  assert.deepEqual(destinations('ipv6-acl-type', {}, ['192.0.2.0/24']), [], 'none of its family');
});

test('an entry with a destination, and the ACL of an unrestricted client, stay as they are', () => {
  const named = { ipv4: { 'destination-ipv4-network': '192.0.2.1/32' } };
  assert.deepEqual(destinations('ipv4-acl-type', named), [['192.0.2.1/32', undefined]]);
  const whole = acl('ipv4-acl-type', {});
  assert.equal(withinDomain(whole, undefined), whole);
});
