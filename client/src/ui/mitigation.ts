import type { JsonObject } from '#dots/model/json';
import type { AliasTargets } from '#dots/workspace/definitions';

/** The last reported state of one mitigation. Times are milliseconds since 1970. */
export interface Mitigation {
  mid: number;
  /** The scope as the client sent it or the server repeats it: targets, ports, protocols. */
  scope: JsonObject;
  /** The label of the status (RFC 9132 section 4.4.2, table 3). */
  status: string;
  /** Remaining lifetime in seconds when it was reported; -1 is indefinite. */
  lifetime: number;
  /** The granted lifetime in seconds, if known: the remaining one counts down from it. */
  granted?: number;
  /** When the lifetime was reported, milliseconds since 1970. */
  reportedAt: number;
  /** The targets of the aliases in its scope when it was sent, as far as documents define them. */
  aliases?: AliasTargets;
  /** What the ledger has of its request; absent where it was not requested from this machine. */
  record?: MitigationRecord;
  /** Its request had no answer, and the server was not asked since. */
  unanswered?: true;
  /** Why it has ended, once the server does not have it any more. */
  ended?: string;
  /** Counters since the start, and rates per second averaged by the server; absent until it reports them. */
  dropped?: { octets: number; packets: number; octetsPerSecond: number; packetsPerSecond: number };
}

/** Names a mitigation: in which session, and which one. A row of the view names its mitigation in the same way. */
export interface MitigationRef {
  session: string;
  mid: number;
}

/** What the ledger has of a request. */
export interface MitigationRecord {
  /** The path of its file; null where it has none. */
  file: string | null;
  /** When the server accepted it, milliseconds since 1970; undefined until then. */
  startedAt?: number;
}

/** The remaining lifetime in seconds at a time, counted down from the reported one; -1 is indefinite. */
export function remaining(mitigation: Mitigation, now: number): number {
  if (mitigation.lifetime === -1) return -1;
  return Math.max(0, Math.ceil(mitigation.lifetime - (now - mitigation.reportedAt) / 1000));
}

/** Whether it has ended without this client: what a client withdraws or replaces itself is no news. */
export const endedByItself = ({ ended }: Mitigation): boolean =>
  ended !== undefined && ended !== 'withdrawn' && !ended.startsWith('replaced by');

/** How long before its end a mitigation is reported, seconds; half its lifetime where that is shorter. */
const noticeSeconds = 300;

/** Statuses of an attack that goes on (RFC 9132 section 4.4.2, table 3). */
const attackGoesOn: ReadonlySet<string> = new Set([
  'attack-mitigation-in-progress',
  'attack-successfully-mitigated',
  'attack-exceeded-capability',
]);

/** Whether it is about to end at a time, milliseconds since 1970. */
export function isAboutToEnd(mitigation: Mitigation, now: number): boolean {
  const left = remaining(mitigation, now);
  const { granted = 2 * noticeSeconds } = mitigation;
  return left > 0 && left <= Math.min(noticeSeconds, granted / 2);
}

/** Whether the attack goes on, as far as is known: a server that drops nothing any more says so. */
export const isAttackOn = ({ status, dropped, unanswered, ended }: Mitigation): boolean =>
  ended === undefined && unanswered === undefined && attackGoesOn.has(status) && dropped?.octetsPerSecond !== 0;
