import type { Observers } from '#dots/coap/observers';
import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { isActive, type Mitigation } from '../state/lifecycle';
import type { Mitigations } from '../state/mitigations';
import { observedMitigations } from './observation';

export interface StatusNotificationsOptions {
  observers: Observers;
  mitigations: Mitigations;
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

  constructor(private readonly options: StatusNotificationsOptions) {
    options.mitigations.onDidChange((changed) => {
      for (const key of keysOf(changed)) options.observers.changed(key);
    });
    this.repeat();
  }

  close(): void {
    this.options.clock.clearTimeout(this.timer);
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
