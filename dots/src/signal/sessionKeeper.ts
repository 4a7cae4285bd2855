import { systemClock, type Clock, type TimerHandle } from '#dots/runtime/clock';
import { defaultParameters } from '#dots/coap/messages/parameters';
import { DotsError } from '#dots/model/errors';
import { limited, settled } from '#dots/runtime/deadline';
import {
  requestWithFailover,
  isOverTls,
  type FailoverOptions,
  type Answered,
  type Asking,
  type Remaining,
} from './requestWithFailover';
import { DrainingSessions } from './drainingSessions';
import type { SignalSession } from './session';

/** What a session is opened for, and how that is cancelled. */
export interface Opening {
  underAttack: boolean;
  signal: AbortSignal;
}

export interface SessionKeeperOptions {
  /** Opens the session, the first time and each time it must be opened again. */
  open(opening: Opening): Promise<SignalSession>;
  /** Tries DTLS if the session uses TLS; it decides how often (RFC 9132 section 4.3). */
  overDtls?(opening: Opening): Promise<SignalSession | undefined>;
  /** Called with each session that was opened. */
  opened?(session: SignalSession): void;
  /** Called when the state of the session changes: it is lost, answers again, or was closed by its server. */
  changed?(session: SignalSession): void;
  /**
   * Called with the reason why a lost session could not be opened again, which is retried later, or why one keeps using
   * TLS.
   */
  failed?(error: unknown, what: 'lost' | 'over-tls'): void;
  clock?: Clock;
}

/** heartbeat-interval, milliseconds, and missing-hb-allowed: RFC 9132 section 4.5.2. */
const heartbeatMs = 30_000;
const missingAllowed = 15;
/**
 * The delay before an unused session is opened again, after an established one and after a failure: RFC 9132 section
 * 4.7, milliseconds.
 */
const againMs = 60_000;
const retryMs = 300_000;
/**
 * A heartbeat is sent once and not repeated while it waits, which the probing-rate would not allow (RFC 9132 section
 * 4.5.2).
 */
const heartbeatPatienceMs = defaultParameters.nonInterval - 1;

const late = (): DotsError =>
  new DotsError(
    'unreachable',
    'transport/no-answer',
    'The server did not answer in time; no session is established.',
    'Check that a DOTS server listens there; the session is established once it answers.',
  );

/**
 * A signal channel session that is kept established: heartbeats keep it alive, and it is opened again if it is lost.
 */
export class SessionKeeper {
  private readonly clock: Clock;
  private readonly ending = new AbortController();
  private session: SignalSession | undefined;
  private opening: Promise<SignalSession> | undefined;
  private timer: TimerHandle;
  private readonly retired = new DrainingSessions();
  /** Consecutive heartbeats after which nothing was received, and how much had been received before the last one. */
  private missing = 0;
  private heardBefore = -1;
  private notBefore = -Infinity;

  constructor(private readonly options: SessionKeeperOptions) {
    this.clock = options.clock ?? systemClock;
    this.wait();
  }

  /** Opens the session now. Throws the DotsError of a session that cannot be opened. */
  async open(): Promise<SignalSession> {
    return this.session ?? this.renew({ underAttack: false });
  }

  /** Sends a request over the session, which is opened first if necessary; see `requestWithFailover`. */
  async ask(
    asking: Asking,
    { underAttack = false, ...options }: Pick<FailoverOptions, 'signal' | 'timeoutMs'> & { underAttack?: boolean } = {},
  ): Promise<Answered> {
    const known = this.session;
    const renew = (left: Remaining): Promise<SignalSession> =>
      this.other(known) ?? this.renew({ ...left, underAttack });
    return this.retired.during(() => requestWithFailover({ ...options, known, renew, clock: this.clock }, asking));
  }

  /** Ends the session, an attempt to open it, and requests under way; it is not opened again. */
  async close(): Promise<void> {
    this.ending.abort();
    this.clock.clearTimeout(this.timer);
    await Promise.all([this.session?.close(), this.retired.close()]);
  }

  /** A session that has replaced a known one meanwhile. */
  private other(known: SignalSession | undefined): Promise<SignalSession> | undefined {
    return this.session !== known && this.session?.state === 'open' ? Promise.resolve(this.session) : undefined;
  }

  /** One attempt at a time for all callers: a caller that cancels, or has less time, does not end it for the others. */
  private async renew({
    underAttack,
    timeoutMs = Infinity,
    signal,
  }: Remaining & { underAttack: boolean }): Promise<SignalSession> {
    this.opening ??= this.options
      .open({ underAttack, signal: this.ending.signal })
      .then((session) => this.adopt(session))
      .finally(() => {
        this.opening = undefined;
      });
    const limit = limited({
      clock: this.clock,
      signal,
      deadlineMs: timeoutMs,
      cancelled: () =>
        new DotsError('unreachable', 'transport/cancelled', 'The session was cancelled before it was established.'),
      late,
    });
    return settled(this.opening, limit.signal).finally(() => limit.lift());
  }

  /** Replaces the session by a new one; the old one is ended once no request waits for its answer. */
  private async adopt(session: SignalSession): Promise<SignalSession> {
    if (this.ending.signal.aborted) {
      await session.close();
      throw new DotsError(
        'unreachable',
        'signal/closed',
        `The session with ${session.server} was ended while it was being opened.`,
      );
    }
    const before = this.session;
    this.session = session;
    this.missing = 0;
    this.heardBefore = -1;
    this.notBefore = this.clock.monotonic() + againMs;
    this.options.opened?.(session);
    session.onDidChange(() => {
      if (this.session === session && !this.ending.signal.aborted) this.options.changed?.(session);
    });
    await this.retired.add(before);
    return session;
  }

  private wait(): void {
    this.timer = this.clock.setTimeout(() => this.tick(), heartbeatMs);
  }

  private tick(): void {
    this.wait();
    const { session } = this;
    if (session === undefined) return;
    if (session.state !== 'closed') this.beat(session);
    const isLost = session.state === 'closed' || this.missing >= missingAllowed;
    if (!isLost) return void this.improve(session);
    if (this.clock.monotonic() >= this.notBefore) this.recover();
  }

  private recover(): void {
    this.renew({ underAttack: false }).catch((error: unknown) => {
      this.notBefore = this.clock.monotonic() + retryMs;
      this.reportFailure(error, 'lost');
    });
  }

  private async improve(session: SignalSession): Promise<void> {
    if (!isOverTls(session)) return;
    try {
      const better = await this.options.overDtls?.({ underAttack: false, signal: this.ending.signal });
      if (better !== undefined) await (this.session === session ? this.adopt(better) : better.close());
    } catch (error) {
      this.reportFailure(error, 'over-tls');
    }
  }

  private reportFailure(error: unknown, what: 'lost' | 'over-tls'): void {
    if (!this.ending.signal.aborted) this.options.failed?.(error, what);
  }

  /** Continues over a session that seems lost: on a congested link the server may still receive it. */
  private beat(session: SignalSession): void {
    this.missing = session.heard === this.heardBefore ? this.missing + 1 : 0;
    this.heardBefore = session.heard;
    session
      .heartbeat(heartbeatMs, { timeoutMs: isOverTls(session) ? heartbeatMs : heartbeatPatienceMs })
      .catch(() => undefined);
  }
}
