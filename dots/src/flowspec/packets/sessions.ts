import { parseNetwork, type Family, type Prefix } from '#dots/model/prefix';
import { fragmentBits, tcp, udp } from '../bgp/protocolNames';
import { addressInterval } from './addresses';
import { intersect, interval, numbersWhere, subtract, union, type IntervalSet } from './intervals';
import { everything, type Region } from './region';

/** The port of BGP (RFC 4271 section 4.1), over TCP. */
const bgpPort = 179;

/** The port of the DOTS signal channel over UDP and TCP (RFC 9132 section 3). */
export const signalPort = 4646;

/** The ports that a client chooses from (RFC 6335 section 6). */
const ephemeral = interval(49_152, 65_536);

const bits = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16, urg: 32, reserved: 0xf00 } as const;

/**
 * Whether a segment of a session can have these flags (RFC 9293 section 3.5): the first two have SYN, others ACK, and
 * RST ends it.
 */
function occursInSession(flags: number): boolean {
  const has = (mask: number): boolean => (flags & mask) !== 0;
  if (has(bits.reserved)) return false;
  if (has(bits.rst)) return !has(bits.syn | bits.fin | bits.psh | bits.urg);
  return has(bits.syn) ? !has(bits.fin | bits.psh | bits.urg) : has(bits.ack);
}

const sessionFlags = numbersWhere(4096, occursInSession);

/** Session packets are not fragmented: BGP uses path MTU discovery, DOTS datagrams are short (RFC 9132 section 7.3). */
const unfragmented = numbersWhere(16, (state) => (state & ~fragmentBits.df) === 0);

/** The fewest octets after the IP header: a TCP header, or a UDP header and that of a DTLS record. */
const shortest = { [tcp]: 20, [udp]: 8 + 13 } as const;
const ipHeader = { ipv4: 20, ipv6: 40 } as const;

/** Addresses that are not assigned to hosts: unspecified, loopback, multicast, reserved, IPv4-mapped (RFC 6890). */
const notUnicast = {
  ipv4: ['0.0.0.0/8', '127.0.0.0/8', '224.0.0.0/3'],
  ipv6: ['::/127', '::ffff:0:0/96', 'ff00::/8'],
} as const;

function unicast(family: Family): IntervalSet {
  const others = notUnicast[family].map((text) => addressInterval(parseNetwork(text) as Prefix));
  return subtract(everything[family].destination, union(others));
}

const addresses = { ipv4: unicast('ipv4'), ipv6: unicast('ipv6') };

function sessionRegion(
  family: Family,
  protocol: 6 | 17,
  destinationPort: IntervalSet,
  sourcePort: IntervalSet,
): Region {
  const all = everything[family];
  return {
    ...all,
    destination: addresses[family],
    source: addresses[family],
    protocol: interval(protocol, protocol + 1),
    destinationPort,
    sourcePort,
    tcpFlags: protocol === tcp ? sessionFlags : all.tcpFlags,
    fragment: intersect(all.fragment, unfragmented),
    length: intersect(all.length, interval(ipHeader[family] + shortest[protocol], Infinity)),
  };
}

/** Both directions of sessions whose server has this port. */
function bothDirections(family: Family, protocol: 6 | 17, port: number): Region[] {
  const known = interval(port, port + 1);
  return [sessionRegion(family, protocol, known, ephemeral), sessionRegion(family, protocol, ephemeral, known)];
}

/** The packets of BGP sessions. */
export function bgpPackets(family: Family): Region[] {
  return bothDirections(family, tcp, bgpPort);
}

/** The packets of DOTS signal channels with these ports, over UDP and TCP. */
export function signalPackets(family: Family, ports: readonly number[]): Region[] {
  return ports.flatMap((port) => [udp, tcp].flatMap((protocol) => bothDirections(family, protocol, port)));
}
