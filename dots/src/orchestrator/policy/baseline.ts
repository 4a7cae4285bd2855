import { addressInterval } from '#dots/flowspec/packets/addresses';
import { interval, union } from '#dots/flowspec/packets/intervals';
import { everything, type Region } from '#dots/flowspec/packets/region';
import type { Family, Prefix } from '#dots/model/prefix';

/** What a client calls normal traffic (RFC 9244 section 7.3). */
export interface Baseline {
  /** How it is called in answers: `baseline 1 of web-1`. */
  name: string;
  targets: readonly Prefix[];
  /** Empty: all. */
  protocols: readonly number[];
  /** First and last number of each range of destination ports; empty: all. */
  ports: readonly (readonly [from: number, to: number])[];
}

/** The ports that clients of a normal service connect from (RFC 6335 section 6). */
const clientPorts = interval(49_152, 65_536);

/** The packets of a family that a baseline calls normal: to its targets, from the ports of clients. */
export function normalTraffic({ targets, protocols, ports }: Baseline, family: Family): Region[] {
  const all = everything[family];
  const own = targets.filter((target) => target.family === family);
  const region = {
    ...all,
    ...(protocols.length > 0 && { protocol: union(protocols.map((each) => interval(each, each + 1))) }),
    ...(ports.length > 0 && { destinationPort: union(ports.map(([from, to]) => interval(from, to + 1))) }),
    sourcePort: clientPorts,
  };
  return own.map((target) => ({ ...region, destination: addressInterval(target) }));
}
