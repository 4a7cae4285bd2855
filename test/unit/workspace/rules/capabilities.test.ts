import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, acl, acls } from '../../../support/crossScene';

test('fields that the capabilities of the server do not offer', () => {
  const capabilities = {
    'ietf-dots-data-channel:capabilities': {
      'address-family': ['ipv4'],
      'forwarding-actions': ['drop'],
      'transport-protocols': [6, 17],
      ipv4: { 'destination-prefix': true, protocol: true, ttl: false },
      udp: { 'source-port': true },
    },
  };
  const used = {
    ipv4: { 'destination-ipv4-network': '192.0.2.0/24', ttl: 5, protocol: 47 },
    udp: { 'source-port-range-or-operator': { 'lower-port': 1, 'upper-port': 2 } },
  };
  const documents = { 'a.json': acls(acl('a', {}, used), acl('b', {}, { ipv6: { ttl: 1 } })), 'c.json': capabilities };
  const { findings } = judge(documents);
  assert.deepEqual(
    findings.map(({ finding }) => /does not offer ([^(]*) \(see/.exec(finding.message)?.[1]),
    ['"ttl" of "ipv4"', 'protocol 47', 'ranges of ports of "udp"', '"ipv6"', '"ttl" of "ipv6"'],
  );
  assert.ok(
    findings.every(({ finding }) => finding.severity === 'information' && finding.related?.[0]?.file === 'c.json'),
  );
  assert.ok(
    judge(documents, { files: [{ path: 'c.json', profile: 'other' }] }).found.every(
      ([, code]) => code !== 'cross/not-offered',
    ),
  );
});
