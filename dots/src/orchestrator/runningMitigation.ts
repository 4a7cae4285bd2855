import { status, type Mitigation, type ReportedStatus } from '#dots/dotsServer/state/lifecycle';
import type { ActiveMitigation, DropCounters, MitigationChange, ReportStatus } from '#dots/dotsServer/state/mitigator';
import type { Amount } from '#dots/world/tally';
import type { World } from '#dots/world/world';
import type { Policy } from '#dots/workspace/policy/policy';
import { QuietWatch } from './dms/quiet';
import type { InstalledAt } from './nodeTables';
import type { Scrubbing, ScrubbingState } from './scrubbing';

const none: Amount = { bits: 0n, packets: 0n };
const nothing: DropCounters = { bytes: 0, pkts: 0, bps: 0, pps: 0 };

export interface RunningOptions {
  quiet: Policy['quiet'];
  now: () => number;
  report: ReportStatus;
  ended: () => void;
}

/** A mitigation that the policy's decision carries out: by rules on nodes, or by a DMS. */
export class RunningMitigation implements ActiveMitigation {
  /** What a DMS does for it; undefined: it is filtered. */
  scrubbing: Scrubbing | undefined;
  /** DMSs that have given it up, each with the reason. */
  readonly failed = new Map<string, string>();
  private quiet: QuietWatch;
  private reported: ReportedStatus | undefined;
  private scrubbed: ScrubbingState | undefined;
  /** What rules have dropped for it, and what earlier DMSs have. */
  private dropped = none;
  private earlier = nothing;
  private readonly seen = new Map<string, Amount>();

  constructor(
    readonly mitigation: Mitigation,
    private readonly options: RunningOptions,
  ) {
    this.quiet = new QuietWatch(options.quiet);
  }

  /** These rules act for it from now on; what they dropped before, for another client, is not of this mitigation. */
  meets(rules: readonly InstalledAt[], world: World): void {
    for (const { node, id } of rules) {
      const key = `${node} ${id}`;
      if (!this.seen.has(key)) this.seen.set(key, world.ruleCounters(node, id)?.dropped ?? none);
    }
  }

  /** A second has passed in which these rules acted for it. `undefined`: it has none, and nothing can be done. */
  filtered(rules: readonly InstalledAt[] | undefined, world: World): void {
    if (rules === undefined) return this.report(status.exceeded);
    let attack = 0;
    let isActing = true;
    for (const { node, id } of rules) {
      const bits = world.attackMatched(node, id);
      if (bits === undefined) isActing = false;
      else attack += bits;
      this.count(`${node} ${id}`, world.ruleCounters(node, id)?.dropped);
    }
    const isOver = this.quiet.isOver(attack);
    if (isActing) this.report(isOver ? status.stopped : status.mitigated);
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
    if (goesOn) this.quiet = new QuietWatch(this.options.quiet);
    if (current !== undefined && current !== status.withdrawn) this.report(goesOn ? status.mitigated : current);
  }

  end(): void {
    this.leaveDms();
    this.options.ended();
  }

  counters({ startedAt }: Mitigation, now: number): DropCounters {
    const seconds = Math.max(1, (now - (startedAt ?? now)) / 1000);
    const { bytes, pkts } = sumOf(sumOf(this.earlier, this.scrubbed?.counters ?? nothing), {
      ...nothing,
      bytes: Number(this.dropped.bits / 8n),
      pkts: Number(this.dropped.packets),
    });
    return { bytes, pkts, bps: Math.floor(bytes / seconds), pps: Math.floor(pkts / seconds) };
  }

  private count(key: string, total: Amount = none): void {
    const before = this.seen.get(key) ?? none;
    this.seen.set(key, total);
    // A rule that was replaced counts anew.
    const from = before.bits <= total.bits ? before : none;
    this.dropped = {
      bits: this.dropped.bits + total.bits - from.bits,
      packets: this.dropped.packets + total.packets - from.packets,
    };
  }
}

const sumOf = (one: DropCounters, other: DropCounters): DropCounters => ({
  bytes: one.bytes + other.bytes,
  pkts: one.pkts + other.pkts,
  bps: one.bps + other.bps,
  pps: one.pps + other.pps,
});
