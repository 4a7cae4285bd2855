import { ace, acl, testCases } from '../../../support/checkCases';

const v6 = { type: 'ipv6-acl-type' };

testCases([
  [
    'immediate without destination',
    acl(ace({ ipv4: { protocol: 17 } }), { 'activation-type': 'immediate' }),
    ['rfc/destination-missing@0'],
  ],
  [
    'a transport that is another protocol',
    acl(ace({ ipv4: { protocol: 17 }, tcp: {} })),
    ['rfc/protocol-conflict@protocol'],
  ],
  ['ICMP of IPv4 in IPv6', acl(ace({ ipv6: { protocol: 1 }, icmp: {} }), v6), ['rfc/protocol-conflict@protocol']],
  ['ICMP of IPv6 in IPv4', acl(ace({ ipv4: { protocol: 58 }, icmp: {} })), ['rfc/protocol-conflict@protocol']],
  ['ICMP of IPv6', acl(ace({ ipv6: { protocol: 58 }, icmp: { type: 128 } }), v6), []],
  ['the protocol number of the other ICMP', acl(ace({ ipv6: { protocol: 1 } }), v6), ['advice/icmp-family@protocol']],
  [
    'a destination that no packet has',
    acl(ace({ ipv6: { 'destination-ipv6-network': '::ffff:192.0.2.0/120' } }), v6),
    ['advice/mapped-prefix@destination-ipv6-network'],
  ],
  ['reject', acl(ace({}, { forwarding: 'reject' })), ['rfc/no-reject@forwarding']],
  [
    'fragment beside flags',
    acl(ace({ ipv4: { flags: 'more', fragment: { type: 'isf' } } })),
    ['rfc/fragment-and-flags@flags'],
  ],
  [
    'match and any',
    acl(ace({ tcp: { 'flags-bitmask': { operator: 'match any', bitmask: 2 } } })),
    ['rfc/match-and-any@operator'],
  ],
  [
    'a rate limit of zero',
    acl(ace({}, { forwarding: 'accept', 'rate-limit': '0.00' })),
    ['advice/rate-limit-zero@rate-limit'],
  ],
  [
    'a negative rate limit',
    acl(ace({}, { forwarding: 'accept', 'rate-limit': '-1.00' })),
    ['rfc/rate-limit-negative@rate-limit'],
  ],
  [
    'an ACL that could wait in peacetime',
    acl(
      ace({
        ipv4: { 'destination-ipv4-network': '192.0.2.0/24' },
        udp: { 'source-port-range-or-operator': { port: 53 } },
      }),
      { 'activation-type': 'immediate' },
    ),
    ['advice/prepare-in-peacetime@activation-type'],
  ],
  ['an alias of nothing', { 'ietf-dots-data-channel:aliases': { alias: [{ name: 'web' }] } }, ['rfc/target-missing@0']],
  ['two clients', { 'ietf-dots-data-channel:dots-client': [{ cuid: 'a' }, { cuid: 'b' }] }, ['rfc/one-client@1']],
  [
    'a name that is a loopback address',
    { 'ietf-dots-data-channel:aliases': { alias: [{ name: 'web', 'target-fqdn': ['127.0.0.1'] }] } },
    ['rfc/forbidden-prefix@0'],
  ],
]);
