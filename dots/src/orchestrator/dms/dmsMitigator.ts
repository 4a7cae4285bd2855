import { status, type Mitigation, type ReportedStatus } from '#dots/dotsServer/state/lifecycle';
import type {
  ActiveMitigation,
  DropCounters,
  MitigationChange,
  Mitigator,
  ReportStatus,
} from '#dots/dotsServer/state/mitigator';
import { itemsOf } from '#dots/model/json';
import { formatPrefix, overlaps, parsePrefix, type Prefix } from '#dots/model/prefix';
import type { Clock } from '#dots/runtime/clock';
import type { Policy, PolicyDms } from '#dots/workspace/policy/policy';
import type { Arrival } from '#dots/world/world';
import type { SimulatedNetwork } from './network';
import { QuietWatch } from './quiet';

/** Faults of what a DMS does with requests that it has accepted. */
type ScrubbingFault = 'never-effective' | 'ends';

export interface DmsMitigatorOptions {
  dms: PolicyDms;
  network: SimulatedNetwork;
  quiet: Policy['quiet'];
  clock: Clock;
}

/**
 * The mitigator of a simulated DMS. It draws the traffic of its mitigations by BGP where that is its way of diversion;
 * a redirect is for the nodes, which the orchestrator programs. Its statuses and counters are those of the traffic that
 * arrives at it.
 */
export class DmsMitigator implements Mitigator {
  fault: ScrubbingFault | undefined;
  private readonly active = new Set<DmsMitigation>();
  private readonly diverted = new Map<string, Prefix>();
  private readonly unlisten: () => void;

  constructor(private readonly options: DmsMitigatorOptions) {
    this.unlisten = options.network.onSecond(() => this.second());
  }

  /** Whether it carries out a mitigation. */
  get isActive(): boolean {
    return this.active.size > 0;
  }

  start({ scope }: Mitigation, report: ReportStatus): ActiveMitigation {
    const { dms, clock, quiet } = this.options;
    const targets = itemsOf(scope['target-prefix']).flatMap((text) => parsePrefix(String(text)) ?? []);
    const mitigation = new DmsMitigation(targets, {
      setupSeconds: dms.divert.by === 'bgp' ? dms.divert.seconds : 0,
      quiet: new QuietWatch(quiet),
      report: (next) => report(next, clock.now()),
      ended: () => this.active.delete(mitigation),
    });
    this.active.add(mitigation);
    this.divert();
    return mitigation;
  }

  close(): void {
    this.unlisten();
  }

  /** What one request gives up and another takes over in the same second stays diverted. */
  private second(): void {
    const { dms, network } = this.options;
    this.divert();
    this.restore();
    if (this.fault === 'never-effective') return;
    const arrivals = network.world.arrivalsAt(dms.name);
    const { offered, capacity } = network.world.dmsLoad(dms.name);
    for (const mitigation of [...this.active])
      if (this.fault === 'ends') mitigation.withdraw();
      else mitigation.second(arrivals, offered > capacity);
  }

  private divert(): void {
    const { dms, network } = this.options;
    if (dms.divert.by !== 'bgp' || this.fault === 'never-effective') return;
    for (const [key, prefix] of this.targets()) {
      if (this.diverted.has(key)) continue;
      this.diverted.set(key, prefix);
      network.world.divert(dms.name, prefix);
    }
  }

  private restore(): void {
    const { dms, network } = this.options;
    const targets = this.targets();
    for (const [key, prefix] of this.diverted) {
      if (targets.has(key)) continue;
      this.diverted.delete(key);
      network.world.restore(dms.name, prefix);
    }
  }

  private targets(): Map<string, Prefix> {
    const all = [...this.active].flatMap((mitigation) => mitigation.targets);
    return new Map(all.map((prefix) => [formatPrefix(prefix), prefix]));
  }
}

interface MitigationOptions {
  /** Seconds until the traffic is diverted. */
  setupSeconds: number;
  quiet: QuietWatch;
  report: (next: ReportedStatus) => void;
  ended: () => void;
}

class DmsMitigation implements ActiveMitigation {
  private seconds = 0;
  private bits = 0;
  private packets = 0;
  private reported: ReportedStatus | undefined;

  constructor(
    readonly targets: readonly Prefix[],
    private readonly options: MitigationOptions,
  ) {}

  /** One second has passed. `overloaded`: more arrived at the DMS than it can take. */
  second(arrivals: readonly Arrival[], overloaded: boolean): void {
    this.seconds += 1;
    const own = arrivals.filter(({ traffic }) => this.targets.some((target) => overlaps(target, traffic.to)));
    for (const { traffic, stopped } of own) {
      this.bits += stopped;
      this.packets += Math.floor(stopped / 8 / traffic.length);
    }
    const attack = own.filter(({ traffic }) => traffic.kind === 'attack');
    const isOver = this.options.quiet.isOver(attack.reduce((sum, { offered }) => sum + offered, 0));
    if (this.seconds <= this.options.setupSeconds) return;
    this.report(isOver ? status.stopped : overloaded ? status.exceeded : status.mitigated);
  }

  /** The DMS ends it by itself. */
  withdraw(): void {
    this.report(status.withdrawn);
  }

  change({ before, after }: MitigationChange): void {
    if (before.status === status.terminating && after.status !== status.terminating) this.reported = undefined;
  }

  end(): void {
    this.options.ended();
  }

  counters(): DropCounters {
    const perSecond = (amount: number): number => Math.floor(amount / Math.max(1, this.seconds));
    const bytes = Math.floor(this.bits / 8);
    return { bytes, pkts: this.packets, bps: perSecond(bytes), pps: perSecond(this.packets) };
  }

  private report(next: ReportedStatus): void {
    if (this.reported === next) return;
    this.reported = next;
    this.options.report(next);
  }
}
