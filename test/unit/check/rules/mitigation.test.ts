import { callHome, conflict, mitigation, sources, target, testCases } from '../../../support/checkCases';

testCases([
  [
    'an efficacy update of an attack that ends before it starts',
    mitigation({
      ...target,
      'attack-status': 'under-attack',
      'ietf-dots-telemetry:attack-detail': [{ 'vendor-id': 32473, 'attack-id': 1, 'start-time': '2', 'end-time': '1' }],
    }),
    ['advice/attack-times@end-time'],
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
  [
    'a target that no packet has',
    mitigation({ ...target, 'target-prefix': ['::ffff:192.0.2.0/120'] }),
    ['advice/mapped-prefix@0'],
  ],
  [
    'the ICMP of the other family',
    mitigation({ ...target, 'target-prefix': ['2001:db8::1/128', '192.0.2.1/32'], 'target-protocol': [58, 1] }),
    ['advice/icmp-family@0', 'advice/icmp-family@1'],
  ],
  [
    'the ICMP of its family',
    mitigation({ ...target, 'target-prefix': ['2001:db8::1/128'], 'target-protocol': [58] }),
    [],
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
]);
