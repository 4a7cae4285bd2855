import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import type { NumberRange, TrafficClass } from '#dots/model/trafficClass';

/** The TCP flags from the least significant bit (RFC 9293 section 3.1). */
const flagNames = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg'];

/** Reads a traffic class without faults. */
export function trafficOf({
  'source-port': sourcePort,
  'destination-port': destinationPort,
  flags,
  ...rest
}: JsonObject): TrafficClass {
  return {
    ...(rest as unknown as TrafficClass),
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
