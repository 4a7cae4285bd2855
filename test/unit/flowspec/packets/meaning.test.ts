import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareOrders, listRule } from '#dots/flowspec/order/conflicts';
import { evaluateRules, evaluateSorted, ruleMatches } from '#dots/flowspec/packets/evaluate';
import { evaluateAcl } from '#dots/flowspec/documents/evaluateAcl';
import { decodeNlri } from '#dots/flowspec/bgp/nlri';
import { sortRules } from '#dots/flowspec/bgp/order';
import { describePacket, usual, type Packet } from '#dots/flowspec/packets/packet';
import { intersectRegions, packetIn, regionsOf, subtractRegion } from '#dots/flowspec/packets/region';
import { describeActions } from '#dots/flowspec/bgp/ruleText';
import { translate } from '#dots/flowspec/translate';
import type { Action, FlowspecRule } from '#dots/flowspec/bgp/rule';
import type { JsonObject } from '#dots/model/json';
import { parseAddress } from '#dots/model/prefix';
import { acl, domain, packet } from '../../../support/flowspec/acls';
import { aclDocument, prefix, scopeDocument } from '../../../support/flowspec/rules';

const own = domain.map(prefix);
const seed = 20260727;

/** First-match evaluation of rules in the order of the documents. */
function firstMatch(rules: readonly FlowspecRule[], one: Packet): string {
  return describeActions(rules.find((rule) => ruleMatches(rule, one))?.actions ?? []);
}

function inAcl(value: JsonObject, one: Packet): string {
  return describeActions(evaluateAcl({ file: 'x', value }, one, own).actions);
}

function inRouters(rules: readonly FlowspecRule[], one: Packet): string {
  return describeActions(evaluateRules(rules, one).actions);
}

function orders(rules: readonly FlowspecRule[]): ReturnType<typeof compareOrders> {
  return compareOrders(rules.map((rule) => listRule(rule.components, rule.family, describeActions(rule.actions))));
}

const family = fc.constantFrom('ipv4' as const, 'ipv6' as const);

/** Every run takes the same ways, and one of its own, whose seed is printed. */
const seeds = [20260727, 20261122, randomInt(2 ** 31)];

/** A table and packets to try it with: in one run of a test 20,000 pairs of them. */
function tables(most: number): fc.Arbitrary<[JsonObject, Packet[]]> {
  return family.chain((chosen) =>
    fc.tuple(acl(chosen, most), fc.array(packet(chosen), { minLength: 10, maxLength: 10 })),
  );
}

for (const [index, one] of seeds.entries()) {
  const name = index === seeds.length - 1 ? `fresh seed ${one}` : `seed ${one}`;

  test(`the rules of an ACL do what the ACL does, taken in its order (${name})`, () => {
    fc.assert(
      fc.property(tables(6), ([value, packets]) => {
        const { rules, findings } = translate([{ file: 'x', value }], { domain, repair: false });
        assert.deepEqual(
          findings.filter(({ severity, code }) => severity === 'error' && code !== 'flowspec/protocol-conflict'),
          [],
        );
        fc.pre(findings.every(({ severity }) => severity !== 'error'));
        for (const packetOf of packets)
          assert.equal(firstMatch(rules, packetOf), inAcl(value, packetOf), describePacket(packetOf));
      }),
      { seed: one, numRuns: 2000 },
    );
  });

  test(`where no conflict is found routers do the same; every witness shows a difference (${name})`, () => {
    let proved = 0;
    fc.assert(
      fc.property(tables(5), ([value, packets]) => {
        const { rules, findings, equivalence } = translate([{ file: 'x', value }], { domain, repair: false });
        fc.pre(findings.every(({ severity }) => severity !== 'error'));
        const { conflicts, unknown } = orders(rules);
        assert.equal(unknown, undefined);
        assert.equal(equivalence.proved === false, conflicts.length > 0);
        for (const conflict of conflicts) {
          assert.notEqual(
            inAcl(value, conflict.packet),
            inRouters(rules, conflict.packet),
            describePacket(conflict.packet),
          );
          assert.equal(inAcl(value, conflict.packet), describeActions(rules[conflict.first]?.actions ?? []));
          assert.equal(inRouters(rules, conflict.packet), describeActions(rules[conflict.routersFirst]?.actions ?? []));
        }
        if (conflicts.length > 0) return;
        proved++;
        for (const packetOf of packets)
          assert.equal(inRouters(rules, packetOf), inAcl(value, packetOf), describePacket(packetOf));
      }),
      { seed: one, numRuns: 2000 },
    );
    assert.ok(proved > 300, `${proved} tables without conflict are too few to mean anything`);
  });

  test(`repaired, routers do what the ACL does (${name})`, () => {
    let repaired = 0;
    let given = 0;
    fc.assert(
      fc.property(tables(6), ([value, packets]) => {
        const { rules, findings, equivalence } = translate([{ file: 'x', value }], { domain });
        fc.pre(findings.every(({ severity }) => severity !== 'error'));
        if (equivalence.proved === false) {
          given++;
          assert.ok(findings.some(({ code }) => code === 'flowspec/not-repaired'));
          return;
        }
        if (findings.some(({ code }) => code === 'flowspec/repaired')) repaired++;
        for (const packetOf of packets)
          assert.equal(inRouters(rules, packetOf), inAcl(value, packetOf), describePacket(packetOf));
      }),
      { seed: one, numRuns: 2000 },
    );
    assert.ok(repaired > 300 && given < repaired / 10, `${repaired} tables were repaired, ${given} were not`);
  });
}

