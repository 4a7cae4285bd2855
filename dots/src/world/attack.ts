import { reflectionVectors, vectorOf, type VectorName } from '#dots/model/attackVectors';
import type { NumberRange, TrafficClass } from '#dots/model/trafficClass';

/** What a mitigation request says of its attack. */
export interface RequestedAttack {
  /** A prefix of the class names, such as the name of the mitigation. */
  name: string;
  /** Target prefixes as text. */
  targets: readonly string[];
  protocols: readonly number[];
  sourcePorts: readonly NumberRange[];
  destinationPorts: readonly NumberRange[];
  /** The vectors that it names by their attack identifiers (RFC 9244 section 8.1.5). */
  vectors: readonly VectorName[];
}

/** Rates of the traffic that a mitigation meets, bits per second. */
const attackRate = 1_000_000_000;
const legitimateRate = 50_000_000;

/**
 * The traffic of a mitigation that meets none in the world: an attack of its vectors, and legitimate traffic of its
 * targets. A source port that no vector of its protocol has is one of no attack.
 */
export function trafficFor(request: RequestedAttack): TrafficClass[] {
  const vectors = vectorsOf(request);
  const share = (rate: number, count: number): number => Math.floor(rate / count);
  return request.targets.flatMap((to, index) => [
    {
      name: `${request.name} legitimate ${index}`,
      kind: 'legitimate',
      to,
      rate: share(legitimateRate, request.targets.length),
    },
    ...vectors.map((vector): TrafficClass => {
      const port = vectorOf(vector).destinationPort === undefined ? undefined : request.destinationPorts[0];
      return {
        name: `${request.name} ${vector} ${index}`,
        kind: 'attack',
        vector,
        to,
        ...(port !== undefined && { destinationPort: port }),
        rate: share(attackRate, request.targets.length * vectors.length),
      };
    }),
  ]);
}

const floods: Readonly<Record<number, VectorName>> = {
  1: 'icmp-flood',
  6: 'syn-flood',
  17: 'udp-flood',
  58: 'icmp-flood',
};

/** The vectors that a request names; without names, those of its source ports, else the floods of its protocols. */
export function vectorsOf({
  vectors,
  protocols,
  sourcePorts,
}: Omit<RequestedAttack, 'name' | 'targets'>): VectorName[] {
  if (vectors.length > 0) return [...new Set(vectors)];
  if (sourcePorts.length > 0) {
    const isUdp = protocols.length === 0 || protocols.includes(17);
    return isUdp ? reflectionVectors((port) => sourcePorts.some(([from, to]) => from <= port && port <= to)) : [];
  }
  if (protocols.length === 0) return ['syn-flood'];
  return [...new Set(protocols.flatMap((protocol) => floods[protocol] ?? []))];
}
