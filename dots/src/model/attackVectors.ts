/** What the packets of an attack vector look like, as far as a filter sees them. */
export interface AttackVector {
  /** The protocol number; ICMP means that of the target's family. */
  protocol: 'icmp' | 6 | 17;
  /** The port of the abused service, for reflection attacks. */
  sourcePort?: number;
  /** The usual port of the attacked service. */
  destinationPort?: number;
  /** Bits of the TCP header. */
  flags?: number;
  /** Of a packet, octets, IP header included. */
  length: number;
}

const syn = 0x02;
const ack = 0x10;
const pushed = 0x18;

const reflected = (sourcePort: number, length: number): AttackVector => ({ protocol: 17, sourcePort, length });

/** The attack vectors that policies, DMSs and traffic classes name. */
export const attackVectors = {
  'dns-amplification': reflected(53, 1400),
  'ntp-amplification': reflected(123, 468),
  'memcached-amplification': reflected(11_211, 1428),
  'chargen-amplification': reflected(19, 1052),
  'ssdp-amplification': reflected(1900, 350),
  'cldap-amplification': reflected(389, 1500),
  'snmp-amplification': reflected(161, 1500),
  'syn-flood': { protocol: 6, destinationPort: 443, flags: syn, length: 60 },
  'ack-flood': { protocol: 6, destinationPort: 443, flags: ack, length: 60 },
  'udp-flood': { protocol: 17, length: 1000 },
  'icmp-flood': { protocol: 'icmp', length: 84 },
  'http-get-flood': { protocol: 6, destinationPort: 80, flags: pushed, length: 500 },
} as const satisfies Record<string, AttackVector>;

/** The name of an attack vector. */
export type VectorName = keyof typeof attackVectors;

/** The names of all attack vectors. */
export const vectorNames = Object.keys(attackVectors) as VectorName[];

/** What the packets of a vector look like. */
export const vectorOf = (name: VectorName): AttackVector => attackVectors[name];

/** The reflection vectors whose service has one of these UDP ports. */
export function reflectionVectors(usesPort: (port: number) => boolean): VectorName[] {
  return vectorNames.filter((name) => {
    const { sourcePort } = vectorOf(name);
    return sourcePort !== undefined && usesPort(sourcePort);
  });
}
