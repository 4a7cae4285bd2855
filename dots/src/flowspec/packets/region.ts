import type { Family } from '#dots/model/prefix';
import { addressInterval, addressOctets } from './addresses';
import { bitmaskMatches } from './evaluate';
import {
  has,
  intersect,
  interval,
  numbersWhere,
  subtract,
  touches,
  union,
  type Bound,
  type IntervalSet,
} from './intervals';
import { fragmentBits, icmpProtocol, tcp, udp } from '../bgp/protocolNames';
import { fragmentWith, usual, type Packet } from './packet';
import {
  isBitmask,
  isPrefix,
  prefixComponent,
  type BitmaskComponent,
  type Component,
  type NumericComponent,
  type NumericTest,
  type NumericType,
} from '../bgp/rule';

/** The fields of a packet as dimensions of a region. */
export const dimensions = [
  'destination',
  'source',
  'protocol',
  'destinationPort',
  'sourcePort',
  'icmpType',
  'icmpCode',
  'tcpFlags',
  'length',
  'dscp',
  'fragment',
  'flowLabel',
] as const;

/** One field of a packet. */
export type Dimension = (typeof dimensions)[number];

/**
 * A set of packets: for each field the values it may have, independently of the others. A field that a packet does not
 * have (ports of ICMP, ...) may have any value, so that all packets have all fields.
 */
export type Region = Readonly<Record<Dimension, IntervalSet>>;

/** IPv6 extension headers, which are never the first upper-layer protocol (RFC 8956 section 3.3). */
const extensionHeaders = [0, 43, 44, 60];

/** The largest IPv6 packet without jumbograms: a payload of 65535 octets after the header. */
const longestIpv6 = 65575;

function fragmentStates(family: Family): IntervalSet {
  return numbersWhere(
    16,
    (bits) => fragmentWith(bits) !== undefined && (family === 'ipv4' || (bits & fragmentBits.df) === 0),
  );
}

function wholeFamily(family: Family): Region {
  const addresses = family === 'ipv4' ? interval(0, 2 ** 32) : interval(0n, 1n << 128n);
  const [octet, port] = [interval(0, 256), interval(0, 65536)];
  const protocols = family === 'ipv4' ? octet : numbersWhere(256, (protocol) => !extensionHeaders.includes(protocol));
  return {
    destination: addresses,
    source: addresses,
    protocol: protocols,
    destinationPort: port,
    sourcePort: port,
    icmpType: octet,
    icmpCode: octet,
    tcpFlags: interval(0, 4096),
    length: family === 'ipv4' ? interval(20, 65536) : interval(40, longestIpv6 + 1),
    dscp: interval(0, 64),
    fragment: fragmentStates(family),
    flowLabel: interval(0, family === 'ipv4' ? 1 : 1 << 20),
  };
}

/** All packets of a family. */
export const everything: Record<Family, Region> = { ipv4: wholeFamily('ipv4'), ipv6: wholeFamily('ipv6') };

/** The packets with a transport header. */
const withHeader = numbersWhere(16, (bits) => (bits & fragmentBits.notFirst) === 0);

function testInterval(test: NumericTest): IntervalSet {
  const value = Number(test.value);
  switch (test.op) {
    case 'false':
      return [];
    case '=':
      return interval(value, value + 1);
    case '>':
      return interval(value + 1, Infinity);
    case '>=':
      return interval(value, Infinity);
    case '<':
      return interval(0, value);
    case '<=':
      return interval(0, value + 1);
    case '!=':
      return [...interval(0, value), value + 1, Infinity];
    case 'true':
      return interval(0, Infinity);
  }
}

/** The numbers that a numeric component accepts. */
export function numericSet(component: NumericComponent): IntervalSet {
  return union(component.anyOf.map((group) => group.map(testInterval).reduce(intersect)));
}

/** Sets of TCP flags and fragment bits by their tests: lists of 4096 values, computed once. */
const bitmaskSets = new Map<string, IntervalSet>();

/** The bits that a bitmask component accepts: of TCP flags 12, of fragments 4. */
export function bitmaskSet(component: BitmaskComponent): IntervalSet {
  const key = JSON.stringify(component);
  const known = bitmaskSets.get(key);
  if (known !== undefined) return known;
  const set = numbersWhere(component.type === 9 ? 4096 : 16, (data) =>
    component.anyOf.some((group) => group.every((test) => bitmaskMatches(test, data))),
  );
  bitmaskSets.set(key, set);
  return set;
}

/** The field that a numeric component tests; the port component (type 4) tests two. */
const numericDimension: Record<Exclude<NumericType, 4>, Dimension> = {
  3: 'protocol',
  5: 'destinationPort',
  6: 'sourcePort',
  7: 'icmpType',
  8: 'icmpCode',
  10: 'length',
  11: 'dscp',
  13: 'flowLabel',
};

const only = (protocol: number): IntervalSet => interval(protocol, protocol + 1);
const onlyTcp = only(tcp);
const tcpOrUdp = union([onlyTcp, only(udp)]);
const onlyIcmp = { ipv4: only(icmpProtocol('ipv4')), ipv6: only(icmpProtocol('ipv6')) };

