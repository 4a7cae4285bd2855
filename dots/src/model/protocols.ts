/** Protocol numbers with well-known names (IANA protocol numbers). */
export const protocolNames: Readonly<Record<number, string>> = {
  1: 'icmp',
  2: 'igmp',
  4: 'ipip',
  6: 'tcp',
  17: 'udp',
  33: 'dccp',
  41: 'ipv6',
  44: 'ipv6-frag',
  47: 'gre',
  50: 'esp',
  51: 'ah',
  58: 'icmpv6',
  89: 'ospf',
  103: 'pim',
  112: 'vrrp',
  132: 'sctp',
  136: 'udplite',
};

/** The number of a protocol by its name, in any case. */
export function protocolNumber(name: string): number | undefined {
  const wanted = name.toLowerCase();
  const found = Object.entries(protocolNames).find(([, known]) => known === wanted);
  return found === undefined ? undefined : Number(found[0]);
}
