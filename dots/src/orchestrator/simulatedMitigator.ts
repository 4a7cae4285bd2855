import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { mitigatedTime, status, type Mitigation, type Status } from '#dots/dotsServer/state/lifecycle';
import type {
  ActiveMitigation,
  DropCounters,
  MitigationChange,
  Mitigator,
  ReportStatus,
} from '#dots/dotsServer/state/mitigator';

/** How fast simulated attacks pass, milliseconds. */
export interface SimulationTiming {
  /** From the request until the traffic is diverted: status 1. */
  setupMs: number;
  /** How long the attack lasts once it is mitigated: status 2. */
  attackMs: number;
}

export const defaultSimulationTiming: SimulationTiming = { setupMs: 3_000, attackMs: 300_000 };

/** The longest wait that a timer can be set to, milliseconds. */
const longestTimer = 2 ** 31 - 1;

/** The size of a packet of the simulated attack, a large reflected answer, bytes. */
const packetSize = 1200;

/**
 * A mitigator without traffic: every mitigation is set up, meets an attack of constant strength, and sees it stop. What it reports
 * follows from the mitigation and the time alone, so it continues after a restart as if it had never stopped.
 */
export class SimulatedMitigator implements Mitigator {
  private readonly attacks = new Set<SimulatedAttack>();

  constructor(
    private readonly clock: Clock,
    private readonly timing: SimulationTiming = defaultSimulationTiming,
  ) {}

  start(mitigation: Mitigation, report: ReportStatus): ActiveMitigation {
    const attack = new SimulatedAttack({
      clock: this.clock,
      timing: this.timing,
      report,
      ended: () => this.attacks.delete(attack),
    });
    this.attacks.add(attack);
    attack.resume(mitigation);
    return attack;
  }

  /** Stops every timer. */
  close(): void {
    for (const attack of [...this.attacks]) attack.end();
  }
}

/** Status 1, 2 or 3, and since when; undefined while a withdrawn mitigation terminates. */
type Phase = Pick<Mitigation, 'since'> & { status: Status };

interface AttackOptions {
  clock: Clock;
  timing: SimulationTiming;
  report: ReportStatus;
  ended: () => void;
}

class SimulatedAttack implements ActiveMitigation {
  private phase: Phase | undefined;
  private timer: TimerHandle;

  constructor(private readonly options: AttackOptions) {}

  /** Goes on from the status that a mitigation has, and reports what has become of it by now. */
  resume({ status: current, since }: Mitigation): void {
    this.phase = { status: current, since };
    this.proceed();
  }

  change({ before, after, attackStatus }: MitigationChange): void {
    const attackGoesOn = this.phase?.status === status.stopped && attackStatus === 'under-attack';
    if (after.status === status.terminating) this.pause();
    else if (before.status === status.terminating || attackGoesOn) {
      this.enter(status.mitigated, this.options.clock.now());
      this.proceed();
    }
  }

  end(): void {
    this.pause();
    this.options.ended();
  }

  counters(mitigation: Mitigation, now: number): DropCounters {
    return dropped(mitigation, now);
  }

  private pause(): void {
    this.options.clock.clearTimeout(this.timer);
    this.phase = undefined;
  }

  private enter(next: typeof status.mitigated | typeof status.stopped, at: number): void {
    this.phase = { status: next, since: at };
    this.options.report(next, at);
  }

  /** Enters every phase that has begun by now, and waits for the next one. */
  private proceed(): void {
    const { clock } = this.options;
    clock.clearTimeout(this.timer);
    for (let next = this.next(); next !== undefined; next = this.next()) {
      const wait = next.at - clock.now();
      if (wait > 0) {
        this.timer = clock.setTimeout(() => this.proceed(), Math.min(wait, longestTimer));
        return;
      }
      this.enter(next.status, next.at);
    }
  }

  private next(): { status: typeof status.mitigated | typeof status.stopped; at: number } | undefined {
    const { setupMs, attackMs } = this.options.timing;
    if (this.phase?.status === status.settingUp) return { status: status.mitigated, at: this.phase.since + setupMs };
    if (this.phase?.status === status.mitigated) return { status: status.stopped, at: this.phase.since + attackMs };
    return undefined;
  }
}

/** The traffic dropped for a mitigation: a rate from 20,000 to 999,999 packets per second, different for each mid, while it is mitigated. */
function dropped(mitigation: Mitigation, now: number): DropCounters {
  const rate = 20_000 + ((mitigation.mid * 7_919) % 980_000);
  const pkts = Math.floor((rate * mitigatedTime(mitigation, now)) / 1000);
  const seconds = Math.max(1, (now - (mitigation.startedAt ?? now)) / 1000);
  const pps = Math.floor(pkts / seconds);
  return { pkts, bytes: pkts * packetSize, pps, bps: pps * packetSize };
}
