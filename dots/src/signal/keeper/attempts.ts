import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import { limited, settled } from '#dots/runtime/deadline';
import { isFinal } from '#dots/transport/connect/connect';
import type { Remaining } from '../requestWithFailover';
import type { SignalSession } from '../session';

/**
 * The delays before an attempt that no request waits for, milliseconds: from an established session to the next
 * attempt, and after one that failed (RFC 9132 section 4.7); and after one that failed before any has succeeded.
 */
const delays = { again: 60_000, failed: 300_000, first: 5_000 } as const;

/** The owner of the attempts. */
export interface AttemptOwner {
  clock: Clock;
  /** Opens a session and starts to use it. */
  open(underAttack: boolean): Promise<SignalSession>;
  /** Whether a session is still needed at the time of a scheduled attempt. */
  isNeeded(): boolean;
  /** Called when an attempt starts, and when it has failed. */
  started(): void;
  failed(error: unknown): void;
}

const late = (): DotsError =>
  new DotsError(
    'unreachable',
    'transport/no-answer',
    'The server did not answer in time; no session is established.',
    'Check that a DOTS server listens there; the session is established once it answers.',
  );

const cancelled = (): DotsError =>
  new DotsError('unreachable', 'transport/cancelled', 'The session was cancelled before it was established.');

/** Attempts to open a session: one at a time for all who wait for it, and the one that is due next. */
export class Attempts {
  private underway: Promise<SignalSession> | undefined;
  private timer: TimerHandle;
  /** When the next attempt is due, by the monotonic time; undefined while none is scheduled. */
  private due: number | undefined;
  private earliest = -Infinity;
  /** Whether a session has ever been established. */
  private reached = false;
  /** Whether attempts are repeated until the first one succeeds. */
  private persistent = false;
  private stopped = false;
  /** Why the last attempt failed; undefined once one has succeeded. */
  error: unknown;

  constructor(private readonly owner: AttemptOwner) {}

  get isUnderway(): boolean {
    return this.underway !== undefined;
  }

  /** How long until the next attempt, milliseconds; undefined where none is scheduled. */
  get nextMs(): number | undefined {
    return this.due === undefined ? undefined : Math.max(0, this.due - this.owner.clock.monotonic());
  }

  /** Whether one end refused the other in the last attempt, which no repetition changes soon. */
  get isRefused(): boolean {
    return this.error !== undefined && isFinal(this.error);
  }

  /**
   * Waits for an attempt, a new one if none is under way. A caller that cancels, or has less time, does not end it for
   * the others. Throws the DotsError of the attempt.
   */
  async now({
    underAttack,
    timeoutMs = Infinity,
    signal,
  }: Remaining & { underAttack: boolean }): Promise<SignalSession> {
    const attempt = this.underway ?? this.start(underAttack);
    const { clock } = this.owner;
    const limit = limited({ clock, signal, deadlineMs: timeoutMs, cancelled, late });
    return settled(attempt, limit.signal).finally(() => limit.lift());
  }

  /** Resolves when no attempt is under way. */
  async settled(): Promise<void> {
    await this.underway?.catch(() => undefined);
  }

  /** Repeats attempts until the first one succeeds, without a deadline. */
  persist(): void {
    this.persistent = true;
    if (!this.reached && !this.isUnderway && this.due === undefined) this.start(false).catch(() => undefined);
  }

  /** Attempts again as soon as RFC 9132 section 4.7 allows it. */
  schedule(): void {
    if (this.stopped || this.due !== undefined || this.isUnderway) return;
    const { clock } = this.owner;
    this.due = Math.max(clock.monotonic(), this.earliest);
    this.timer = clock.setTimeout(() => {
      this.due = undefined;
      if (this.owner.isNeeded()) this.start(false).catch(() => undefined);
    }, this.due - clock.monotonic());
  }

  /** Ends the schedule; an attempt under way is ended by its owner. */
  stop(): void {
    this.owner.clock.clearTimeout(this.timer);
    this.due = undefined;
    this.stopped = true;
  }

  /** A session was established, in an attempt or otherwise. */
  succeeded(): void {
    this.reached = true;
    this.error = undefined;
    this.earliest = this.owner.clock.monotonic() + delays.again;
    this.owner.clock.clearTimeout(this.timer);
    this.due = undefined;
  }

  private start(underAttack: boolean): Promise<SignalSession> {
    this.owner.clock.clearTimeout(this.timer);
    this.due = undefined;
    const attempt = this.owner.open(underAttack).finally(() => {
      this.underway = undefined;
    });
    this.underway = attempt.catch((error: unknown) => {
      this.failed(error);
      throw error;
    });
    this.owner.started();
    return this.underway;
  }

  private failed(error: unknown): void {
    this.error = error;
    const isFirst = !this.reached && !this.isRefused;
    this.earliest = this.owner.clock.monotonic() + (isFirst ? delays.first : delays.failed);
    if (this.reached || this.persistent) this.schedule();
    this.owner.failed(error);
  }
}
