import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { mitigatedTime, status, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import type {
  ActiveMitigation,
  DropCounters,
  MitigationChange,
  Mitigator,
  ReportStatus,
} from '#dots/dotsServer/state/mitigator';

/** The timing of simulated attacks, milliseconds. */
export interface SimulationTiming {
  /** From the request until the traffic is diverted: status 1. */
  setupMs: number;
  /** How long the attack lasts once it is mitigated: status 2. */
  attackMs: number;
}

const defaultSimulationTiming: SimulationTiming = { setupMs: 3_000, attackMs: 300_000 };

/** The size of a packet of the simulated attack, a large reflected answer, bytes. */
const packetSize = 1200;

/**
 * A mitigator without traffic: every mitigation is set up, filters an attack of constant strength, and the attack
 * stops. Its reports depend on the mitigation and the time alone, so it continues after a restart as if it had not
 * stopped.
 */
export class SimulatedMitigator implements Mitigator {
  private readonly attacks = new Set<SimulatedAttack>();

  constructor(
    private readonly clock: Clock,
    private readonly timing: SimulationTiming = defaultSimulationTiming,
  ) {}

  start(mitigation: Mitigation, report: ReportStatus): ActiveMitigation {
    const { clock, timing } = this;
    const attack = new SimulatedAttack(mitigation, {
      clock,
      timing,
      report,
      ended: () => this.attacks.delete(attack),
    });
    this.attacks.add(attack);
    return attack;
  }

  /** Stops every timer. */
  close(): void {
    for (const attack of [...this.attacks]) attack.end();
  }
}

/** A phase of the attack: its status, and since when. A withdrawal does not change it. */
type Phase = Pick<Mitigation, 'status' | 'since'>;

interface AttackOptions {
  clock: Clock;
  timing: SimulationTiming;
  report: ReportStatus;
  ended: () => void;
}

class SimulatedAttack implements ActiveMitigation {
  private phase: Phase;
  private timer: TimerHandle;

  /** Continues from the status that the mitigation has, and reports what it is now. */
  constructor(
    mitigation: Mitigation,
    private readonly options: AttackOptions,
  ) {
    this.phase = mitigation;
    this.proceed();
  }

  change({ before, after, attackStatus }: MitigationChange): void {
    const requestedAgain = before.status === status.terminating && after.status !== status.terminating;
    const attackContinues = this.phase.status === status.stopped && attackStatus === 'under-attack';
    if (!requestedAgain && !attackContinues) return;
    this.enter(status.mitigated, this.options.clock.now());
    this.proceed();
  }

  end(): void {
    this.options.clock.clearTimeout(this.timer);
    this.options.ended();
  }

  counters(mitigation: Mitigation, now: number): DropCounters {
    return dropped(mitigation, now);
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
        this.timer = clock.setTimeout(() => this.proceed(), wait);
        return;
      }
      this.enter(next.status, next.at);
    }
  }

  private next(): { status: typeof status.mitigated | typeof status.stopped; at: number } | undefined {
    const { setupMs, attackMs } = this.options.timing;
    const { status: current, since } = this.phase;
    if (current === status.settingUp) return { status: status.mitigated, at: since + setupMs };
    if (current === status.mitigated) return { status: status.stopped, at: since + attackMs };
    return undefined;
  }
}

/**
 * The traffic dropped for a mitigation: a rate from 20,000 to 999,999 packets per second, different for each mid, while
 * it is mitigated.
 */
function dropped(mitigation: Mitigation, now: number): DropCounters {
  const rate = 20_000 + ((mitigation.mid * 7_919) % 980_000);
  const pkts = Math.floor((rate * mitigatedTime(mitigation, now)) / 1000);
  const seconds = Math.max(1, (now - (mitigation.startedAt ?? now)) / 1000);
  const pps = Math.floor(pkts / seconds);
  return { pkts, bytes: pkts * packetSize, pps, bps: pps * packetSize };
}
