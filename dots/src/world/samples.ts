import { addressInterval, addressOctets } from '#dots/flowspec/packets/addresses';
import { usual, type Packet } from '#dots/flowspec/packets/packet';
import type { Prefix } from '#dots/model/prefix';
import type { NumberRange } from '#dots/model/trafficClass';
import { Random, seedFor } from './random';
import type { CompleteClass } from './trafficClass';

/** How many packets represent a class. */
export const sampleCount = 256;

/**
 * The sample packets of a class, drawn from the seed and the name of the class alone. Each source occurs, and about as
 * often as each other, while there are no more sources than samples.
 */
export function drawSamples(seed: number, traffic: CompleteClass): Packet[] {
  const random = new Random(seedFor(seed, traffic.name));
  const sources = addressesIn(traffic.sources.prefix, Math.min(sampleCount, traffic.sources.count), random);
  const fragments = Math.round(traffic.fragments * sampleCount);
  return Array.from({ length: sampleCount }, (_, index) => ({
    ...usual,
    family: traffic.to.family,
    source: sources[index % sources.length] as number[],
    destination: addressesIn(traffic.to, 1, random)[0] as number[],
    protocol: traffic.protocol,
    sourcePort: within(traffic.sourcePort, random),
    destinationPort: within(traffic.destinationPort, random),
    tcpFlags: traffic.flags,
    length: traffic.length,
    fragment: isFragment(index, fragments) ? 'middle' : 'whole',
  }));
}

const within = ([from, to]: NumberRange, random: Random): number => from + random.below(to - from + 1);

/** Fragments are spread over the samples, and so over the sources. */
function isFragment(index: number, fragments: number): boolean {
  return Math.floor(((index + 1) * fragments) / sampleCount) > Math.floor((index * fragments) / sampleCount);
}

/** Different addresses of a prefix, one from each of `count` parts of equal size: they are never the same. */
function addressesIn(prefix: Prefix, count: number, random: Random): number[][] {
  const [from, to] = addressInterval(prefix).map(BigInt) as [bigint, bigint];
  const size = to - from;
  const begin = (part: number): bigint => (size * BigInt(part)) / BigInt(count);
  return Array.from({ length: count }, (_, part) => {
    const width = begin(part + 1) - begin(part);
    const limit = width > 0xffff_ffffn ? 0xffff_ffff : Number(width);
    return addressOctets(from + begin(part) + BigInt(random.below(limit)), prefix.family);
  });
}
