import { systemClock, type Clock, type TimerHandle } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import type { KeeperState } from '#dots/words/sessions';
import {
  requestWithFailover,
  isOverTls,
  type FailoverOptions,
  type Answered,
  type Asking,
  type Remaining,
} from '../requestWithFailover';
import type { SignalSession } from '../session';
import { Attempts } from './attempts';
import { DrainingSessions } from './drainingSessions';
import { Heartbeats } from './heartbeats';
import type { KeeperEvent, KeeperSnapshot } from './keeperEvents';

/** What a session is opened for, and how that is cancelled. */
export interface Opening {
  underAttack: boolean;
  signal: AbortSignal;
}

export interface SessionKeeperOptions {
  /** The address of the server, and the client's identifier. */
  server: string;
  cuid: string;
  /** Opens the session, the first time and each time it must be opened again. */
  open(opening: Opening): Promise<SignalSession>;
  /** Tries DTLS if the session uses TLS; it decides how often (RFC 9132 section 4.3). */
  overDtls?(opening: Opening): Promise<SignalSession | undefined>;
  clock?: Clock;
}

/** How often a session over TLS considers DTLS: the least time of RFC 9132 section 4.3, milliseconds. */
const improveMs = 300_000;

/**
 * A signal channel session that is kept established: heartbeats keep it alive, and it is opened again if it is lost. An
 * error is not the end: it only decides when the next attempt is due.
 */
export class SessionKeeper {
  private readonly clock: Clock;
  private readonly ending = new AbortController();
  private session: SignalSession | undefined;
  private readonly retired = new DrainingSessions();
  private readonly heartbeats: Heartbeats;
  private readonly attempts: Attempts;
  private readonly listeners = new Set<(event: KeeperEvent) => void>();
  private roundTripMs: number | undefined;
  private shown: KeeperState = 'never-reached';
  private shownSince: number;
  private improvement: TimerHandle;

  constructor(private readonly options: SessionKeeperOptions) {
    const clock = options.clock ?? systemClock;
    this.clock = clock;
    this.shownSince = clock.monotonic();
    this.heartbeats = new Heartbeats({
      clock,
      lost: () => this.attempts.schedule(),
      answered: (roundTripMs) => {
        this.roundTripMs = roundTripMs;
      },
    });
    this.attempts = new Attempts({
      clock,
      open: async (underAttack) => this.adopt(await options.open({ underAttack, signal: this.ending.signal })),
      isNeeded: () => this.isNeeded,
      started: () => this.update(),
      failed: (error) => {
        this.emit({ type: 'failed', error });
        this.update();
      },
    });
  }

  /** What is known now. */
  get snapshot(): KeeperSnapshot {
    const { session, attempts, shown } = this;
    const now = this.clock.monotonic();
    return {
      state: shown,
      stateMs: now - this.shownSince,
      server: this.options.server,
      cuid: this.options.cuid,
      peer: session?.peer,
      session: session?.state,
      security: session?.security,
      heardMs: session === undefined ? undefined : now - session.heardAt,
      roundTripMs: this.roundTripMs,
      error: attempts.error,
      nextAttemptMs: attempts.nextMs,
    };
  }

  /** Calls back on each event; the returned function ends that. */
  onEvent(listener: (event: KeeperEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Opens the session now, in one attempt. Throws the DotsError of a session that cannot be opened. */
  async open(): Promise<SignalSession> {
    return this.session ?? this.attempts.now({ underAttack: false });
  }

  /**
   * Opens a new session, which replaces the one that is used: for credentials that have changed. Throws the DotsError
   * of a session that cannot be opened; the other one is then used as before.
   */
  async renew(): Promise<SignalSession> {
    return this.attempts.now({ underAttack: false });
  }

  /**
   * Opens the session, and repeats the attempt without a deadline until the first one succeeds: at short intervals, and
   * at those of RFC 9132 section 4.7 where one end refuses the other. Events report what happens meanwhile.
   */
  keepTrying(): void {
    if (!this.ending.signal.aborted) this.attempts.persist();
  }

  /** Sends a request over the session, which is opened first if necessary; see `requestWithFailover`. */
  async ask(
    asking: Asking,
    { underAttack = false, ...options }: Pick<FailoverOptions, 'signal' | 'timeoutMs'> & { underAttack?: boolean } = {},
  ): Promise<Answered> {
    const known = this.session;
    const renew = (left: Remaining): Promise<SignalSession> =>
      this.other(known) ?? this.attempts.now({ ...left, underAttack });
    return this.retired.during(() => requestWithFailover({ ...options, known, renew, clock: this.clock }, asking));
  }

  /** Ends the session, an attempt to open it, and requests under way; it is not opened again. */
  async close(): Promise<void> {
    this.ending.abort();
    this.attempts.stop();
    this.heartbeats.stop();
    this.clock.clearTimeout(this.improvement);
    this.update();
    await Promise.all([this.session?.close(), this.retired.close()]);
  }

  /** Whether there is no session that can be used: none yet, closed by its server, or silent for too long. */
  private get isNeeded(): boolean {
    const { session } = this;
    return session === undefined || session.state === 'closed' || this.heartbeats.isLost;
  }

  /** A session that has replaced a known one meanwhile. */
  private other(known: SignalSession | undefined): Promise<SignalSession> | undefined {
    return this.session !== known && this.session?.state === 'open' ? Promise.resolve(this.session) : undefined;
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
    this.attempts.succeeded();
    this.heartbeats.over(session);
    this.considerDtls(session);
    session.onDidChange(() => this.changed(session));
    this.emit({ type: 'opened', session });
    this.changed(session);
    await this.retired.add(before);
    return session;
  }

  private changed(session: SignalSession): void {
    if (this.session !== session || this.ending.signal.aborted) return;
    if (session.state === 'closed') this.attempts.schedule();
    this.update();
  }

  private considerDtls(session: SignalSession): void {
    this.clock.clearTimeout(this.improvement);
    if (this.options.overDtls === undefined || !isOverTls(session)) return;
    this.improvement = this.clock.setTimeout(() => {
      this.considerDtls(session);
      if (session.state === 'open') void this.improve(session);
    }, improveMs);
  }

  private async improve(session: SignalSession): Promise<void> {
    try {
      const better = await this.options.overDtls?.({ underAttack: false, signal: this.ending.signal });
      if (better !== undefined) await (this.session === session ? this.adopt(better) : better.close());
    } catch (error) {
      if (!this.ending.signal.aborted) this.emit({ type: 'over-tls', error });
    }
  }

  private emit(event: KeeperEvent): void {
    if (event.type !== 'state' && this.ending.signal.aborted) return;
    for (const listener of this.listeners) listener(event);
  }

  /** Reports a change of the state. */
  private update(): void {
    const before = this.shown;
    const state = this.state();
    if (state === before) return;
    this.shown = state;
    this.shownSince = this.clock.monotonic();
    this.emit({ type: 'state', before, snapshot: this.snapshot });
  }

  private state(): KeeperState {
    const { session, attempts } = this;
    if (this.ending.signal.aborted) return 'closed';
    if (session?.state === 'open') return 'connected';
    if (attempts.isRefused) return 'refused';
    if (session !== undefined) return 'not-responding';
    return attempts.isUnderway && attempts.error === undefined ? 'connecting' : 'never-reached';
  }
}
