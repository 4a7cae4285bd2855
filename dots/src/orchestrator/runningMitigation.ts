import { status, type Mitigation, type ReportedStatus } from '#dots/dotsServer/state/lifecycle';
import type { ActiveMitigation, DropCounters, MitigationChange, ReportStatus } from '#dots/dotsServer/state/mitigator';
import type { RuleDrops } from './ruleDrops';
import type { RuleState } from './ruleWatches';
import type { Scrubbing, ScrubbingState } from './scrubbing';

const nothing: DropCounters = { bytes: 0, pkts: 0, bps: 0, pps: 0 };

export interface RunningOptions {
  now: () => number;
  report: ReportStatus;
  /** What rules have dropped for it. */
  drops: RuleDrops;
  /** The client says that the attack goes on. */
  goesOn: () => void;
  ended: () => void;
}

/** A mitigation that the policy's decision carries out: by rules on nodes, or by a DMS. */
export class RunningMitigation implements ActiveMitigation {
  /** What a DMS does for it; undefined: it is filtered. */
  scrubbing: Scrubbing | undefined;
  /** DMSs that have given it up, each with the reason. */
  readonly failed = new Map<string, string>();
  readonly drops: RuleDrops;
  private reported: ReportedStatus | undefined;
  private scrubbed: ScrubbingState | undefined;
  /** What earlier DMSs have dropped. */
  private earlier = nothing;

  constructor(
    readonly mitigation: Mitigation,
    private readonly options: RunningOptions,
  ) {
    this.drops = options.drops;
  }

  /** What its rules do has changed. An attack that was over in an earlier run is, until there is another one. */
  rulesAre(state: RuleState): void {
    if (state === 'over') this.report(status.stopped);
    const wasOver = this.reported === undefined && this.mitigation.status === status.stopped;
    if (state === 'attack' || (state === 'idle' && !wasOver)) this.report(status.mitigated);
  }

  /** What a DMS reports. Status 7 is for the caller to handle: another DMS may take over. */
  reports(state: ScrubbingState): void {
    this.scrubbed = state;
    if (state.status !== 7) this.report(state.status);
  }

  /** The DMS is given up: what it dropped still counts. */
  leaveDms(): void {
    this.scrubbing?.end();
    this.scrubbing = undefined;
    this.earlier = sumOf(this.earlier, this.scrubbed?.counters ?? nothing);
    this.scrubbed = undefined;
  }

  report(next: ReportedStatus): void {
    if (this.reported === next) return;
    this.reported = next;
    this.options.report(next, this.options.now());
  }

  change({ before, after, attackStatus }: MitigationChange): void {
    const isAskedAgain = before.status === status.terminating && after.status !== status.terminating;
    const goesOn = this.reported === status.stopped && attackStatus === 'under-attack';
    if (!isAskedAgain && !goesOn) return;
    const current = this.reported;
    this.reported = undefined;
    if (goesOn) this.options.goesOn();
    if (current !== undefined && current !== status.withdrawn) this.report(goesOn ? status.mitigated : current);
  }

  end(): void {
    this.leaveDms();
    this.drops.follow([]);
    this.options.ended();
  }

  counters({ startedAt }: Mitigation, now: number): DropCounters {
    const seconds = Math.max(1, (now - (startedAt ?? now)) / 1000);
    const { bits, packets } = this.drops.total();
    const { bytes, pkts } = sumOf(sumOf(this.earlier, this.scrubbed?.counters ?? nothing), {
      ...nothing,
      bytes: Number(bits / 8n),
      pkts: Number(packets),
    });
    return { bytes, pkts, bps: Math.floor(bytes / seconds), pps: Math.floor(pkts / seconds) };
  }
}

const sumOf = (one: DropCounters, other: DropCounters): DropCounters => ({
  bytes: one.bytes + other.bytes,
  pkts: one.pkts + other.pkts,
  bps: one.bps + other.bps,
  pps: one.pps + other.pps,
});
