import type { Mitigation } from '#dots/dotsServer/state/lifecycle';
import type {
  ActiveMitigation,
  DropCounters,
  MitigationChange,
  Mitigator,
  ReportStatus,
} from '#dots/dotsServer/state/mitigator';

/** A mitigator that does nothing but write down what it is asked to do, and reports what a test says. */
export class TestMitigator implements Mitigator {
  /** Each call, in order: `start 1`, `change 1 2 -> 5`, `end 1`; the numbers are the mid and statuses. */
  readonly calls: string[] = [];
  /** Called within `start`, as a mitigator may that knows the outcome at once. */
  atStart: ((report: ReportStatus) => void) | undefined;
  /** Called within `change`. */
  atChange: ((report: ReportStatus) => void) | undefined;
  counters: DropCounters | undefined;
  /** One for each start, in order. */
  readonly reports: ReportStatus[] = [];

  start(mitigation: Mitigation, report: ReportStatus): ActiveMitigation {
    const { mid } = mitigation;
    this.calls.push(`start ${mid}`);
    this.reports.push(report);
    this.atStart?.(report);
    return {
      change: ({ before, after, attackStatus }: MitigationChange) => {
        const update = attackStatus === undefined ? '' : `, ${attackStatus}`;
        this.calls.push(`change ${mid} ${before.status} -> ${after.status}${update}`);
        this.atChange?.(report);
      },
      end: () => void this.calls.push(`end ${mid}`),
      counters: () => this.counters,
    };
  }
}
