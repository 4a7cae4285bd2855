import fc from 'fast-check';
import type { Packet } from '#dots/flowspec/packets/packet';
import type { JsonObject } from '#dots/model/json';
import { parseAddress, type Family } from '#dots/model/prefix';
import { aclDocument } from './rules';

/** Few values, so that random ACEs overlap often and random packets hit them. */
const values = {
  port: [53, 123, 1000, 65535],
  length: [60, 100, 1500],
  dscp: [0, 46],
  label: [0, 7],
  icmp: [0, 3, 8],
  flags: [2, 16, 18, 0x100],
};

/** One's own prefixes in these tests. */
export const domain = ['192.0.2.0/24', '2001:db8::/32'];

const destinations: Record<Family, string[]> = {
  ipv4: ['192.0.2.0/24', '192.0.2.0/25', '192.0.2.10/32', '192.0.2.128/25'],
  ipv6: ['2001:db8::/32', '2001:db8::/33', '2001:db8::10/128'],
};
const sources: Record<Family, string[]> = {
  ipv4: ['198.51.100.0/24', '198.51.100.7/32'],
  ipv6: ['2001:db8:ffff::/48', '2001:db8:ffff::7/128'],
};
const addresses: Record<Family, [destination: string[], source: string[]]> = {
  ipv4: [
    ['192.0.2.10', '192.0.2.11', '192.0.2.200'],
    ['198.51.100.7', '198.51.100.8', '203.0.113.1'],
  ],
  ipv6: [
    ['2001:db8::10', '2001:db8::11', '2001:db8:8000::1'],
    ['2001:db8:ffff::7', '2001:db8:ffff::8', '2001:db8:eeee::1'],
  ],
};

/** A container with some of these members. */
function some(members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<JsonObject> {
  return fc.record(members, { requiredKeys: [], noNullPrototype: true }) as fc.Arbitrary<JsonObject>;
}

function all(members: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<unknown> {
  return fc.record(members, { noNullPrototype: true });
}

const port = fc.oneof(
  all({ operator: fc.constantFrom('eq', 'neq', 'lte', 'gte'), port: fc.constantFrom(...values.port) }),
  fc
    .tuple(fc.constantFrom(...values.port), fc.constantFrom(...values.port))
    .map(([a, b]) => ({ 'lower-port': Math.min(a, b), 'upper-port': Math.max(a, b) })),
);
const ports = { 'source-port-range-or-operator': port, 'destination-port-range-or-operator': port };
const operator = fc.constantFrom('match', 'any', 'not match', 'not any');

function fragment(family: Family): fc.Arbitrary<unknown> {
  const types = fc.subarray(family === 'ipv4' ? ['df', 'isf', 'ff', 'lf'] : ['isf', 'ff', 'lf'], { minLength: 1 });
  return all({ operator, type: types.map((list) => list.join(' ')) });
}

function l3(family: Family): fc.Arbitrary<JsonObject> {
  const [icmp, length] = [family === 'ipv4' ? 1 : 58, family === 'ipv4' ? 0 : 40];
  const common = {
    protocol: fc.constantFrom(6, 17, icmp, 47),
    dscp: fc.constantFrom(...values.dscp),
    length: fc.constantFrom(...values.length).map((value) => value - length),
  };
  const networks = {
    [`destination-${family}-network`]: fc.constantFrom(...destinations[family]),
    [`source-${family}-network`]: fc.constantFrom(...sources[family]),
  };
  const bits =
    family === 'ipv4'
      ? fc.constantFrom({ flags: 'fragment' }, { flags: 'more' }, { flags: '' }, { flags: 'fragment more' })
      : fc.constantFrom({ 'flow-label': 7 }, { 'flow-label': 0 });
  const extra = fc.oneof(
    { weight: 6, arbitrary: fc.constant({}) },
    { weight: 2, arbitrary: fragment(family).map((value) => ({ fragment: value })) },
    { weight: 1, arbitrary: bits },
  );
  return fc
    .tuple(
      some(networks),
      fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: some(common) }),
      extra,
    )
    .map(([a, b, c]) => ({ ...a, ...b, ...c }) as JsonObject);
}

const tcp = fc.oneof(
  some(ports),
  some({ 'flags-bitmask': all({ operator, bitmask: fc.constantFrom(...values.flags) }) }),
  some({ flags: fc.constantFrom('syn', 'syn ack', 'ack', '') }),
);
const icmp = some({ type: fc.constantFrom(...values.icmp), code: fc.constantFrom(0, 1) });
const l4 = fc.oneof(
  fc.constant({}),
  tcp.map((value) => ({ tcp: value })),
  some(ports).map((value) => ({ udp: value })),
  icmp.map((value) => ({ icmp: value })),
);

const actions = fc.constantFrom<JsonObject>(
  { forwarding: 'drop' },
  { forwarding: 'accept' },
  { forwarding: 'accept', 'rate-limit': '125000.00' },
);

/** An ACL document of one family with up to `most` ACEs, some of which may contradict themselves. */
export function acl(family: Family, most: number): fc.Arbitrary<JsonObject> {
  const matches = fc.tuple(l3(family), l4).map(([first, second]) => ({ [family]: first, ...second }) as JsonObject);
  return fc
    .array(all({ matches, actions }) as fc.Arbitrary<{ matches: JsonObject; actions: JsonObject }>, {
      minLength: 1,
      maxLength: most,
    })
    .map((aces) => aclDocument(aces, { type: `${family}-acl-type` }));
}

/** A packet with values that the ACEs name, or ones beside them. */
export function packet(family: Family): fc.Arbitrary<Packet> {
  const [to, from] = addresses[family];
  const address = (list: string[]): fc.Arbitrary<number[]> =>
    fc.constantFrom(...list.map((text) => parseAddress(text) ?? []));
  return all({
    family: fc.constant(family),
    destination: address(to),
    source: address(from),
    protocol: fc.constantFrom(6, 17, family === 'ipv4' ? 1 : 58, 47),
    sourcePort: fc.constantFrom(...values.port, 54),
    destinationPort: fc.constantFrom(...values.port, 54),
    icmpType: fc.constantFrom(...values.icmp),
    icmpCode: fc.constantFrom(0, 1),
    tcpFlags: fc.constantFrom(...values.flags, 0),
    length: fc.constantFrom(...values.length, 61),
    dscp: fc.constantFrom(...values.dscp, 1),
    flowLabel: fc.constantFrom(...(family === 'ipv4' ? [0] : [...values.label, 1])),
    fragment: fc.constantFrom('whole', 'whole', 'whole', 'first', 'middle', 'last'),
    dontFragment: family === 'ipv4' ? fc.boolean() : fc.constant(false),
  }) as fc.Arbitrary<Packet>;
}
