import { decodeAction } from '#dots/flowspec/bgp/communities';
import { decodeNlri } from '#dots/flowspec/bgp/nlri';
import { describeRule } from '#dots/flowspec/bgp/ruleText';
import { translate, type MitigationAction } from '#dots/flowspec/translate';
import type { FlowspecRule } from '#dots/flowspec/bgp/rule';
import type { JsonObject } from '#dots/model/json';
import { aclDocument, scopeDocument, type Vector } from '../flowspec/rules';

/** The rule that a vector describes, made of its octets. */
export function ruleOf({
  name,
  family,
  nlri_hex: hex,
  rfc_nlri_hex: nlri = hex,
  extcomm_hex: communities,
}: Vector): FlowspecRule {
  const components = decodeNlri(nlri, family);
  const extendedCommunities = communities.match(/.{16}/g) ?? [];
  const decoded = extendedCommunities.map(decodeAction);
  return {
    family,
    components,
    actions: decoded,
    nlri,
    extendedCommunities,
    text: describeRule(components, decoded),
    source: { file: name, pointer: '' },
  };
}

/** Every kind of action that a mitigation may be given. */
export const actions = [
  { kind: 'discard' },
  { kind: 'rate', bytes: 1e9 },
  { kind: 'redirect', rt: '65000:100' },
  { kind: 'redirect', rt: '192.0.2.1:100' },
  { kind: 'mark', dscp: 8 },
] as const satisfies MitigationAction[];

const to = { 'destination-ipv4-network': '192.0.2.0/24' };
const to6 = { 'destination-ipv6-network': '2001:db8::/32' };
const udp: JsonObject = {
  'source-port-range-or-operator': { 'lower-port': 0, 'upper-port': 1023 },
  'destination-port-range-or-operator': { operator: 'neq', port: 443 },
};

const documents = [
  aclDocument([
    { matches: { ipv4: { ...to, fragment: { type: 'isf' }, dscp: 46, length: 1500 } } },
    { matches: { ipv4: { ...to, flags: 'more', 'source-ipv4-network': '198.51.100.0/24' } } },
    { matches: { ipv4: { ...to, fragment: { operator: 'not match', type: 'df isf' } } } },
    { matches: { ipv4: to, udp }, actions: { forwarding: 'accept' } },
    { matches: { ipv4: to, tcp: { flags: 'syn' } }, actions: { forwarding: 'accept', 'rate-limit': '125000.00' } },
    {
      matches: { ipv4: to, tcp: { 'flags-bitmask': { operator: 'not any', bitmask: 4095 } } },
      actions: { forwarding: 'accept', 'rate-limit': '20000.25' },
    },
    { matches: { ipv4: to, icmp: { type: 3, code: 4 } } },
  ]),
  aclDocument(
    [
      { matches: { ipv6: { ...to6, 'flow-label': 74565, dscp: 10, length: 1240, fragment: { type: 'ff' } } } },
      { matches: { ipv6: to6, icmp: { type: 128 } } },
    ],
    { type: 'ipv6-acl-type' },
  ),
  scopeDocument({
    'target-prefix': ['192.0.2.10/32', '2001:db8::10/128'],
    'target-protocol': [17, 6],
    'target-port-range': [{ 'lower-port': 53 }, { 'lower-port': 8000, 'upper-port': 8080 }],
  }),
];

/** Rules of every kind that ACLs and mitigation requests become. */
export function rulesOfDocuments(action: MitigationAction): FlowspecRule[] {
  return translate(
    documents.map((value, index) => ({ file: `${index}`, value })),
    { action, repair: false },
  ).rules;
}

/** Rules that repairs of their order made: opposites of every kind of component. */
export function repairedRules(): FlowspecRule[] {
  const accept = { forwarding: 'accept' };
  const value = aclDocument([
    { matches: { ipv4: { ...to, fragment: { type: 'isf' } } } },
    { matches: { ipv4: { ...to, dscp: 46, length: 100 } } },
    { matches: { ipv4: to, udp } },
    { matches: { ipv4: to, tcp: { flags: 'syn' } } },
    { matches: { ipv4: to, icmp: { type: 3, code: 4 } } },
    { matches: { ipv4: { ...to, 'source-ipv4-network': '198.51.100.0/24' } }, actions: accept },
  ]);
  const six = aclDocument(
    [
      { matches: { ipv6: { ...to6, 'flow-label': 7, fragment: { type: 'ff' } } } },
      { matches: { ipv6: { ...to6, 'source-ipv6-network': '2001:db8:ffff::/48' } }, actions: accept },
    ],
    { type: 'ipv6-acl-type' },
  );
  return translate([
    { file: '4', value },
    { file: '6', value: six },
  ]).rules;
}
