import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { describeActions } from '#dots/flowspec/bgp/ruleText';
import { listRule } from '#dots/flowspec/order/conflicts';
import { decidedPackets } from '#dots/flowspec/order/traffic';
import { evaluateRules } from '#dots/flowspec/packets/evaluate';
import { describePacket, usual, type Packet } from '#dots/flowspec/packets/packet';
import { bgpPackets, signalPackets } from '#dots/flowspec/packets/sessions';
import { translate, type FlowspecInput, type FlowspecOptions } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { parseAddress } from '#dots/model/prefix';
import { acl } from '../../support/flowspec/acls';
import { aclDocument, scopeDocument } from '../../support/flowspec/rules';

const to = { 'destination-ipv4-network': '192.0.2.0/24' };
const drop = { forwarding: 'drop' };
const accept = { forwarding: 'accept' };

type Ace = { matches: JsonObject; actions?: JsonObject };

/** What the rules of a document cut off, by the code of the warning and its place. */
function warnings(value: JsonObject, code: string, options: FlowspecOptions = {}): string[] {
  const { findings } = translate([{ file: 'x', value }], { domain: ['192.0.2.0/24', '2001:db8::/32'], ...options });
  return findings.filter((finding) => finding.code === `flowspec/${code}`).map(({ message }) => message);
}

/** The sessions that entries cut off: `BGP`, `DOTS`. */
function sessions(aces: Ace[], options: FlowspecOptions & { type?: string } = {}): string[] {
  const { type = 'ipv4-acl-type', ...rest } = options;
  return warnings(aclDocument(aces, { type }), 'control-port', rest).flatMap((message) =>
    ['BGP', 'DOTS'].filter((name) => message.includes(name)),
  );
}

const range = (lower: number, upper: number): JsonObject => ({ 'lower-port': lower, 'upper-port': upper });
const source = (port: JsonObject): JsonObject => ({ 'source-port-range-or-operator': port });
const destination = (port: JsonObject): JsonObject => ({ 'destination-port-range-or-operator': port });

const entries: [name: string, matches: JsonObject, cut: string[]][] = [
  ['UDP to well-known ports', { ipv4: to, udp: destination(range(1, 1023)) }, []],
  ['UDP to all ports', { ipv4: to, udp: {} }, ['DOTS']],
  ['UDP to the DOTS port', { ipv4: to, udp: destination({ port: 4646 }) }, ['DOTS']],
  ['UDP from the DOTS port', { ipv4: to, udp: source({ port: 4646 }) }, ['DOTS']],
  ['UDP to ports that clients choose', { ipv4: to, udp: destination(range(50_000, 50_009)) }, ['DOTS']],
  ['UDP between two server ports', { ipv4: to, udp: { ...source({ port: 53 }), ...destination({ port: 4646 }) } }, []],
  ['UDP from an amplifier', { ipv4: to, udp: source({ port: 123 }) }, []],
  ['TCP from the BGP port', { ipv4: to, tcp: source({ port: 179 }) }, ['BGP']],
  ['TCP to the BGP port', { ipv4: to, tcp: destination({ port: 179 }) }, ['BGP']],
  ['TCP to a web server', { ipv4: to, tcp: destination({ port: 443 }) }, []],
  ['TCP without ports', { ipv4: { ...to, protocol: 6 } }, ['BGP', 'DOTS']],
  ['TCP over any port but 80', { ipv4: to, tcp: destination({ operator: 'neq', port: 80 }) }, ['BGP', 'DOTS']],
  ['TCP SYN', { ipv4: to, tcp: { flags: 'syn' } }, ['BGP', 'DOTS']],
  ['TCP without a flag', { ipv4: to, tcp: { flags: '' } }, []],
  ['TCP with SYN and FIN', { ipv4: to, tcp: { 'flags-bitmask': { operator: 'match', bitmask: 3 } } }, []],
  ['fragments', { ipv4: { ...to, fragment: { type: 'isf' } } }, []],
  ['UDP shorter than a DTLS record', { ipv4: { ...to, length: 40 }, udp: {} }, []],
  ['another protocol', { ipv4: { ...to, protocol: 47 } }, []],
  ['a whole destination', { ipv4: to }, ['BGP', 'DOTS']],
];

for (const [name, matches, cut] of entries)
  test(`sessions that a discard cuts off: ${name}`, () => {
    assert.deepEqual(sessions([{ matches }]), cut);
    assert.deepEqual(sessions([{ matches, actions: accept }]), []);
  });

test('sessions in IPv6, and with a rate limit', () => {
  const to6 = { ipv6: { 'destination-ipv6-network': '2001:db8::/32' } };
  const [message] = warnings(
    aclDocument(
      [{ matches: { ...to6, tcp: source({ port: 179 }) }, actions: { ...accept, 'rate-limit': '1000000.00' } }],
      {
        type: 'ipv6-acl-type',
      },
    ),
    'control-port',
  );
  assert.match(
    message ?? '',
    /^This limits packets of BGP sessions \(for example tcp \[2001:db8::7\]:179 -> \[2001:db8::1\]:49152\)/,
  );
});

test('only what routers decide by the rule counts: sessions that an earlier entry accepts are not cut off', () => {
  const all: Ace = { matches: { ipv4: to }, actions: drop };
  const bgp = [source, destination].map((side): Ace => ({
    matches: { ipv4: to, tcp: side({ port: 179 }) },
    actions: accept,
  }));
  assert.deepEqual(sessions([all]), ['BGP', 'DOTS']);
  assert.deepEqual(sessions([...bgp, all]), ['DOTS']);
  assert.deepEqual(sessions([...bgp.slice(1), all]), ['BGP', 'DOTS'], 'one direction is not enough');
  assert.deepEqual(sessions([...bgp, { matches: { ipv4: to, udp: {} }, actions: accept }, all]), ['DOTS'], 'over TCP');
});