test('regions contain exactly the packets that match', () => {
  const table = family.chain((chosen) =>
    fc.tuple(acl(chosen, 2), fc.array(packet(chosen), { minLength: 3, maxLength: 3 })),
  );
  fc.assert(
    fc.property(table, ([value]) => {
      const { rules } = translate([{ file: 'x', value }], { domain });
      const [a, b] = rules;
      if (a === undefined || b === undefined) return;
      for (const first of regionsOf(a.components, a.family) ?? []) {
        assert.ok(ruleMatches(a, packetIn(first, a.family)));
        for (const second of regionsOf(b.components, b.family) ?? []) {
          const both = intersectRegions(first, second);
          if (both !== undefined)
            assert.ok(ruleMatches(a, packetIn(both, a.family)) && ruleMatches(b, packetIn(both, a.family)));
          for (const rest of subtractRegion(first, second))
            assert.ok(ruleMatches(a, packetIn(rest, a.family)) && !ruleMatches(b, packetIn(rest, a.family)));
        }
      }
    }),
    { seed, numRuns: 2000 },
  );
});

const drop = { forwarding: 'drop' };
const accept = { forwarding: 'accept' };

function orderFindings(value: JsonObject, ...more: JsonObject[]): string[] {
  const inputs = [value, ...more].map((document, index) => ({ file: `${index}`, value: document }));
  return translate(inputs, { domain: ['192.0.2.0/24', '198.51.100.0/24'], repair: false })
    .findings.filter(({ code }) => code.startsWith('flowspec/order'))
    .map(({ message, pointer }) => `${pointer.slice(-1)} ${message.replace(/.*Example: /, '')}`);
}

test('RFC 8783 figure 34: routers test the DNS rule before the fragments', () => {
  const value = aclDocument([
    { name: 'drop-all-fragments', matches: { ipv4: { fragment: { operator: 'match', type: 'isf' } } } },
    {
      name: 'allow-dns-packets',
      matches: {
        ipv4: { 'destination-ipv4-network': '198.51.100.0/24' },
        udp: { 'destination-port-range-or-operator': { operator: 'eq', port: 53 } },
      },
      actions: accept,
    },
  ]);
  assert.deepEqual(orderFindings(value), [
    '1 udp 198.51.100.7:40000 -> 198.51.100.1:53, first fragment. By the order here: discard; in routers: accept.',
  ]);
});

