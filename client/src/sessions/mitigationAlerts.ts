import { duration } from '#dots/words/quantities';
import { shortTarget } from '#dots/words/targets';
import {
  endedByItself,
  isAboutToEnd,
  isAttackOn,
  remaining,
  type Mitigation,
  type MitigationRef,
} from '../ui/mitigation';

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
    const { mid, scope } = mitigation;
    const isNear = isAboutToEnd(mitigation, now);
    if (!isNear) this.noticed.delete(key);
    if (!isNear || this.noticed.has(key) || !isAttackOn(mitigation)) return [];
    this.noticed.add(key);
    const left = duration(remaining(mitigation, now));
    const sentence = `The mitigation of ${shortTarget(scope)} on ${session} ends in ${left}, and the attack goes on.`;
    return [{ where: { session, mid }, what: 'ending', sentence }];
  }

  private ended(key: string, { session, mitigation }: OfSession): MitigationAlert[] {
    const { ended = '', mid, scope } = mitigation;
    this.noticed.delete(key);
    if (!this.running.delete(key) || !endedByItself(mitigation)) return [];
    const sentence = `The mitigation of ${shortTarget(scope)} on ${session} is over: ${ended}.`;
    return [{ where: { session, mid }, what: 'ended', sentence }];
  }
}
