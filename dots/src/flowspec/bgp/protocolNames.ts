import { protocolNames as protocols } from '#dots/model/protocols';

/** TCP. */
export const tcp = 6 as const;
/** UDP. */
export const udp = 17 as const;

/** The protocol number that ICMP has in a family: 1, or 58 for ICMPv6. */
export function icmpProtocol(family: string): number {
  return family === 'ipv4' ? 1 : 58;
}

/** The usual name of a protocol: `udp`, or `protocol 253` for one without a name here. */
export function protocolName(protocol: number): string {
  return protocols[protocol] ?? `protocol ${protocol}`;
}

/** The control bits of the TCP header from the least significant one; the upper four have no common name. */
export const tcpFlagNames = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'] as const;

/**
 * The fragment bits from the least significant one: don't fragment, offset not 0, first, last (RFC 8955 section
 * 4.2.2.12).
 */
export const fragmentNames = ['df', 'later', 'first', 'last'] as const;

/** The bits of the fragment component. */
export const fragmentBits = { df: 1, notFirst: 2, first: 4, last: 8 } as const;

/** The names of the bits in a mask, lowest first; bits without a name as one hex number. */
export function bitNames(mask: number, names: readonly string[]): string[] {
  const known = names.filter((_, index) => (mask & (1 << index)) !== 0);
  const rest = mask & ~((1 << names.length) - 1);
  return rest === 0 ? known : [...known, `0x${rest.toString(16)}`];
}