/** The protocols that a component implies (RFC 8955 section 4.2.2), or undefined. */
export function impliedProtocols(type: Component['type'], family: Family): IntervalSet | undefined {
  if (type === 4 || type === 5 || type === 6) return tcpOrUdp;
  if (type === 7 || type === 8) return onlyIcmp[family];
  return type === 9 ? onlyTcp : undefined;
}

/** Which field a component limits to which values; the port component is left to `regionsOf`. */
function limitOf(component: Component): [Dimension, IntervalSet] | undefined {
  if (isPrefix(component)) return [component.type === 1 ? 'destination' : 'source', addressInterval(component.prefix)];
  if (isBitmask(component)) return [component.type === 9 ? 'tcpFlags' : 'fragment', bitmaskSet(component)];
  return component.type === 4 ? undefined : [numericDimension[component.type], numericSet(component)];
}

/**
 * The packets that match a rule, as regions: two for the port component, otherwise one. Regions without a packet are
 * omitted. Undefined for an IPv6 prefix with an offset, whose addresses are not an interval.
 */
export function regionsOf(components: readonly Component[], family: Family): Region[] | undefined {
  if ([1, 2].some((type) => (prefixComponent(components, type as 1 | 2)?.offset ?? 0) > 0)) return undefined;
  const region: Record<Dimension, IntervalSet> = { ...everything[family] };
  const limit = (dimension: Dimension, set: IntervalSet): void => {
    region[dimension] = intersect(region[dimension], set);
  };
  for (const component of components) {
    const own = limitOf(component);
    if (own !== undefined) limit(...own);
    const protocols = impliedProtocols(component.type, family);
    if (protocols === undefined) continue;
    limit('protocol', protocols);
    limit('fragment', withHeader);
  }
  const port = components.find((component) => component.type === 4) as NumericComponent | undefined;
  const regions = port === undefined ? [region] : eitherPort(region, numericSet(port));
  return regions.filter((candidate) => !isEmpty(candidate));
}

/** The packets of a region whose destination port, or whose source port, is one of a set. */
function eitherPort(region: Region, ports: IntervalSet): Region[] {
  return (['destinationPort', 'sourcePort'] as const).map((side) => ({
    ...region,
    [side]: intersect(region[side], ports),
  }));
}

/** Whether no packet is in the region. */
function isEmpty(region: Region): boolean {
  return dimensions.some((dimension) => region[dimension].length === 0);
}

/** Whether two regions have a packet in common. */
export function regionsTouch(a: Region, b: Region): boolean {
  for (const dimension of dimensions)
    if (a[dimension] !== b[dimension] && !touches(a[dimension], b[dimension])) return false;
  return true;
}

/** The packets that are in both regions, or undefined if there are none. */
export function intersectRegions(a: Region, b: Region): Region | undefined {
  if (!regionsTouch(a, b)) return undefined;
  const result: Partial<Record<Dimension, IntervalSet>> = {};
  for (const dimension of dimensions) result[dimension] = intersect(a[dimension], b[dimension]);
  return result as Region;
}

/** The packets of `region` that are not in `other`, as disjoint regions: at most one for each field. */
export function subtractRegion(region: Region, other: Region): Region[] {
  const pieces: Region[] = [];
  let rest = region;
  for (const dimension of dimensions) {
    if (rest[dimension] === other[dimension]) continue;
    const outside = subtract(rest[dimension], other[dimension]);
    if (outside.length > 0) pieces.push({ ...rest, [dimension]: outside });
    const inside = intersect(rest[dimension], other[dimension]);
    if (inside.length === 0) break;
    rest = { ...rest, [dimension]: inside };
  }
  return pieces;
}

/** The preferred value if the set contains it, otherwise its first one. */
function pick(set: IntervalSet, preferred: Bound): Bound {
  return has(set, preferred) ? preferred : (set[0] as Bound);
}

/** An address of the set that looks like a host: not the first of its prefix where there is another. */
function pickAddress(set: IntervalSet): Bound {
  const first = set[0] as Bound;
  const next = typeof first === 'bigint' ? first + 1n : first + 1;
  return pick(set, next);
}

/** The sources of example packets: documentation addresses. */
const usualSource: Record<Family, Bound> = { ipv4: 0xc6336407, ipv6: 0x20010db8000000000000000000000007n };

/** One packet of a region that is not empty, with usual values where the region allows them. */
export function packetIn(region: Region, family: Family): Packet {
  const number = (dimension: Exclude<Dimension, 'source' | 'destination' | 'fragment'>): number =>
    Number(pick(region[dimension], usual[dimension]));
  const bits = Number(pick(region.fragment, 0));
  const protocol = number('protocol');
  const source = has(region.source, usualSource[family]) ? usualSource[family] : pickAddress(region.source);
  return {
    family,
    protocol,
    source: addressOctets(source, family),
    destination: addressOctets(pickAddress(region.destination), family),
    sourcePort: number('sourcePort'),
    destinationPort: number('destinationPort'),
    icmpType: number('icmpType'),
    icmpCode: number('icmpCode'),
    tcpFlags: number('tcpFlags'),
    length: number('length'),
    dscp: number('dscp'),
    flowLabel: number('flowLabel'),
    fragment: fragmentWith(bits) ?? 'whole',
    dontFragment: (bits & fragmentBits.df) !== 0,
  };
}
