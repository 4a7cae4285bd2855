import type { JsonObject } from '#dots/model/json';
import { sharedTargets } from '#dots/model/sharedTargets';
import { isActive, remainingLifetime, triggersAtOnce, withdrawnByServer, type Mitigation } from '../state/lifecycle';
import type { Policy } from '../state/policy';
import type { ServerState } from '../state/serverState';
import { aliasTargets } from './aliases';
import type { MitigationOverlaps } from './mitigationOverlaps';

/** The values of `conflict-status`: RFC 9132 section 4.4.1.3. */
type ConflictStatus = 'request-inactive-other-active' | 'request-active' | 'all-requests-inactive';

export interface ClientConflictsOptions {
  state: Pick<ServerState, 'mitigations' | 'clients'>;
  overlaps: MitigationOverlaps;
  policy: Policy;
}

/** Conflicts of mitigation requests of several clients (RFC 9132 section 4.4.1.3), by the policy of the server. */
export class ClientConflicts {
  constructor(private readonly options: ClientConflictsOptions) {}

  /** The `conflict-information` of a mitigation as it is now: with an active one of another client, if it is active. */
  of(mitigation: Mitigation): JsonObject | undefined {
    if (mitigation.conflict !== undefined) return mitigation.conflict;
    const [other] = isActive(mitigation) ? this.othersOf(mitigation) : [];
    return other && this.information('request-active', mitigation, other);
  }

  /**
   * Part of a decision: the `conflict-information` of a request that the policy refuses; undefined where it may be in
   * force. With `reject-all` those that it conflicts with are withdrawn.
   */
  refusal(next: Mitigation, now: number): JsonObject | undefined {
    const { conflicts } = this.options.policy;
    if (conflicts === 'keep-both' || !triggersAtOnce(next)) return undefined;
    const [first, ...more] = this.othersOf(next);
    if (first === undefined) return undefined;
    const isLost = conflicts === 'reject-all';
    const status = isLost ? 'all-requests-inactive' : 'request-inactive-other-active';
    const refused = this.information(status, next, first, this.retryTimer(first, now));
    if (isLost) for (const other of [first, ...more]) this.withdraw(other, next, now);
    return refused;
  }

  private withdraw(other: Mitigation, next: Mitigation, now: number): void {
    const conflict = this.information('all-requests-inactive', other, next, this.retryTimer(next, now));
    this.options.state.mitigations.put(withdrawnByServer(other, now, conflict));
  }

  /** The active mitigations of other clients with targets of this one. */
  private *othersOf(mitigation: Mitigation): Generator<Mitigation> {
    for (const other of this.options.overlaps.of(mitigation))
      if (other.cuid !== mitigation.cuid && isActive(other)) yield other;
  }

  private information(
    status: ConflictStatus,
    mitigation: Mitigation,
    other: Mitigation,
    retryTimer?: number,
  ): JsonObject {
    const shared = sharedTargets(this.targetsOf(mitigation), this.targetsOf(other));
    return {
      'conflict-status': status,
      'conflict-cause': 'overlapping-targets',
      ...(shared !== undefined && { 'conflict-scope': shared }),
      ...(retryTimer !== undefined && { 'retry-timer': retryTimer }),
    };
  }

  private targetsOf({ cuid, scope }: Mitigation): JsonObject {
    return aliasTargets(scope, this.options.state.clients.find(cuid));
  }

  /** Seconds, those of the mitigation that another one waits for; without an end the longest lifetime. */
  private retryTimer(mitigation: Mitigation, now: number): number {
    const lifetime = remainingLifetime(mitigation, now);
    return lifetime === -1 ? this.options.policy.maxLifetime : lifetime;
  }
}
