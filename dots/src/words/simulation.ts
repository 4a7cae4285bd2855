import { bitRate, plural } from './quantities';

/** A load of a capacity, bits per second: `2.1 Gbit/s of 4 Gbit/s (53 %)`. */
export function loadWords(load: number, capacity: number): string {
  return `${bitRate(load / 8)} of ${bitRate(capacity / 8)} (${Math.round((100 * load) / capacity)} %)`;
}

/** The rules of a forwarding node and its budget: `3 of 1000 rules`; just `3 rules` where the budget is no limit. */
export function rulesWords(rules: number, budget: number): string {
  return budget >= Number.MAX_SAFE_INTEGER ? plural(rules, 'rule') : `${rules} of ${plural(budget, 'rule')}`;
}

/** Who carries out a mitigation: `by scrubber-1`, `on edge-1 and edge-2`, or that nothing does. */
export function carrierWords({ dms, nodes }: { dms: string | undefined; nodes: readonly string[] }): string {
  if (dms !== undefined) return `by ${dms}`;
  return nodes.length === 0 ? 'by nothing' : `on ${nodes.join(' and ')}`;
}

/** What a simulated DMS may do wrong, as a person reads it. */
const faults = {
  silent: 'does not answer',
  refuses: 'refuses further requests',
  'never-effective': 'accepts requests and never gets effective',
  ends: 'ends its mitigations by itself',
  nonsense: 'answers nonsense',
} as const;

/** The name of a fault of a simulated DMS. */
export type DmsFault = keyof typeof faults;

export const dmsFaults = Object.keys(faults) as DmsFault[];

/** What a simulated DMS does wrong on purpose. */
export const faultWords = (fault: DmsFault): string => faults[fault];

/** A decision as one line: time of day in UTC, client, what is done and why. `at`: milliseconds since 1970. */
export function decisionLine({ at, client, reason }: { at: number; client: string; reason: string }): string {
  return `${new Date(at).toISOString().slice(11, 19)} ${client}: ${reason}`;
}
