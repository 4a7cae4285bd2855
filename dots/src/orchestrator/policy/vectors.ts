import { reflectionVectors, vectorNames, type VectorName } from '#dots/model/attackVectors';

/** What a request says of its attack. */
export interface DescribedAttack {
  /** The descriptions of its attack details (RFC 9244 section 8.1.5). */
  descriptions: readonly string[];
  protocols: readonly number[];
  /** First and last number of each range (RFC 9066 section 5.3.1). */
  sourcePorts: readonly (readonly [from: number, to: number])[];
}

const icmp = [1, 58];
const udp = 17;

/**
 * The vectors of a request: those that its attack details name, else those that its protocols and source ports leave
 * no doubt of. Empty: unknown. TCP and UDP alone are not a vector: several look like that.
 */
export function vectorsOfRequest({ descriptions, protocols, sourcePorts }: DescribedAttack): VectorName[] {
  const named = vectorNames.filter((name) => descriptions.some((text) => isNamed(name, text)));
  if (named.length > 0) return named;
  if (sourcePorts.length > 0 && protocols.every((protocol) => protocol === udp)) return reflections(sourcePorts);
  return protocols.length > 0 && protocols.every((protocol) => icmp.includes(protocol)) ? ['icmp-flood'] : [];
}

/** The reflection vectors of single ports; a range of ports is none of them. */
function reflections(ports: DescribedAttack['sourcePorts']): VectorName[] {
  const found = ports.map(([from, to]) => (from === to ? reflectionVectors((port) => port === from) : []));
  return found.every((vectors) => vectors.length > 0) ? found.flat() : [];
}

/** Whether a description has the name of a vector, in any case, with blanks or hyphens. */
const isNamed = (name: VectorName, text: string): boolean =>
  ` ${text.toLowerCase().replace(/[^a-z0-9]+/g, ' ')} `.includes(` ${name.replaceAll('-', ' ')} `);