test('the ports of the own DOTS servers count instead of the registered one', () => {
  const to = (port: number): Ace[] => [
    { matches: { ipv4: { 'destination-ipv4-network': '192.0.2.0/24' }, udp: destination({ port }) } },
  ];
  assert.deepEqual(sessions(to(4646), { signalPorts: [5684] }), []);
  assert.deepEqual(sessions(to(5684), { signalPorts: [5684] }), ['DOTS']);
  assert.deepEqual(sessions(to(4646), { signalPorts: [5684, 4646] }), ['DOTS']);
});

/** Packets of sessions, and some that are nearly ones. */
function sessionPacket(family: 'ipv4' | 'ipv6'): fc.Arbitrary<Packet> {
  const addresses =
    family === 'ipv4' ? ['192.0.2.10', '192.0.2.200', '198.51.100.7'] : ['2001:db8::10', '2001:db8:ffff::7'];
  const address = fc.constantFrom(...addresses.map((text) => parseAddress(text) ?? []));
  return fc
    .tuple(
      address,
      address,
      fc.constantFrom(6, 17),
      fc.constantFrom(179, 4646),
      fc.boolean(),
      fc.constantFrom(2, 16, 18),
    )
    .map(([from, target, protocol, port, isAnswer, tcpFlags]) => ({
      ...usual,
      family,
      source: from,
      destination: target,
      protocol,
      sourcePort: isAnswer ? port : 65_535,
      destinationPort: isAnswer ? 65_535 : port,
      tcpFlags,
    }));
}

test('a warning has a packet that routers drop; where a packet of a session is dropped there is a warning', () => {
  const families = fc.constantFrom('ipv4' as const, 'ipv6' as const);
  const cases = families.chain((family) => fc.tuple(fc.constant(family), acl(family, 5), sessionPacket(family)));
  let warned = 0;
  fc.assert(
    fc.property(cases, ([family, value, packet]) => {
      const { rules } = translate([{ file: 'x', value }], { domain: ['192.0.2.0/24', '2001:db8::/32'] });
      const limits = (index: number): boolean => (rules[index]?.actions.length ?? 0) > 0;
      const decided = decidedPackets(
        rules.map((rule) => listRule(rule.components, rule.family, describeActions(rule.actions))),
        [
          { what: 'bgp', family, regions: bgpPackets(family) },
          { what: 'dots', family, regions: signalPackets(family, [4646]) },
        ],
        limits,
      );
      for (const { rule, packet: example } of decided ?? []) {
        warned++;
        assert.deepEqual(evaluateRules(rules, example).rules, [rules[rule]], describePacket(example));
      }
      const isBgp = packet.protocol === 6 && (packet.sourcePort === 179 || packet.destinationPort === 179);
      const isDots = packet.sourcePort === 4646 || packet.destinationPort === 4646;
      const verdict = evaluateRules(rules, packet);
      if (verdict.actions.length === 0 || (!isBgp && !isDots)) return;
      assert.ok(
        decided?.some(({ what, rule }) => what === (isBgp ? 'bgp' : 'dots') && rules[rule] === verdict.rules[0]),
        describePacket(packet),
      );
    }),
    { seed: 20260727, numRuns: 3000 },
  );
  assert.ok(warned > 300, `${warned} warnings are too few to mean anything`);
});

test('each region of session packets has a packet', () => {
  for (const family of ['ipv4', 'ipv6'] as const)
    for (const region of [...bgpPackets(family), ...signalPackets(family, [4646, 5684])])
      assert.ok(Object.values(region).every((set) => set.length > 0));
});

const request = scopeDocument({ 'target-prefix': ['192.0.2.0/24'], 'target-protocol': [17] });
const senders = (network: string, ...before: Ace[]): FlowspecInput => ({
  file: 'acl.json',
  value: aclDocument([
    ...before,
    { matches: { ipv4: { ...to, 'source-ipv4-network': network }, udp: source({ port: 53 }) }, actions: accept },
  ]),
});

test('a mitigation that drops what an ACL of the workspace accepts', () => {
  const [message, ...more] = warnings(request, 'accepted-traffic', { accepting: [senders('198.51.100.0/24')] });
  assert.deepEqual(more, []);
  assert.match(
    message ?? '',
    /^This drops packets that ACE "ace1" of ACL "acl" in acl\.json accepts \(for example udp 198\.51\.100\.7:53 -> 192\.0\.2\.1:4000\)/,
  );
});

test('what the ACL drops itself, or does not decide now, is not accepted', () => {
  const none = (accepting: FlowspecInput): void =>
    assert.deepEqual(warnings(request, 'accepted-traffic', { accepting: [accepting] }), []);
  none(senders('198.51.100.0/24', { matches: { ipv4: to, udp: {} }, actions: drop }));
  none({
    file: 'acl.json',
    value: aclDocument([{ matches: { ipv4: to }, actions: accept }], { 'activation-type': 'deactivate' }),
  });
  none({ file: 'acl.json', value: aclDocument([{ matches: { ipv4: { ...to, protocol: 6 } }, actions: accept }]) });
  none({ file: 'acl.json', value: aclDocument([{ matches: { ipv4: { ...to, protcol: 17 } }, actions: accept }]) });
  const beside = translate([{ file: 'x', value: request }, senders('198.51.100.0/24')]);
  assert.ok(!beside.findings.some(({ code }) => code === 'flowspec/accepted-traffic'), 'translated, it comes first');
});
