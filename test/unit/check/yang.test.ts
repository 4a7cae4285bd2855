import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ace, acl, alias, codes, conflict, mitigation, setup, target, testCases, tm } from '../../support/checkCases';

testCases([
  ['a plain request', mitigation(target), []],
  [
    'an unknown member',
    mitigation({ ...target, 'target-prefx': ['192.0.2.0/24'] }),
    ['yang/unknown-member@target-prefx'],
  ],
  [
    'a member of another module without its prefix',
    mitigation({ ...target, 'acl-list': [] }),
    ['rfc/empty-value@acl-list', 'yang/unknown-member@acl-list'],
  ],
  ['a number where a string belongs', mitigation({ ...target, 'target-prefix': [7] }), ['yang/wrong-type@0']],
  ['a string where a number belongs', mitigation({ ...target, lifetime: '3600' }), ['yang/wrong-type@lifetime']],
  ['a number out of range', mitigation({ ...target, 'target-protocol': [256] }), ['yang/invalid-value@0']],
  ['a prefix that is none', mitigation({ ...target, 'target-prefix': ['192.0.2.0/33'] }), ['yang/invalid-value@0']],
  [
    'swapped ports',
    mitigation({ ...target, 'target-port-range': [{ 'lower-port': 90, 'upper-port': 80 }] }),
    ['yang/must@upper-port'],
  ],
  [
    'a list key twice',
    mitigation({ ...target, 'target-port-range': [{ 'lower-port': 80 }, { 'lower-port': 80 }] }),
    ['yang/double-entry@1'],
  ],
  [
    'a list entry without its key',
    mitigation({ ...target, 'target-port-range': [{ 'upper-port': 80 }] }),
    ['yang/missing-member@0', 'yang/must@upper-port'],
  ],
  [
    'both directions at once',
    mitigation({ ...target, mid: 1, 'attack-status': 'under-attack' }),
    ['rfc/server-only-member@mid', 'yang/choice@attack-status'],
  ],
  ['a mid in a request', mitigation({ ...target, mid: 5 }), ['rfc/server-only-member@mid']],
  ['the answer to a request', mitigation({ mid: 5, lifetime: 3600 }), []],
  ['an enumeration by number', mitigation({ ...target, 'attack-status': 1 }), ['yang/wrong-type@attack-status']],
  ['a lifetime below -1', mitigation({ ...target, lifetime: -2 }), ['yang/invalid-value@lifetime']],
  [
    'an IPv4 match in an IPv6 ACL',
    acl(ace({ ipv4: { protocol: 17 } }), { type: 'ipv6-acl-type' }),
    ['yang/not-allowed-here@ipv4'],
  ],
  [
    'an IPv4 match in an ACL without type',
    { 'ietf-dots-data-channel:acls': { acl: [{ name: 'filter', aces: { ace: [ace({ ipv4: { protocol: 17 } })] } }] } },
    ['yang/not-allowed-here@ipv4'],
  ],
  [
    'a rate limit on drop',
    acl(ace({}, { forwarding: 'drop', 'rate-limit': '20.00' })),
    ['yang/not-allowed-here@rate-limit'],
  ],
  [
    'a rate limit on accept, qualified',
    acl(ace({}, { forwarding: 'ietf-access-control-list:accept', 'rate-limit': '20.00' })),
    [],
  ],
  ['no action', acl({ name: 'one', matches: {} }), ['yang/missing-member@0']],
  ['tcp and udp in one entry', acl(ace({ tcp: {}, udp: {} })), ['yang/choice@udp']],
  [
    'a range and an operator',
    acl(ace({ udp: { 'source-port-range-or-operator': { 'lower-port': 1, 'upper-port': 2, port: 3 } } })),
    ['yang/choice@port'],
  ],
  [
    'half a range',
    acl(ace({ udp: { 'source-port-range-or-operator': { 'lower-port': 1 } } })),
    ['yang/missing-member@source-port-range-or-operator', 'yang/must@lower-port'],
  ],
  ['a bit named twice', acl(ace({ tcp: { flags: 'syn syn' } })), ['yang/double-entry@flags']],
  ['percentiles that fall, one by default', setup({ 'mid-percentile': '5.00' }), ['yang/must@mid-percentile']],
  [
    'a percentile that falls below the default of one left out',
    setup({ 'low-percentile': '60.00', 'high-percentile': '95.00' }),
    ['yang/must@current-config'],
  ],
  [
    'percentiles that rise',
    setup({ 'low-percentile': '5.00', 'mid-percentile': '65.00', 'high-percentile': '95.00' }),
    [],
  ],
  ['a decimal with too many digits', setup({ 'low-percentile': '5.001' }), ['yang/invalid-value@low-percentile']],
  [
    'a counter beyond 64 bits',
    mitigation({ mid: 1, 'bytes-dropped': '18446744073709551616' }),
    ['yang/invalid-value@bytes-dropped'],
  ],
  [
    'a counter of fifty digits',
    mitigation({ mid: 1, 'bytes-dropped': '9'.repeat(50) }),
    ['yang/invalid-value@bytes-dropped'],
  ],
  [
    'a decimal of twenty digits',
    setup({ 'low-percentile': `1.${'0'.repeat(19)}1` }),
    ['yang/invalid-value@low-percentile', 'yang/must@current-config'],
  ],
  [
    'names of ACLs as long as the data channel has them',
    mitigation({
      ...target,
      'ietf-dots-signal-control:acl-list': [
        { 'acl-name': 'x'.repeat(64) },
        { 'acl-name': 'x'.repeat(65) },
        { 'acl-name': '' },
      ],
    }),
    ['rfc/empty-value@acl-name', 'yang/invalid-value@acl-name', 'yang/invalid-value@acl-name'],
  ],
  [
    'names of ACLs in a conflict',
    conflict({
      'conflict-cause': 'conflict-with-acceptlist',
      'conflict-scope': { 'acl-list': [{ 'acl-name': 'x'.repeat(65), 'acl-type': 'ipv4-acl-type' }] },
    }),
    ['yang/invalid-value@acl-name'],
  ],
  [
    'a decimal with more digits, all of them zeros',
    setup({ 'low-percentile': '5.0000', 'high-percentile': `${'0'.repeat(50)}90.${'0'.repeat(50)}` }),
    [],
  ],
  ['a counter with zeros before it', mitigation({ mid: 1, 'bytes-dropped': '0900' }), []],
  [
    'a number with blanks around it',
    mitigation({ mid: 1, 'bytes-dropped': ' 9 ' }),
    ['yang/invalid-value@bytes-dropped'],
  ],
  ['bits with several blanks', acl(ace({ tcp: { flags: ' syn  ack ' } })), []],
  ['bits separated by a tab', acl(ace({ tcp: { flags: 'syn\tack' } })), ['yang/invalid-value@flags']],
  [
    'prefixes that differ in their spelling only',
    alias({ 'target-prefix': ['2001:db8::/32', '2001:DB8:0::/32', '198.51.100.0/24', '198.51.100.7/24'] }),
    ['advice/host-bits@3', 'yang/double-entry@1', 'yang/double-entry@3'],
  ],
  [
    'keys that are the same prefix',
    tm({
      target: { 'target-prefix': ['192.0.2.0/24'] },
      'attack-detail': [
        {
          'vendor-id': 1,
          'attack-id': 1,
          'top-talker': { talker: [{ 'source-prefix': '2001:db8::/32' }, { 'source-prefix': '2001:DB8::/32' }] },
        },
      ],
    }),
    ['yang/double-entry@1'],
  ],
  [
    'characters that no text has',
    mitigation({ ...target, 'alias-name': ['a\u0001', 'a\ufffe', 'a\u{1ffff}', 'a\ufdd0', 'a\t\r\n\u007f\u{1f600}'] }),
    ['yang/invalid-value@0', 'yang/invalid-value@1', 'yang/invalid-value@2', 'yang/invalid-value@3'],
  ],
]);

test('check: bare identities are forgiven in practice and refused at strict', () => {
  const document = acl(ace({ ipv4: { protocol: 17 } }));
  assert.deepEqual(codes(document), []);
  assert.deepEqual(codes(document, { level: 'strict' }), ['yang/bare-identity@forwarding', 'yang/bare-identity@type']);
});

test('check: at strict a number in a string has the form in which it comes back from the wire', () => {
  assert.deepEqual(codes(setup({ 'low-percentile': '5.0' })), []);
  assert.deepEqual(codes(setup({ 'low-percentile': '5.0' }), { level: 'strict' }), [
    'yang/not-wire-form@low-percentile',
  ]);
  assert.deepEqual(codes(mitigation({ mid: 1, 'bytes-dropped': '007' }), { level: 'strict' }), [
    'yang/not-wire-form@bytes-dropped',
  ]);
});
