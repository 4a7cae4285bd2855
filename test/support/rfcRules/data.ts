import { alias, clients, acl, ipv4, type RfcRule } from './documents';

/** Rules of class `rfc` for the data channel. */
export const dataRules: readonly RfcRule[] = [
  {
    code: 'one-client',
    section: '8783 5.1',
    rule: 'a registration has one client',
    violates: clients({ cuid: 'a' }, { cuid: 'b' }),
    keeps: clients({ cuid: 'a' }),
  },
  {
    code: 'client-cdid',
    section: '8783 5.1',
    rule: 'a client sends no cdid',
    violates: clients({ cuid: 'a', cdid: 'b' }),
    keeps: clients({ cuid: 'a' }),
  },
  {
    code: 'read-only-member',
    section: '8783 7.3',
    rule: 'a client sends no state',
    violates: alias({ 'target-prefix': ['192.0.2.0/24'], 'pending-lifetime': 60 }),
    keeps: alias({ 'target-prefix': ['192.0.2.0/24'] }),
  },
  {
    code: 'acl-type',
    section: '8783 4.2',
    rule: 'an ACL is of IPv4 or of IPv6',
    violates: acl(ipv4(), undefined, 'eth-acl-type'),
    keeps: acl(ipv4()),
  },
  {
    code: 'no-reject',
    section: '8783 4.1',
    rule: 'an ACE accepts or drops',
    violates: acl(ipv4(), { forwarding: 'reject' }),
    keeps: acl(ipv4(), { forwarding: 'accept' }),
  },
  {
    code: 'rate-limit-negative',
    section: '8783 7.2',
    rule: 'a rate limit is not negative',
    violates: acl(ipv4(), { forwarding: 'accept', 'rate-limit': '-1.00' }),
    keeps: acl(ipv4(), { forwarding: 'accept', 'rate-limit': '1.00' }),
  },
  {
    code: 'destination-missing',
    section: '8783 7.2',
    rule: 'an ACE has a destination',
    violates: acl({ ipv4: { 'source-ipv4-network': '198.51.100.0/24' } }, undefined, undefined, 'immediate'),
    keeps: acl(ipv4()),
  },
  {
    code: 'protocol-conflict',
    section: '8783 4.2',
    rule: 'the fourth layer is that of the protocol',
    violates: acl({ ...ipv4({ protocol: 17 }), tcp: { flags: 'syn' } }),
    keeps: acl({ ...ipv4({ protocol: 6 }), tcp: { flags: 'syn' } }),
  },
  {
    code: 'df-in-ipv6',
    section: '8783 4.3',
    rule: 'IPv6 has no df',
    violates: acl(
      { ipv6: { 'destination-ipv6-network': '2001:db8::/48', fragment: { type: 'df' } } },
      undefined,
      'ipv6-acl-type',
    ),
    keeps: acl(
      { ipv6: { 'destination-ipv6-network': '2001:db8::/48', fragment: { type: 'isf' } } },
      undefined,
      'ipv6-acl-type',
    ),
  },
  {
    code: 'bitmask-and-flags',
    section: '8783 4.2',
    rule: 'flags or their bitmask, not both',
    violates: acl({ ...ipv4(), tcp: { flags: 'syn', 'flags-bitmask': { bitmask: 2 } } }),
    keeps: acl({ ...ipv4(), tcp: { 'flags-bitmask': { bitmask: 2 } } }),
  },
  {
    code: 'fragment-and-flags',
    section: '8783 4.2',
    rule: 'fragments or IPv4 flags, not both',
    violates: acl(ipv4({ flags: 'fragment', fragment: { type: 'isf' } })),
    keeps: acl(ipv4({ fragment: { type: 'isf' } })),
  },
  {
    code: 'bitmask-range',
    section: '8783 4.3',
    rule: 'a bitmask has 12 bits',
    violates: acl({ ...ipv4(), tcp: { 'flags-bitmask': { bitmask: 4096 } } }),
    keeps: acl({ ...ipv4(), tcp: { 'flags-bitmask': { bitmask: 4095 } } }),
  },
  {
    code: 'match-and-any',
    section: '8783 4.3',
    rule: 'an operator is match or any',
    violates: acl({ ...ipv4(), tcp: { 'flags-bitmask': { operator: 'match any', bitmask: 2 } } }),
    keeps: acl({ ...ipv4(), tcp: { 'flags-bitmask': { operator: 'any', bitmask: 2 } } }),
  },
];
