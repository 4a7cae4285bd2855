import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { defaultParameters } from '#dots/coap/messages/parameters';
import { isOverTls } from '../requestWithFailover';
import type { SignalSession } from '../session';

/** How often heartbeats are sent, and how many may remain unanswered. */
export interface HeartbeatTiming {
  /** heartbeat-interval, milliseconds; 0: no heartbeats are sent. */
  intervalMs: number;
  /** missing-hb-allowed. */
  missingAllowed: number;
}

/** The defaults of RFC 9132 section 4.5.2. */
const defaultTiming: HeartbeatTiming = { intervalMs: 30_000, missingAllowed: 15 };

/**
 * A heartbeat is sent once and not repeated while it waits, which the probing-rate would not allow (RFC 9132 section
 * 4.5.2).
 */
const patienceMs = defaultParameters.nonInterval - 1;

/** The owner of the heartbeats of one session after the other. */
export interface HeartbeatOwner {
  clock: Clock;
  /** Called at each heartbeat for as long as nothing has arrived for `missingAllowed` heartbeats. */
  lost(): void;
  /** Called with the round-trip time of an answered heartbeat, milliseconds. */
  answered(roundTripMs: number): void;
}

/**
 * The heartbeats of the session that is kept: RFC 9132 section 4.7. They continue over a session that seems lost: on a
 * congested link the server may still receive them.
 */
export class Heartbeats {
  private session: SignalSession | undefined;
  private timing = defaultTiming;
  private timer: TimerHandle;
  /** Consecutive heartbeats after which nothing was received, and how much had been received before the last one. */
  private missing = 0;
  private heardBefore = -1;

  constructor(private readonly owner: HeartbeatOwner) {}

  /** Whether the server has been silent for longer than is allowed. */
  get isLost(): boolean {
    return this.missing >= this.timing.missingAllowed;
  }

  /** Sends heartbeats over a session instead of the one before; the first one after an interval. */
  over(session: SignalSession): void {
    this.session = session;
    this.missing = 0;
    this.heardBefore = -1;
    this.wait();
  }

  /** Uses another interval and limit from now on. */
  configure(timing: HeartbeatTiming): void {
    const { intervalMs } = this.timing;
    this.timing = timing;
    if (timing.intervalMs !== intervalMs && this.session !== undefined) this.wait();
  }

  stop(): void {
    this.session = undefined;
    this.owner.clock.clearTimeout(this.timer);
  }

  private wait(): void {
    const { clock } = this.owner;
    const { intervalMs } = this.timing;
    clock.clearTimeout(this.timer);
    if (intervalMs > 0) this.timer = clock.setTimeout(() => this.tick(), intervalMs);
  }

  private tick(): void {
    const { session } = this;
    if (session === undefined || session.state === 'closed') return;
    this.wait();
    this.beat(session);
    if (this.isLost) this.owner.lost();
  }

  private beat(session: SignalSession): void {
    const { intervalMs } = this.timing;
    this.missing = session.heard === this.heardBefore ? this.missing + 1 : 0;
    this.heardBefore = session.heard;
    session.heartbeat(intervalMs, { timeoutMs: isOverTls(session) ? intervalMs : patienceMs }).then(
      ({ roundTripMs }) => this.owner.answered(roundTripMs),
      () => undefined,
    );
  }
}
