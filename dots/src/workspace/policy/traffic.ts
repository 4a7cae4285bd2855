import type { VectorName } from '#dots/model/attackVectors';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';

/** The first and the last number of a range. */
type NumberRange = readonly [from: number, to: number];

/** A traffic class of a policy, in the form in which the simulated world takes it. */
export interface PolicyTraffic {
  name: string;
  kind: 'legitimate' | 'attack';
  vector?: VectorName;
  to: string;
  sources?: { prefix: string; count: number };
  protocol?: number;
  sourcePort?: NumberRange;
  destinationPort?: NumberRange;
  /** Bits of the TCP header. */
  flags?: number;
  length?: number;
  fragments?: number;
  enters?: Readonly<Record<string, number>>;
  /** Bits per second: a number, or points of a line. */
  rate: number | readonly (readonly [second: number, rate: number])[];
}

/** The TCP flags from the least significant bit (RFC 9293 section 3.1). */
const flagNames = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg'];

/** Reads a traffic class without faults. */
export function trafficOf({
  'source-port': sourcePort,
  'destination-port': destinationPort,
  flags,
  ...rest
}: JsonObject): PolicyTraffic {
  return {
    ...(rest as unknown as PolicyTraffic),
    ...(sourcePort !== undefined && { sourcePort: portsOf(sourcePort) }),
    ...(destinationPort !== undefined && { destinationPort: portsOf(destinationPort) }),
    ...(flags !== undefined && {
      flags: itemsOf(flags).reduce<number>((bits, name) => bits | (1 << flagNames.indexOf(String(name))), 0),
    }),
  };
}

/** The ports that a number, a range such as `1024-65535`, or `random` means. */
export function portsOf(written: JsonValue): NumberRange {
  if (typeof written === 'number') return [written, written];
  const [from = 1, to = 65_535] = written === 'random' ? [] : String(written).split('-').map(Number);
  return [from, to];
}

/** The traffic classes of a policy as they are written. */
export function writtenTraffic(value: JsonValue | undefined): JsonObject[] {
  return itemsOf(isObject(value) ? value.traffic : undefined).map((entry) => (isObject(entry) ? entry : {}));
}
