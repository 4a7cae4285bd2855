import assert from 'node:assert/strict';
import { test } from 'node:test';
import { check, directionOf, type CheckOptions } from '#dots/check/check';

const mitigation = (scope: object | object[]): object => ({
  'ietf-dots-signal-channel:mitigation-scope': { scope: Array.isArray(scope) ? scope : [scope] },
});
const target = { 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 };
const ace = (matches: object, actions: object = { forwarding: 'drop' }): object => ({ name: 'one', matches, actions });
const acl = (entry: object, more: object = {}): object => ({
  'ietf-dots-data-channel:acls': { acl: [{ name: 'filter', type: 'ipv4-acl-type', aces: { ace: [entry] }, ...more }] },
});
const config = (parameters: object): object => ({
  'ietf-dots-signal-channel:signal-config': { 'mitigating-config': parameters },
});
const tm = (entry: object): object => ({ 'ietf-dots-telemetry:telemetry': { 'pre-or-ongoing-mitigation': [entry] } });
const pipe = (capacity: string): object => ({
  'ietf-dots-telemetry:telemetry-setup': {
    telemetry: [{ 'total-pipe-capacity': [{ 'link-id': 'link1', unit: 'megabit-ps', capacity }] }],
  },
});
const redirect = (body: object): object => ({ 'ietf-dots-signal-channel:redirected-signal': body });
const callHome = { 'ietf-dots-call-home:source-prefix': ['203.0.113.2/32'] };
const sources = (count: number): string[] => Array.from({ length: count }, (_, index) => `203.0.113.${index}/32`);
const conflict = (information: object): object => mitigation({ mid: 5, 'conflict-information': information });
const alias = (members: object): object => ({
  'ietf-dots-data-channel:aliases': { alias: [{ name: 'web', ...members }] },
});
const links = (...capacities: object[]): object => ({
  'ietf-dots-telemetry:telemetry-setup': { telemetry: [{ 'total-pipe-capacity': capacities }] },
});
const payloads = (value: number): object => ({ 'ietf-dots-robust-trans:max-payloads': { 'current-value': value } });
const session = (mitigating: object, idle: object): object => ({
  'ietf-dots-signal-channel:signal-config': { 'mitigating-config': mitigating, 'idle-config': idle },
});
const setup = (config: object): object => ({
  'ietf-dots-telemetry:telemetry-setup': { telemetry: [{ 'current-config': config }] },
});

/** Codes with the last token of their pointers, sorted: `rfc/lifetime-zero@lifetime`. */
function codes(document: unknown, options?: CheckOptions): string[] {
  return check(document, options)
    .faults.map((fault) => `${fault.code}@${fault.pointer.split('/').at(-1) ?? ''}`)
    .sort();
}