test('equivalence: proved, disproved with a witness, or unknown with the reason', () => {
  const match = (network: string, more: JsonObject = {}): JsonObject => ({
    ipv4: { 'destination-ipv4-network': network, ...more },
  });
  const of = (...aces: [JsonObject, JsonObject][]): unknown =>
    translate([{ file: 'x', value: aclDocument(aces.map(([matches, actions]) => ({ matches, actions }))) }], {
      repair: false,
    }).equivalence;
  assert.deepEqual(of([match('192.0.2.10/32'), accept], [match('192.0.2.0/24'), drop]), { proved: true });
  assert.deepEqual(of([match('192.0.2.0/24'), drop], [match('192.0.2.10/32'), accept]), {
    proved: false,
    witness: {
      packet: 'udp 198.51.100.7:40000 -> 192.0.2.10:4000',
      documents: { action: 'discard', source: { file: 'x', pointer: '/ietf-dots-data-channel:acls/acl/0/aces/ace/0' } },
      routers: {
        action: 'accept',
        nlri: '060120c000020a',
        source: { file: 'x', pointer: '/ietf-dots-data-channel:acls/acl/0/aces/ace/1' },
      },
    },
  });
  assert.deepEqual(of([match('192.0.2.0/24', { ttl: 1 }), drop]), {
    proved: 'unknown',
    reason: 'a part of the documents has no rule (1 error among the findings)',
  });
  assert.deepEqual(of([match('192.0.2.0/24', { flags: 'more' }), drop]), {
    proved: 'unknown',
    reason: 'Flowspec cannot match the reserved bit of the IPv4 header',
  });
  const { rules, findings, equivalence } = translate([]);
  assert.deepEqual({ rules, findings, equivalence }, { rules: [], findings: [], equivalence: { proved: true } });
});

test('drop before accept on nested prefixes is a hole, the reverse is not', () => {
  const [wide, one] = [
    { matches: { ipv4: { 'destination-ipv4-network': '192.0.2.0/24' } } },
    { matches: { ipv4: { 'destination-ipv4-network': '192.0.2.10/32' } } },
  ];
  assert.deepEqual(
    orderFindings(
      aclDocument([
        { ...wide, actions: drop },
        { ...one, actions: accept },
      ]),
    ),
    ['1 udp 198.51.100.7:40000 -> 192.0.2.10:4000. By the order here: discard; in routers: accept.'],
  );
  assert.deepEqual(
    orderFindings(
      aclDocument([
        { ...one, actions: accept },
        { ...wide, actions: drop },
      ]),
    ),
    [],
  );
});

test('an inversion that an earlier rule covers makes no difference', () => {
  const match = (network: string, ports?: JsonObject): JsonObject => ({
    ipv4: { 'destination-ipv4-network': network },
    udp: ports === undefined ? {} : { 'destination-port-range-or-operator': ports },
  });
  const cover = { matches: match('192.0.2.10/32', { 'lower-port': 0, 'upper-port': 53 }), actions: drop };
  const wide = { matches: match('192.0.2.0/24'), actions: drop };
  const hole = { matches: match('192.0.2.10/32', { port: 53 }), actions: accept };
  assert.equal(orderFindings(aclDocument([wide, hole])).length, 1);
  assert.deepEqual(orderFindings(aclDocument([cover, wide, hole])), []);
});

test('ACLs come before mitigations, whatever order the documents are given in', () => {
  const ports = { 'destination-port-range-or-operator': { port: 53 } };
  const list = aclDocument([
    { name: 'dns', matches: { ipv4: { 'destination-ipv4-network': '192.0.2.0/24' }, udp: ports }, actions: accept },
  ]);
  const request = scopeDocument({ 'target-prefix': ['192.0.2.10/32'], 'target-protocol': [17] });
  const expected = ['0 udp 198.51.100.7:40000 -> 192.0.2.10:53. By the order here: accept; in routers: discard.'];
  assert.deepEqual(orderFindings(list, request), expected);
  assert.deepEqual(orderFindings(request, list), expected);
});

test('many rules: disjoint ones are proved, too many overlapping ones are called unknown', () => {
  const listed = Array.from({ length: 3000 }, (_, index) =>
    listRule(
      [{ type: 1, prefix: prefix(`198.${index >> 8}.${index & 255}.1/32`) }],
      'ipv4',
      index % 2 === 0 ? 'accept' : 'discard',
    ),
  );
  assert.deepEqual(compareOrders(listed), { conflicts: [] });
  const same = Array.from({ length: 100 }, (_, index) =>
    listRule(
      [
        { type: 1, prefix: prefix('192.0.2.0/24') },
        { type: 10, anyOf: [[{ op: '>=', value: index }]] },
      ],
      'ipv4',
      String(index),
    ),
  );
  assert.match(compareOrders(same, { pairs: 10 }).unknown ?? '', /more than 10 pairs/);
  assert.deepEqual(compareOrders(same.slice(60)), { conflicts: [] }, 'each rule covers the ones after it');
  assert.match(compareOrders([...same].reverse(), { cuts: 1 }).unknown ?? '', /within 1 steps/);
  assert.match(compareOrders([...same].reverse(), { conflicts: 1 }).unknown ?? '', /ended at 1/);
  assert.match(
    compareOrders([listRule(decodeNlri('08016840123456789a', 'ipv6'), 'ipv6', 'discard')]).unknown ?? '',
    /offset/,
  );
});

