import { icmpProtocol, tcp } from '#dots/flowspec/bgp/protocolNames';
import { vectorOf, type AttackVector, type VectorName } from '#dots/model/attackVectors';
import { addressBits, parsePrefix, type Family, type Prefix } from '#dots/model/prefix';
import type { NumberRange, Rate, Sources, TrafficClass } from '#dots/model/trafficClass';

/** A traffic class with everything that its packets are drawn from. */
export interface CompleteClass extends Required<Omit<TrafficClass, 'vector' | 'to' | 'enters' | 'sources'>> {
  vector?: VectorName;
  to: Prefix;
  sources: { prefix: Prefix; count: number };
  enters?: Readonly<Record<string, number>>;
}

/** The ports that clients choose from (RFC 6335 section 6). */
const ephemeral: NumberRange = [49_152, 65_535];
const anyPort: NumberRange = [1, 65_535];
const single = (port: number): NumberRange => [port, port];

/** Web traffic: what a class without a vector is. */
const usualTraffic: AttackVector = { protocol: tcp, destinationPort: 443, flags: 0x10, length: 800 };

/** Documentation prefixes (RFC 5737, RFC 3849). */
const usualSources: Record<Family, Sources> = {
  ipv4: { prefix: '198.51.100.0/24', count: 200 },
  ipv6: { prefix: '2001:db8:ffff::/48', count: 200 },
};

/** Reads a prefix. Throws RangeError for another text: the policy that it comes from has been checked. */
export function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new RangeError(`"${text}" is not a prefix.`);
  return prefix;
}

/** Completes a class with the usual values of its vector. Throws RangeError for a text that is not a prefix. */
export function completeClass(written: TrafficClass): CompleteClass {
  const to = prefixOf(written.to);
  const usual = written.vector === undefined ? usualTraffic : vectorOf(written.vector);
  const { prefix, count } = written.sources ?? usualSources[to.family];
  return {
    flags: usual.flags ?? 0,
    length: usual.length,
    fragments: 0,
    protocol: usual.protocol === 'icmp' ? icmpProtocol(to.family) : usual.protocol,
    ...usualPorts(written, usual),
    ...written,
    to,
    sources: { prefix: prefixOf(prefix), count: Math.min(count, sizeOf(prefixOf(prefix))) },
  };
}

/** An amplifier answers from its port to any port; all others connect from any port. */
function usualPorts({ kind }: TrafficClass, { sourcePort, destinationPort }: AttackVector) {
  return {
    sourcePort: sourcePort === undefined ? (kind === 'attack' ? anyPort : ephemeral) : single(sourcePort),
    destinationPort: destinationPort === undefined ? anyPort : single(destinationPort),
  };
}

/** How many addresses a prefix has; exact up to 2^53. */
function sizeOf({ family, length }: Prefix): number {
  return 2 ** (addressBits(family) - length);
}

/** The rate of a class in a second since it began, bits: between two points on a line, nothing before the first. */
export function rateAt(rate: Rate, second: number): number {
  if (typeof rate === 'number') return rate;
  const next = rate.findIndex(([at]) => at > second);
  if (next === 0) return 0;
  const [from, begin] = rate.at(next < 0 ? -1 : next - 1) ?? [0, 0];
  const [to, end] = rate[next] ?? [from + 1, begin];
  return Math.floor(begin + ((end - begin) * (second - from)) / (to - from));
}