const cases: [name: string, document: unknown, expected: string[]][] = [
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
  ['bits between which a tab stands', acl(ace({ tcp: { flags: 'syn\tack' } })), ['yang/invalid-value@flags']],
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

  ['two scopes', mitigation([target, target]), ['rfc/one-scope@1']],
  ['no lifetime', mitigation({ 'target-prefix': ['192.0.2.0/24'] }), ['rfc/lifetime-missing@0']],
  ['a lifetime of zero', mitigation({ ...target, lifetime: 0 }), ['rfc/lifetime-zero@lifetime']],
  ['no target', mitigation({ lifetime: 600 }), ['rfc/target-missing@0']],
  ['an empty list', mitigation({ ...target, 'target-protocol': [] }), ['rfc/empty-value@target-protocol']],
  [
    'loopback as target',
    mitigation({ ...target, 'target-prefix': ['127.0.0.1/32', '::1/128'] }),
    ['rfc/forbidden-prefix@0', 'rfc/forbidden-prefix@1'],
  ],
  [
    'multicast as target',
    mitigation({ ...target, 'target-prefix': ['224.0.0.5/32', 'ff02::1/128'] }),
    ['rfc/forbidden-prefix@0', 'rfc/forbidden-prefix@1'],
  ],
  [
    'everything as target',
    mitigation({ ...target, 'target-prefix': ['0.0.0.0/0', '126.0.0.0/7', '::/0'] }),
    [
      'advice/wide-target@0',
      'advice/wide-target@1',
      'advice/wide-target@2',
      'rfc/forbidden-prefix@0',
      'rfc/forbidden-prefix@1',
      'rfc/forbidden-prefix@2',
    ],
  ],
  [
    'loopback written as IPv6',
    mitigation({ ...target, 'target-prefix': ['::ffff:127.0.0.1/128'] }),
    ['rfc/forbidden-prefix@0'],
  ],
  ['host bits', mitigation({ ...target, 'target-prefix': ['192.0.2.1/24'] }), ['advice/host-bits@0']],
  [
    'ports without a protocol that has them',
    mitigation({ ...target, 'target-protocol': [1], 'target-port-range': [{ 'lower-port': 80 }] }),
    ['advice/ports-without-protocol@target-port-range'],
  ],
  [
    'UDP amplifiers over TCP',
    mitigation({ ...target, 'target-protocol': [6], 'ietf-dots-call-home:source-port-range': [{ 'lower-port': 53 }] }),
    ['advice/amplifier-not-udp@0'],
  ],
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
  [
    'Call Home without target prefix',
    mitigation({ ...callHome, 'alias-name': ['web'], lifetime: 600 }),
    ['rfc/call-home-target@ietf-dots-call-home:source-prefix'],
  ],
  [
    'Call Home that waits',
    mitigation({ ...target, ...callHome, 'trigger-mitigation': false }),
    ['rfc/call-home-trigger@trigger-mitigation'],
  ],
  [
    'an ACL switched in an efficacy update',
    mitigation({
      ...target,
      'attack-status': 'under-attack',
      'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'a' }],
    }),
    ['rfc/acl-in-efficacy-update@ietf-dots-signal-control:acl-list'],
  ],
  [
    'telemetry outside of an efficacy update',
    mitigation({ ...target, 'ietf-dots-telemetry:total-attack-traffic': [{ unit: 'megabit-ps' }] }),
    ['rfc/telemetry-outside-update@ietf-dots-telemetry:total-attack-traffic'],
  ],
  ['a wide target', mitigation({ ...target, 'target-prefix': ['192.0.0.0/16'] }), ['advice/wide-target@0']],
  ['a short lifetime', mitigation({ ...target, lifetime: 60 }), ['advice/short-lifetime@lifetime']],
  [
    'many sources',
    mitigation({ ...target, 'ietf-dots-call-home:source-prefix': sources(40) }),
    ['advice/many-sources@ietf-dots-call-home:source-prefix'],
  ],
  [
    'target ports of a reflection attack',
    mitigation({
      ...target,
      'target-protocol': [17],
      'target-port-range': [{ 'lower-port': 80 }],
      'ietf-dots-call-home:source-port-range': [{ 'lower-port': 53 }],
    }),
    ['advice/reflection-target-ports@target-port-range'],
  ],
  ['a configuration of nothing', config({}), ['rfc/config-empty@ietf-dots-signal-channel:signal-config']],
  [
    'heartbeats too often',
    config({ 'heartbeat-interval': { 'current-value': 5 } }),
    ['advice/heartbeat-interval@current-value'],
  ],
  ['heartbeats turned off', config({ 'heartbeat-interval': { 'current-value': 0 } }), []],
  [
    'a value outside its bounds',
    config({ 'max-retransmit': { 'min-value': 2, 'max-value': 15, 'current-value': 16 } }),
    ['rfc/outside-bounds@current-value'],
  ],
  ['a redirect to nowhere', redirect({}), ['rfc/redirect-missing@ietf-dots-signal-channel:redirected-signal']],
  [
    'a redirect of both kinds',
    redirect({ 'alt-server': 'a.example', 'ietf-dots-call-home:alt-ch-client': 'b.example' }),
    ['rfc/redirect-both@ietf-dots-call-home:alt-ch-client'],
  ],
  [
    'a telemetry setup of nothing',
    { 'ietf-dots-telemetry:telemetry-setup': { telemetry: [{}] } },
    ['rfc/setup-empty@ietf-dots-telemetry:telemetry-setup'],
  ],
  [
    'two kinds of telemetry setup',
    {
      'ietf-dots-telemetry:telemetry-setup': {
        telemetry: [{ 'current-config': { 'low-percentile': '5.00' } }, { baseline: [{ id: 1 }] }],
      },
    },
    ['rfc/one-setup-kind@telemetry'],
  ],
  ['all links at zero', pipe('0'), ['rfc/all-pipes-zero@total-pipe-capacity']],
  ['telemetry about nothing', tm({}), ['rfc/target-missing@0']],
  ['telemetry about an empty target', tm({ target: {} }), ['rfc/target-missing@target']],
  ['an alias of nothing', { 'ietf-dots-data-channel:aliases': { alias: [{ name: 'web' }] } }, ['rfc/target-missing@0']],
  ['two clients', { 'ietf-dots-data-channel:dots-client': [{ cuid: 'a' }, { cuid: 'b' }] }, ['rfc/one-client@1']],
  [
    'a URI with a loopback address',
    mitigation({
      lifetime: 60 * 60,
      'target-uri': [
        'https://127.0.0.1:8443/',
        'coaps://[ff02::1]',
        'https://192.0.2.1/',
        'https://www.example.com/127.0.0.1',
      ],
    }),
    ['advice/resolved-target@target-uri', 'rfc/forbidden-prefix@0', 'rfc/forbidden-prefix@1'],
  ],
  [
    'a name that is a loopback address',
    { 'ietf-dots-data-channel:aliases': { alias: [{ name: 'web', 'target-fqdn': ['127.0.0.1'] }] } },
    ['rfc/forbidden-prefix@0'],
  ],
  [
    'a refused cuid with details of the conflict',
    conflict({
      'conflict-cause': 'cuid-collision',
      'retry-timer': 60,
      'conflict-status': 'request-inactive-other-active',
    }),
    ['rfc/cuid-collision-detail@conflict-status', 'rfc/cuid-collision-detail@retry-timer'],
  ],
  ['a refused cuid', conflict({ 'conflict-cause': 'cuid-collision' }), []],
  ['another conflict with its details', conflict({ 'conflict-cause': 'overlapping-targets', 'retry-timer': 60 }), []],
  [
    'an ACL switched by a request that waits',
    mitigation({ ...target, 'trigger-mitigation': false, 'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'a' }] }),
    ['rfc/acl-in-idle-time@ietf-dots-signal-control:acl-list'],
  ],
  [
    'an ACL switched by a request',
    mitigation({ ...target, 'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'a' }] }),
    [],
  ],
  [
    'a redirect with records of the other kind',
    redirect({ 'alt-server': 'a.example', 'ietf-dots-call-home:alt-ch-client-record': ['192.0.2.1'] }),
    [
      'rfc/redirect-both@ietf-dots-call-home:alt-ch-client-record',
      'yang/missing-member@ietf-dots-signal-channel:redirected-signal',
    ],
  ],
  [
    'a redirect of Call Home',
    redirect({ 'ietf-dots-call-home:alt-ch-client': 'b.example', 'ietf-dots-call-home:ttl': 60 }),
    [],
  ],
  ['two numbers of payloads', session(payloads(10), payloads(9)), ['rfc/max-payloads-differ@current-value']],
  ['one number of payloads', session(payloads(10), payloads(10)), []],
  [
    'a link in two units of a class',
    links(
      { 'link-id': 'link1', unit: 'megabit-ps', capacity: '500' },
      { 'link-id': 'link1', unit: 'kilobit-ps', capacity: '5' },
    ),
    ['rfc/one-unit-per-class@unit'],
  ],
  [
    'links in units of two classes',
    links(
      { 'link-id': 'link1', unit: 'megabit-ps', capacity: '500' },
      { 'link-id': 'link1', unit: 'kilopacket-ps', capacity: '5' },
      { 'link-id': 'link2', unit: 'gigabit-ps', capacity: '1' },
    ),
    [],
  ],
  [
    'a capacity in too small a unit',
    links({ 'link-id': 'link1', unit: 'megabit-ps', capacity: '10000' }),
    ['advice/unit-scale@unit'],
  ],
  [
    'a unit that replaces another one',
    links(
      { 'link-id': 'link1', unit: 'megabit-ps', capacity: '0' },
      { 'link-id': 'link1', unit: 'gigabit-ps', capacity: '1' },
      { 'link-id': 'link1', unit: 'kilobit-ps', capacity: '0' },
    ),
    [],
  ],
  ['an empty telemetry configuration', setup({}), ['rfc/setup-empty@current-config']],
  [
    'baselines of what can be no target',
    {
      'ietf-dots-telemetry:telemetry-setup': {
        telemetry: [
          {
            baseline: [{ id: 1, 'target-prefix': ['127.0.0.1/32', '192.0.2.1/24'], 'target-uri': ['https://[::1]/'] }],
          },
        ],
      },
    },
    ['advice/host-bits@1', 'rfc/forbidden-prefix@0', 'rfc/forbidden-prefix@0'],
  ],
  [
    'telemetry of what can be no target',
    tm({ target: { 'target-prefix': ['ff02::1/128'], 'target-fqdn': ['224.0.0.1'] } }),
    ['rfc/forbidden-prefix@0', 'rfc/forbidden-prefix@0'],
  ],
  ['a capacity of one larger unit', links({ 'link-id': 'link1', unit: 'megabit-ps', capacity: '1000' }), []],
];

for (const [name, document, expected] of cases) {
  test(`check: ${name}`, () => assert.deepEqual(codes(document), expected));
}

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

test('check: direction decides whether server-only members are a fault', () => {
  const document = mitigation({ ...target, status: 'attack-stopped' });
  assert.deepEqual(codes(document), []);
  assert.deepEqual(codes(document, { direction: 'request' }), ['rfc/server-only-member@status']);
});

test('check: every fault has an RFC section, a sentence and a pointer', () => {
  for (const [, document] of cases) {
    for (const fault of check(document).faults) {
      assert.match(fault.rfc, /^\d{4} [0-9A-Z]/, fault.code);
      assert.match(fault.message, /^["A-Z0-9].*[.?]$/, fault.message);
      assert.ok(fault.pointer === '' || fault.pointer.startsWith('/'), fault.pointer);
    }
  }
});

test('check: what stands in the Uri-Path of a request, or is only said by a server', () => {
  const telemetry = tm({ tmid: 7, target: { 'target-prefix': ['192.0.2.0/24'] } });
  assert.deepEqual(codes(telemetry), ['rfc/telemetry-empty@0']);
  assert.deepEqual(codes(telemetry, { direction: 'request' }), ['rfc/server-only-member@tmid']);
  const traffic = tm({
    tmid: 7,
    target: { 'target-prefix': ['192.0.2.0/24'] },
    'total-traffic': [{ unit: 'megabit-ps', 'mid-percentile-g': '60' }],
  });
  assert.deepEqual(codes(traffic), []);
  const answer = {
    'ietf-dots-telemetry:telemetry-setup': { telemetry: [{ tsid: 1, 'current-config': { 'low-percentile': '5.00' } }] },
  };
  assert.deepEqual(codes(answer), []);
  assert.deepEqual(codes(answer, { direction: 'request' }), ['rfc/server-only-member@tsid']);
  const client = {
    'ietf-dots-data-channel:dots-data': { 'dots-client': [{ cuid: 'a', cdid: 'b' }], capabilities: {} },
  };
  assert.deepEqual(
    codes(client).filter((code) => code.startsWith('rfc/')),
    [],
  );
  assert.deepEqual(
    codes(client, { direction: 'request' }).filter((code) => code.startsWith('rfc/')),
    ['rfc/client-cdid@cdid', 'rfc/read-only-member@capabilities'],
  );
});

test('check: what a client reads but must not send back', () => {
  const document = acl(ace({}), { 'pending-lifetime': 10080 });
  assert.deepEqual(codes(document), []);
  assert.deepEqual(codes(document, { direction: 'request' }), ['rfc/read-only-member@pending-lifetime']);
});

test('check: a document of the data channel with what only a server writes is a status', () => {
  const data = (clients: object[], more: object = {}): object => ({
    'ietf-dots-data-channel:dots-data': { 'dots-client': clients, ...more },
  });
  const [one, other] = [{ cuid: 'a' }, { cuid: 'b' }];
  const kept = { ...one, acls: { acl: [{ name: 'f', 'pending-lifetime': 10 }] } };
  const counted = {
    ...one,
    acls: {
      acl: [
        {
          name: 'f',
          aces: { ace: [{ name: 'g', actions: { forwarding: 'drop' }, statistics: { 'matched-packets': '1' } }] },
        },
      ],
    },
  };
  assert.deepEqual(codes(data([one, other])), ['rfc/one-client@1']);
  for (const status of [
    data([one, other], { capabilities: {} }),
    data([kept, other]),
    data([counted, other]),
    { 'ietf-dots-data-channel:dots-client': [kept, other] },
  ]) {
    assert.equal(directionOf(status), 'status');
    assert.deepEqual(
      codes(status).filter((code) => code.startsWith('rfc/')),
      [],
    );
    const sent = codes(status, { direction: 'request' });
    assert.ok(
      sent.some((code) => code.startsWith('rfc/one-client')) &&
        sent.some((code) => code.startsWith('rfc/read-only-member')),
      sent.join(),
    );
  }
  assert.deepEqual([acl(ace({})), alias({}), data([one])].map(directionOf), [undefined, undefined, undefined]);
  assert.equal(directionOf(acl(ace({}), { 'pending-lifetime': 10080 })), 'status');
});

test('check: what is too long, too deep or too wrong ends in one sentence', () => {
  const list = (count: number): object[] => Array.from({ length: count }, () => ({}));
  assert.deepEqual(codes(mitigation(list(100_001))), ['json/too-many-entries@scope']);
  const acls = Array.from({ length: 5 }, (_, index) => ({ name: `a${index}`, aces: { ace: list(90_000) } }));
  assert.ok(codes({ 'ietf-dots-data-channel:acls': { acl: acls } }).includes('json/too-many-faults@'));
  const prefixes = { 'target-prefix': Array.from({ length: 60_000 }, () => '192.0.2.0/24') };
  assert.deepEqual(
    codes(
      mitigation([
        { ...target, ...prefixes },
        { ...target, ...prefixes },
      ]),
    ),
    ['json/too-many-entries@target-prefix'],
  );
  assert.deepEqual(
    codes(mitigation(list(50_000))).filter((code) => code.startsWith('json/')),
    ['json/too-many-faults@'],
  );
  const members = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`x${index}`, 1]));
  assert.deepEqual(
    new Set(codes(mitigation({ ...target, ...members })).map((code) => code.split('@')[0])),
    new Set(['json/too-many-faults', 'yang/unknown-member']),
  );
  const deep = Array.from({ length: 20_000 }).reduce<unknown>((inner) => [inner], 1);
  assert.deepEqual(
    codes(mitigation({ ...target, 'target-prefix': [deep] as unknown as string[] })).filter((code) =>
      code.startsWith('json/'),
    ),
    ['json/too-deep@0'],
  );
});

test('check: hostile texts are judged in linear time', () => {
  const long = `${'0'.repeat(200_000)}x`;
  assert.deepEqual(codes(acl(ace({}, { forwarding: 'accept', 'rate-limit': long }))), [
    'yang/invalid-value@rate-limit',
  ]);
  const bits = Array.from({ length: 100_000 }, (_, index) => `b${index}`).join(' ');
  assert.deepEqual(codes(acl(ace({ tcp: { flags: bits } }))), ['yang/invalid-value@flags']);
  assert.deepEqual(codes(mitigation({ ...target, 'target-prefix': [`${':'.repeat(200_000)}/`] })), [
    'yang/invalid-value@0',
  ]);
});

test('check: a value of no known kind has no type and no faults; nothing throws', () => {
  for (const value of [null, 7, 'x', [], {}, { a: 1 }, undefined])
    assert.deepEqual(check(value), { type: undefined, faults: [] });
  const hostile = [null, [], 7, 'x', { scope: 7 }, { scope: [null] }, { scope: [{ 'target-prefix': {} }] }];
  for (const body of hostile) assert.ok(check({ 'ietf-dots-signal-channel:mitigation-scope': body }).type);
});
