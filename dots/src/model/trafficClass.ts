import type { VectorName } from './attackVectors';

/** The first and the last number of a range. */
export type NumberRange = readonly [from: number, to: number];

/** Bits per second: a constant, or points of a line, each with the second since the class began. */
export type Rate = number | readonly (readonly [second: number, rate: number])[];

/** The addresses that packets come from: `count` of those of the prefix. */
export interface Sources {
  prefix: string;
  count: number;
}

/** A set of alike packets with a rate. What is omitted follows from the vector. */
export interface TrafficClass {
  name: string;
  kind: 'legitimate' | 'attack';
  vector?: VectorName;
  /** The destination: an address or a prefix. */
  to: string;
  sources?: Sources;
  protocol?: number;
  sourcePort?: NumberRange;
  destinationPort?: NumberRange;
  /** Bits of the TCP header. */
  flags?: number;
  /** Of a packet, octets. */
  length?: number;
  /** The share of packets that are later fragments, which have no ports; from 0 to 1. */
  fragments?: number;
  /** The links by which it enters, with shares; if omitted, all links alike. */
  enters?: Readonly<Record<string, number>>;
  rate: Rate;
}
