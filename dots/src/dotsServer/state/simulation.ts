import { droppingTime, type Mitigation } from './lifecycle';

/** What a simulated attack has cost so far; averages per second since the mitigation started. */
export interface Dropped {
  bytes: number;
  pkts: number;
  bps: number;
  pps: number;
}

/** The bytes of one packet of the simulated attack: a large reflected answer. */
const packetSize = 1200;

/**
 * The traffic dropped for a mitigation: an attack of constant strength, different for each mid, from 20,000 to 999,999 packets per second.
 * It depends on nothing but the mitigation and the time, so that it goes on after a restart.
 */
export function dropped(mitigation: Mitigation, now: number): Dropped {
  const rate = 20_000 + ((mitigation.mid * 7_919) % 980_000);
  const pkts = Math.floor((rate * droppingTime(mitigation, now)) / 1000);
  const seconds = Math.max(1, (now - (mitigation.startedAt ?? now)) / 1000);
  const pps = Math.floor(pkts / seconds);
  return { pkts, bytes: pkts * packetSize, pps, bps: pps * packetSize };
}
