import { ace, acl, testCases } from '../../../support/checkCases';

testCases([
  [
    'immediate without destination',
    acl(ace({ ipv4: { protocol: 17 } }), { 'activation-type': 'immediate' }),
    ['rfc/destination-missing@0'],
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