const base: Packet = {
  ...usual,
  family: 'ipv4',
  source: parseAddress('198.51.100.7') ?? [],
  destination: parseAddress('192.0.2.10') ?? [],
};

test('packets in words', () => {
  assert.equal(describePacket({ ...base, sourcePort: 53 }), 'udp 198.51.100.7:53 -> 192.0.2.10:4000');
  assert.equal(describePacket({ ...base, protocol: 1 }), 'icmp 198.51.100.7 -> 192.0.2.10, type 8 code 0');
  assert.equal(
    describePacket({ ...base, protocol: 6, tcpFlags: 18, dscp: 46, length: 1500, dontFragment: true }),
    'tcp 198.51.100.7:40000 -> 192.0.2.10:4000, flags syn+ack, length 1500, dscp 46, df set',
  );
  assert.equal(describePacket({ ...base, fragment: 'last' }), 'udp 198.51.100.7 -> 192.0.2.10, last fragment');
  const v6 = {
    ...base,
    family: 'ipv6' as const,
    source: parseAddress('2001:db8::7') ?? [],
    destination: parseAddress('2001:db8::10') ?? [],
  };
  assert.equal(describePacket({ ...v6, flowLabel: 7 }), 'udp [2001:db8::7]:40000 -> [2001:db8::10]:4000, flow label 7');
});

test('the components of RFC 8955 on packets', () => {
  const matches = (hex: string, change: Partial<Packet>): boolean =>
    ruleMatches({ family: 'ipv4', components: decodeNlri(hex, 'ipv4') }, { ...base, ...change });
  assert.ok(
    matches('03048135', { sourcePort: 53 }) && matches('03048135', { destinationPort: 53 }),
    'port is source or destination',
  );
  assert.ok(
    !matches('03048135', { destinationPort: 53, protocol: 132 }) &&
      !matches('03048135', { destinationPort: 53, fragment: 'last' }),
  );
  assert.ok(matches('03058135', { destinationPort: 53, fragment: 'first' }));
  assert.ok(!matches('03078108', {}) && matches('03078108', { protocol: 1 }));
  assert.ok(
    matches('04099101' + '00', { protocol: 6, tcpFlags: 0x100 }) &&
      !matches('0409910100', { protocol: 17, tcpFlags: 0x100 }),
  );
  assert.ok(
    matches('030c8005', { dontFragment: true }) &&
      matches('030c8005', { fragment: 'first' }) &&
      !matches('030c8005', { fragment: 'last' }),
  );
  assert.ok(matches('030a8700', {}) && !matches('030a8000', {}), 'true and false');
});

test('a terminal bit that is set lets later rules add their actions', () => {
  const made = (hex: string, actions: Action[]): FlowspecRule => ({
    family: 'ipv4',
    components: decodeNlri(hex, 'ipv4'),
    actions,
    nlri: hex,
    extendedCommunities: [],
    text: hex,
    source: { file: '', pointer: '' },
  });
  const rules = [
    made('050118c00002', [{ kind: 'traffic-marking', dscp: 1 }]),
    made('060120c000020a', [{ kind: 'traffic-action', sample: true, terminal: true }]),
  ];
  assert.deepEqual(
    evaluateRules(rules, base).actions.map(({ kind }) => kind),
    ['traffic-action', 'traffic-marking'],
  );
  assert.deepEqual(evaluateSorted(sortRules(rules).slice(1), base).rules.length, 1);
});

test('fields that packets do not have cannot be evaluated', () => {
  assert.throws(
    () =>
      evaluateAcl(
        {
          file: 'x',
          value: aclDocument([{ matches: { ipv4: { 'destination-ipv4-network': '192.0.2.0/24', ttl: 1 } } }]),
        },
        base,
      ),
    { code: 'flowspec/not-evaluable' },
  );
});
