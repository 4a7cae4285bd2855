import { duration } from '#dots/words/quantities';
import { shortTarget } from '#dots/words/targets';
import { remaining, type Mitigation, type MitigationRef } from '../ui/mitigation';

/** What a user has to know of a mitigation without looking at it. */
export interface MitigationAlert {
  where: MitigationRef;
  /** ending: it can be renewed; ended: it has to be requested again. */
  what: 'ending' | 'ended';
  sentence: string;
}

/** A mitigation of a session. */
export interface OfSession {
  session: string;
  mitigation: Mitigation;
}

/** How long before its end a mitigation is reported, seconds; half its lifetime where that is shorter. */
const noticeSeconds = 300;

/** Statuses of an attack that goes on (RFC 9132 section 4.4.2, table 3). */
const attackGoesOn: ReadonlySet<string> = new Set([
  'attack-mitigation-in-progress',
  'attack-successfully-mitigated',
  'attack-exceeded-capability',
]);

/**
 * Finds what has to be reported of mitigations, each once: one that has ended by itself, and one that is about to end
 * while the attack goes on.
 */
export class MitigationAlerts {
  private readonly running = new Set<string>();
  private readonly noticed = new Set<string>();

  /** The alerts of a new state of all mitigations. `now`: milliseconds since 1970. */
  take(all: readonly OfSession[], now: number): MitigationAlert[] {
    return all.flatMap((each) => {
      const key = `${each.session}/${each.mitigation.mid}`;
      return each.mitigation.ended === undefined ? this.ending(key, each, now) : this.ended(key, each);
    });
  }

  private ending(key: string, { session, mitigation }: OfSession, now: number): MitigationAlert[] {
    this.running.add(key);
    const left = remaining(mitigation, now);
    const { granted = 2 * noticeSeconds, mid, scope } = mitigation;
    const isNear = left >= 0 && left <= Math.min(noticeSeconds, granted / 2);
    if (!isNear) this.noticed.delete(key);
    if (!isNear || left === 0 || this.noticed.has(key) || !goesOn(mitigation)) return [];
    this.noticed.add(key);
    const sentence = `The mitigation of ${shortTarget(scope)} on ${session} ends in ${duration(left)}, and the attack goes on.`;
    return [{ where: { session, mid }, what: 'ending', sentence }];
  }

  private ended(key: string, { session, mitigation }: OfSession): MitigationAlert[] {
    const { ended = '', mid, scope } = mitigation;
    this.noticed.delete(key);
    if (!this.running.delete(key) || !isByItself(ended)) return [];
    const sentence = `The mitigation of ${shortTarget(scope)} on ${session} is over: ${ended}.`;
    return [{ where: { session, mid }, what: 'ended', sentence }];
  }
}

/** Not as far as is known: a server that drops nothing any more says so. */
const goesOn = ({ status, dropped, unanswered }: Mitigation): boolean =>
  unanswered === undefined && attackGoesOn.has(status) && dropped?.octetsPerSecond !== 0;

/** What this client did itself is no news. */
const isByItself = (ended: string): boolean => ended !== 'withdrawn' && !ended.startsWith('replaced by');
