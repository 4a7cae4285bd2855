import type { Observers } from '#dots/coap/observers';
import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { isActive, mitigationKey, type Mitigation } from '../state/lifecycle';
import type { DataClient } from '../state/dataClient';
import type { DataClients } from '../state/dataClients';
import { controlsFilters } from './filterControl';
import type { Mitigations } from '../state/mitigations';
import type { MitigationOverlaps } from './mitigationOverlaps';
import { observedMitigations } from './observation';

export interface StatusNotificationsOptions {
  observers: Observers;
  mitigations: Mitigations;
  clients: DataClients;
  overlaps: MitigationOverlaps;
  clock: Clock;
  /** Between two notifications of a mitigation whose status does not change, milliseconds. */
  intervalMs: number;
}

/**
 * Notifies observers of mitigations when a status changes, and periodically, because notifications get lost in an
 * attack: RFC 9132 section 4.4.2.1.
 */
export class StatusNotifications {
  private timer: TimerHandle;
  /**
   * Active mitigations that show something else now: another client has begun or ended an overlapping one, or an ACL of
   * theirs has changed.
   */
  private readonly touched = new Map<string, Mitigation>();

  constructor(private readonly options: StatusNotificationsOptions) {
    options.mitigations.watch((before, after) => this.noteConflicts(before, after));
    options.mitigations.onDidChange((changed) => {
      this.notifyTouched(changed);
    });
    options.clients.watch((before, after) => this.noteFilters(before, after));
    options.clients.onDidChange(() => this.notifyTouched());
    this.repeat();
  }

  close(): void {
    this.options.clock.clearTimeout(this.timer);
  }

  private notifyTouched(changed: readonly Mitigation[] = []): void {
    const keys = keysOf([...changed, ...this.touched.values()]);
    this.touched.clear();
    for (const key of keys) this.options.observers.changed(key);
  }

  /** The activation of an ACL has changed over the data channel: RFC 9133 section 3.2.1. */
  private noteFilters(before: DataClient | undefined, after: DataClient | undefined): void {
    const { observers, mitigations } = this.options;
    const cuid = (after ?? before)?.cuid;
    if (cuid === undefined || observers.size === 0 || before?.acls === after?.acls) return;
    for (const mitigation of mitigations.of(cuid))
      if (isActive(mitigation) && controlsFilters(mitigation.scope))
        this.touched.set(mitigationKey(mitigation), mitigation);
  }

  /** Both clients of a conflict are notified: RFC 9132 section 4.4.2.1. */
  private noteConflicts(before: Mitigation | undefined, after: Mitigation | undefined): void {
    const changed = after ?? before;
    const wasActive = before !== undefined && isActive(before);
    const { observers, overlaps } = this.options;
    if (changed === undefined || observers.size === 0 || wasActive === (after !== undefined && isActive(after))) return;
    for (const other of overlaps.of(changed))
      if (other.cuid !== changed.cuid && isActive(other)) this.touched.set(mitigationKey(other), other);
  }

  private repeat(): void {
    const { observers, mitigations, clock, intervalMs } = this.options;
    this.timer = clock.setTimeout(() => {
      const active = observers.size === 0 ? [] : mitigations.all().filter(isActive);
      for (const key of keysOf(active)) observers.refresh(key);
      this.repeat();
    }, intervalMs);
  }
}

/** Each mitigation, then the lists of their clients. */
function keysOf(mitigations: readonly Mitigation[]): Set<string> {
  return new Set([
    ...mitigations.map(({ cuid, mid }) => observedMitigations(cuid, mid)),
    ...mitigations.map(({ cuid }) => observedMitigations(cuid)),
  ]);
}
