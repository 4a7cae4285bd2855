import type { JsonObject } from '#dots/model/json';
import type { AliasTargets } from '#dots/workspace/definitions';

/** What a server last told of one mitigation. Times are milliseconds since 1970. */
export interface Mitigation {
  mid: number;
  /** The scope as the client sent it or the server repeats it: targets, ports, protocols. */
  scope: JsonObject;
  /** The label of the status (RFC 9132 section 4.4.2, table 3). */
  status: string;
  /** Remaining lifetime in seconds when it was told; -1 is indefinite. */
  lifetime: number;
  /** The lifetime granted in seconds, where known: what the remaining one counts down from. */
  granted?: number;
  toldAt: number;
  /** What the aliases in its scope stood for when it was sent, as far as documents define them. */
  aliases?: AliasTargets;
  /** Counters since the start, and rates per second averaged by the server; absent until it tells them. */
  dropped?: { octets: number; packets: number; octetsPerSecond: number; packetsPerSecond: number };
}

/** The remaining lifetime in seconds at a time, counted down from what the server told; -1 is indefinite. */
export function remaining(mitigation: Mitigation, now: number): number {
  if (mitigation.lifetime === -1) return -1;
  return Math.max(0, Math.ceil(mitigation.lifetime - (now - mitigation.toldAt) / 1000));
}
