import { formatAddress, type Family } from '#dots/model/prefix';
import { bitNames, fragmentBits, icmpProtocol, protocolName, tcp, tcpFlagNames, udp } from '../bgp/protocolNames';

/**
 * Which part of a datagram a packet carries. `atomic` is IPv6 only: a Fragment header on a whole datagram (RFC 6946).
 * Only the first part shows a transport header.
 */
export type Fragment = 'whole' | 'atomic' | 'first' | 'middle' | 'last';

/**
 * The fields of a packet that a filter can match; fields that the packet does not have (ports of ICMP, ...) are
 * ignored.
 */
export interface Packet {
  family: Family;
  /** 4 or 16 octets. */
  source: readonly number[];
  destination: readonly number[];
  /** The upper-layer protocol. */
  protocol: number;
  sourcePort: number;
  destinationPort: number;
  icmpType: number;
  icmpCode: number;
  /** The low 12 bits of octets 13 and 14 of the TCP header. */
  tcpFlags: number;
  /** In octets, IP header included. */
  length: number;
  dscp: number;
  fragment: Fragment;
  /** IPv4 only. */
  dontFragment: boolean;
  flowLabel: number;
}

/** The default fields of packets in examples; these values are not written out. */
export const usual = {
  protocol: udp,
  sourcePort: 40000,
  destinationPort: 4000,
  icmpType: 8,
  icmpCode: 0,
  tcpFlags: 0x10,
  length: 100,
  dscp: 0,
  fragment: 'whole',
  dontFragment: false,
  flowLabel: 0,
} as const satisfies Partial<Packet>;

/** The fragment bits of RFC 8955 section 4.2.2.12 for each kind, without DF. */
const fragmentMask: Record<Fragment, number> = {
  whole: 0,
  atomic: 0,
  first: fragmentBits.first,
  middle: fragmentBits.notFirst,
  last: fragmentBits.notFirst | fragmentBits.last,
};

/** The bits that a fragment component is compared with. */
export function fragmentBitsOf(packet: Packet): number {
  return fragmentMask[packet.fragment] | (packet.dontFragment && packet.family === 'ipv4' ? fragmentBits.df : 0);
}

/** The kind of fragment with these bits, DF aside; undefined for bits that no packet has. */
export function fragmentWith(bits: number): Fragment | undefined {
  const mask = bits & ~fragmentBits.df;
  return (['whole', 'first', 'middle', 'last'] as const).find((kind) => fragmentMask[kind] === mask);
}

/** Whether the packet has a transport header: a later fragment has none. */
export function hasTransportHeader(packet: Packet): boolean {
  return packet.fragment !== 'middle' && packet.fragment !== 'last';
}

/** Whether the packet has the ports of TCP or UDP. */
export function hasPorts(packet: Packet): boolean {
  return (packet.protocol === tcp || packet.protocol === udp) && hasTransportHeader(packet);
}

function endPoint(packet: Packet, side: 'source' | 'destination'): string {
  const address = formatAddress(packet[side]);
  if (!hasPorts(packet)) return address;
  const port = side === 'source' ? packet.sourcePort : packet.destinationPort;
  return packet.family === 'ipv4' ? `${address}:${port}` : `[${address}]:${port}`;
}

/** The fields of a packet that differ from the defaults, in words. */
function peculiarities(packet: Packet): string[] {
  const shown = hasTransportHeader(packet);
  const details: string[] = [];
  if (packet.protocol === icmpProtocol(packet.family) && shown)
    details.push(`type ${packet.icmpType} code ${packet.icmpCode}`);
  if (packet.protocol === tcp && shown && packet.tcpFlags !== usual.tcpFlags)
    details.push(`flags ${bitNames(packet.tcpFlags, tcpFlagNames).join('+') || 'none'}`);
  if (packet.length !== usual.length) details.push(`length ${packet.length}`);
  if (packet.dscp !== usual.dscp) details.push(`dscp ${packet.dscp}`);
  if (packet.fragment !== 'whole') details.push(`${packet.fragment} fragment`);
  if (packet.dontFragment && packet.family === 'ipv4') details.push('df set');
  if (packet.flowLabel !== usual.flowLabel && packet.family === 'ipv6') details.push(`flow label ${packet.flowLabel}`);
  return details;
}

/** A packet on one line: `udp 198.51.100.7:53 -> 192.0.2.10:4000`, then the fields that differ from the defaults. */
export function describePacket(packet: Packet): string {
  const flow = `${protocolName(packet.protocol)} ${endPoint(packet, 'source')} -> ${endPoint(packet, 'destination')}`;
  return [flow, ...peculiarities(packet)].join(', ');
}
