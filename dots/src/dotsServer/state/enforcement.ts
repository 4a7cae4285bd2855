import { inForce, mitigationKey, type Mitigation, type MitigationId, type ReportedStatus } from './lifecycle';
import type { ActiveMitigation, DropCounters, Mitigator } from './mitigator';

/** A status that the mitigator has reported, and since when, milliseconds since 1970. */
export interface StatusReport extends MitigationId {
  status: ReportedStatus;
  at: number;
}

interface Enforced {
  active?: ActiveMitigation;
  hasEnded: boolean;
}

/**
 * Passes the mitigations on to the mitigator: each is started when it comes into force, and ended when it is no longer
 * in force.
 */
export class Enforcement {
  /** Until the mitigation is removed, because its counters are shown as long as it is. */
  private readonly enforced = new Map<string, Enforced>();

  constructor(
    private readonly mitigator: Mitigator,
    private readonly receive: (report: StatusReport) => void,
  ) {}

  /** A mitigation has changed by a request or by time; undefined: it did not exist before, or is removed. */
  follow(before: Mitigation | undefined, after: Mitigation | undefined, attackStatus?: string): void {
    const wasInForce = before !== undefined && inForce(before);
    const isInForce = after !== undefined && inForce(after);
    if (wasInForce && isInForce) this.activeOf(after)?.change({ before, after, attackStatus });
    else if (isInForce) this.start(after);
    else if (wasInForce) this.end(before);
    if (before !== undefined && after === undefined) this.enforced.delete(mitigationKey(before));
  }

  /** Ends a mitigation that the mitigator itself has withdrawn (status 7). */
  end(id: MitigationId): void {
    const enforced = this.enforced.get(mitigationKey(id));
    if (enforced === undefined) return;
    enforced.hasEnded = true;
    enforced.active?.end();
  }

  /** Undefined if the mitigator has none, or never had this mitigation. */
  counters(mitigation: Mitigation, now: number): DropCounters | undefined {
    return this.activeOf(mitigation)?.counters(mitigation, now);
  }

  private start(mitigation: Mitigation): void {
    const { cuid, mid } = mitigation;
    const enforced: Enforced = { hasEnded: false };
    this.enforced.set(mitigationKey(mitigation), enforced);
    enforced.active = this.mitigator.start(mitigation, (status, at) => {
      if (!enforced.hasEnded) this.receive({ cuid, mid, status, at });
    });
  }

  private activeOf(id: MitigationId): ActiveMitigation | undefined {
    return this.enforced.get(mitigationKey(id))?.active;
  }
}
