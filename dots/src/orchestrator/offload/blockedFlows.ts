import { vectorOf, type VectorName } from '#dots/model/attackVectors';
import { formatAddress, hostPrefix, type Prefix } from '#dots/model/prefix';
import type { Arrival } from '#dots/world/world';
import type { BlockedFlow } from './flows';

/**
 * The flows that a DMS blocks, from what arrives at it in a second: of a reflection attack one for each reflector, of
 * any other attack one, because its senders forge their addresses.
 */
export function blockedFlows(arrivals: readonly Arrival[], stops: readonly VectorName[]): BlockedFlow[] {
  return arrivals.flatMap(({ traffic, stopped }) => {
    const { kind, vector, to: target, protocol } = traffic;
    if (kind !== 'attack' || vector === undefined || stopped === 0 || !stops.includes(vector)) return [];
    const common = {
      target,
      protocol,
      vector,
      ...single('sourcePort', traffic.sourcePort),
      ...single('targetPort', traffic.destinationPort),
    };
    if (vectorOf(vector).sourcePort === undefined) return [{ ...common, rate: stopped }];
    const reflectors = sourcesOf(traffic.packets);
    return reflectors.map((source) => ({ ...common, source, rate: Math.floor(stopped / reflectors.length) }));
  });
}

function sourcesOf(packets: Arrival['traffic']['packets']): Prefix[] {
  const byText = new Map(packets.map(({ source }) => [formatAddress(source), source]));
  return [...byText.values()].map((source) => hostPrefix(source));
}

/** A port that all packets have. */
const single = <T extends string>(name: T, [from, to]: readonly [number, number]): Partial<Record<T, number>> =>
  from === to ? ({ [name]: from } as Record<T, number>) : {};
