import { ace, acl, config, links, mitigation, sources, target, tm } from '../checkCases';
import { one, type FindingExample } from './example';

const sourcePort = { 'ietf-dots-call-home:source-port-range': [{ 'lower-port': 53 }] };

/** Planning advice. */
export const adviceExamples: readonly FindingExample[] = [
  {
    code: 'advice/amplifier-not-udp',
    reason: 'Amplification attacks use UDP.',
    files: one(mitigation({ ...target, 'target-protocol': [6], ...sourcePort })),
  },
  {
    code: 'advice/attack-times',
    reason: 'An attack ends after it starts.',
    files: one(
      tm({
        target: { 'target-prefix': ['192.0.2.0/24'] },
        'attack-detail': [
          { 'vendor-id': 32473, 'attack-id': 77, 'start-time': '1608336568', 'end-time': '1608336500' },
        ],
      }),
    ),
  },
  {
    code: 'advice/datagram-size',
    reason: 'On an attacked link a message of one datagram has the best chance.',
    files: one(
      mitigation({
        lifetime: 3600,
        'target-prefix': Array.from({ length: 60 }, (_, index) => `2001:db8:${index.toString(16)}:1::/64`),
      }),
    ),
  },
  {
    code: 'advice/heartbeat-interval',
    reason: 'Heartbeats that are too frequent load the link; rare ones notice a loss late.',
    files: one(config({ 'heartbeat-interval': { 'current-value': 5 } })),
  },
  {
    code: 'advice/host-bits',
    reason: 'Servers ignore bits beyond the length of a prefix.',
    files: one(mitigation({ ...target, 'target-prefix': ['192.0.2.7/24'] })),
  },
  {
    code: 'advice/icmp-family',
    reason: 'ICMP is protocol 1 in IPv4 and 58 in IPv6.',
    files: one(mitigation({ ...target, 'target-protocol': [58] })),
  },
  {
    code: 'advice/judged-as-answer',
    reason: 'A member that only a server writes makes the document an answer.',
    files: one(mitigation({ ...target, mid: 7, status: 'attack-mitigation-in-progress' })),
  },
  {
    code: 'advice/many-sources',
    reason: 'Many sources make a request long, and attackers change them.',
    files: one(mitigation({ ...target, 'ietf-dots-call-home:source-prefix': sources(40) })),
  },
  {
    code: 'advice/mapped-prefix',
    reason: 'IPv4-mapped addresses do not occur in packets.',
    files: one(mitigation({ ...target, 'target-prefix': ['::ffff:192.0.2.0/120'] })),
  },
  {
    code: 'advice/no-missing-heartbeat',
    reason: 'One lost datagram should not end a session.',
    files: one(config({ 'missing-hb-allowed': { 'current-value': 0 } })),
  },
  {
    code: 'advice/ports-without-protocol',
    reason: 'Only some protocols have ports.',
    files: one(mitigation({ ...target, 'target-protocol': [1], 'target-port-range': [{ 'lower-port': 80 }] })),
  },
  {
    code: 'advice/prepare-in-peacetime',
    reason: 'The data channel may be unusable during an attack.',
    files: one(
      acl(
        ace({
          ipv4: { 'destination-ipv4-network': '192.0.2.0/24', protocol: 17 },
          udp: { 'source-port-range-or-operator': { operator: 'eq', port: 53 } },
        }),
        {
          'activation-type': 'immediate',
        },
      ),
    ),
  },
  {
    code: 'advice/probing-rate',
    reason: 'Heartbeats count as probes, and a lower rate stops them.',
    files: one(config({ 'heartbeat-interval': { 'current-value': 15 }, 'probing-rate': { 'current-value': 1 } })),
  },
  {
    code: 'advice/rate-limit-zero',
    reason: 'A rate of 0 drops everything.',
    files: one(
      acl(
        ace({ ipv4: { 'destination-ipv4-network': '192.0.2.0/24' } }, { forwarding: 'accept', 'rate-limit': '0.00' }),
      ),
    ),
  },
  {
    code: 'advice/reflection-target-ports',
    reason: 'Reflected traffic goes to random ports.',
    files: one(
      mitigation({ ...target, 'target-protocol': [17], 'target-port-range': [{ 'lower-port': 80 }], ...sourcePort }),
    ),
  },
  {
    code: 'advice/resolved-target',
    reason: 'Name servers may be unreachable during an attack.',
    files: one(mitigation({ lifetime: 3600, 'target-fqdn': ['www.example.com'] })),
  },
  {
    code: 'advice/short-lifetime',
    reason: 'A refresh has to pass the attacked link.',
    files: one(mitigation({ ...target, lifetime: 30 })),
  },
  {
    code: 'advice/short-timeout',
    reason: 'Retransmissions within a second add to congestion.',
    files: one(config({ 'ack-timeout': { 'current-value-decimal': '0.50' } })),
  },
  {
    code: 'advice/unit-scale',
    reason: 'Values are sent in the largest unit in which they exceed one.',
    files: one(links({ 'link-id': 'link1', unit: 'megabit-ps', capacity: '10000' })),
  },
  {
    code: 'advice/wide-target',
    reason: 'All traffic to a wide target is mitigated alike.',
    files: one(mitigation({ ...target, 'target-prefix': ['198.51.0.0/16'] })),
  },
];
