import { systemClock, type Clock, type TimerHandle } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import type { KeeperState } from '#dots/words/sessions';
import {
  requestWithFailover,
  isOverTls,
  type FailoverOptions,
  type Answered,
  type Asking,
  type Remaining,
} from '../requestWithFailover';
import type { Answer, SignalSession } from '../session';
import { Attempts } from './attempts';
import { defaultConfiguration, timingOf, transmissionOf, type ConfigurationSet } from './configuration';
import { DrainingSessions } from './drainingSessions';
import { Heartbeats } from './heartbeats';
import type { KeeperEvent, KeeperSnapshot } from './keeperEvents';
import { LaterFilterControl } from './laterFilterControl';
import { MitigationActivity } from './mitigationActivity';
import { Negotiation } from './negotiation';
import { openFirst } from './places';
import { alternateIn, Redirection, type Alternate, type Place } from './redirection';

/** What a session is opened for, and how that is cancelled. */
export interface Opening extends Place {
  underAttack: boolean;
  signal: AbortSignal;
}

/** The limits of a request, and whether it is sent because of an attack. */
export type AskingOptions = Pick<FailoverOptions, 'signal' | 'timeoutMs'> & { underAttack?: boolean };

export interface SessionKeeperOptions {
  /** The address of the server, further ones that are used where it is not reachable, and the client's identifier. */
  server: string;
  alternates?: readonly string[] | undefined;
  cuid: string;
  /** Opens the session, the first time and each time it must be opened again. */
  open(opening: Opening): Promise<SignalSession>;
  /** Tries DTLS if the session uses TLS; it decides how often (RFC 9132 section 4.3). */
  overDtls?(opening: Opening): Promise<SignalSession | undefined>;
  /** The configuration that is negotiated where the server has another one: the body of a request. */
  configuration?(): JsonObject | undefined;
  clock?: Clock;
}

/**
 * How often a session that is not over DTLS, or not at the first address, considers that: the least time of RFC 9132
 * section 4.3, milliseconds.
 */
const improveMs = 300_000;
/** How many redirections one request follows. */
const hopsAtMost = 3;

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
  private readonly activity: MitigationActivity;
  private readonly negotiation: Negotiation;
  private readonly redirection: Redirection;
  /** What is sent again with its ACLs later. */
  readonly filterControl: LaterFilterControl;
  /** The session with the alternate server that was named last, if it could be opened. */
  private following: Promise<SignalSession | undefined> = Promise.resolve(undefined);
  private configuration = defaultConfiguration;
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
    this.activity = new MitigationActivity(clock, () => this.configure());
    this.negotiation = new Negotiation({
      clock,
      wanted: () => options.configuration?.(),
      isMitigating: () => this.activity.isActive,
      settled: (configuration, problem) => {
        this.configuration = configuration;
        this.configure();
        if (problem !== undefined || configuration !== defaultConfiguration)
          this.emit({ type: 'configuration', configuration, problem });
      },
    });
    this.redirection = new Redirection(
      clock,
      () => this.activity.isActive,
      ({ server }) => {
        this.emit({ type: 'redirection-ended', from: server });
        this.attempts.now({ underAttack: false }).catch(() => undefined);
      },
    );
    this.filterControl = new LaterFilterControl({
      clock,
      ask: (asking) => this.ask(asking, { underAttack: true }),
      report: (request, outcome) => this.emit({ type: 'filter-control', request, outcome }),
    });
    this.attempts = new Attempts({
      clock,
      open: async (underAttack) => this.adopt(await this.openSomewhere(underAttack)),
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
      server: session?.server ?? this.place.server,
      cuid: this.options.cuid,
      peer: session?.peer,
      session: session?.state,
      security: session?.security,
      heardMs: session === undefined ? undefined : now - session.heardAt,
      roundTripMs: this.roundTripMs,
      configuration: this.parameters,
      isMitigating: this.activity.isActive,
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

  /**
   * Sends a request over the session, which is opened first if necessary; see `requestWithFailover`. Where the server
   * redirects to another one, the request is sent there as well (RFC 9132 section 4.6).
   */
  async ask(asking: Asking, options: AskingOptions = {}): Promise<Answered> {
    const ask = (): Promise<Answered> => this.retired.during(() => this.askFollowing(asking, options));
    return options.underAttack === true ? this.activity.during(ask) : ask();
  }

  /** Ends the session, an attempt to open it, and requests under way; it is not opened again. */
  async close(): Promise<void> {
    this.ending.abort();
    this.attempts.stop();
    this.heartbeats.stop();
    this.negotiation.stop();
    this.activity.stop();
    this.redirection.stop();
    this.filterControl.stop();
    this.clock.clearTimeout(this.improvement);
    this.update();
    await Promise.all([this.session?.close(), this.retired.close()]);
  }

  private async askFollowing(asking: Asking, options: AskingOptions, hops = hopsAtMost): Promise<Answered> {
    const since = this.clock.monotonic();
    const answered = await this.askOver(asking, options);
    const alternate = alternateIn(answered.answer, answered.session.server);
    if (alternate === undefined || hops === 0) return answered;
    const session = await this.redirect(alternate, options.underAttack === true);
    if (session === undefined) return answered;
    const { timeoutMs = Infinity, ...rest } = options;
    const left = timeoutMs - (this.clock.monotonic() - since);
    const again = { ...rest, ...(left < Infinity && { timeoutMs: Math.max(0, left) }) };
    if (alternate.ttlMs === 0) return { session, answer: await asking(session, again) };
    return this.askFollowing(asking, again, hops - 1);
  }

  private askOver(asking: Asking, { underAttack = false, ...options }: AskingOptions): Promise<Answered> {
    const known = this.session;
    const renew = (left: Remaining): Promise<SignalSession> =>
      this.other(known) ?? this.attempts.now({ ...left, underAttack });
    return requestWithFailover({ ...options, known, renew, clock: this.clock }, asking);
  }

  /** A session with an alternate server; undefined where there is none, or the redirection is a loop. */
  private async redirect(alternate: Alternate, underAttack: boolean): Promise<SignalSession | undefined> {
    const { server: to, ttlMs } = alternate;
    if (this.redirection.current?.server === to) return this.following;
    const { isLoop, isNew } = this.redirection.isLoop(alternate);
    if (!isLoop || isNew) this.emit({ type: 'redirected', to, ttlMs, isLoop });
    if (isLoop) return undefined;
    this.following = ttlMs === 0 ? this.visit(alternate, underAttack) : this.move(alternate, underAttack);
    return this.following;
  }

  /** Opens a session with an alternate server for the requests that are under way. */
  private async visit(alternate: Alternate, underAttack: boolean): Promise<SignalSession | undefined> {
    try {
      const session = await this.options.open({ ...placeOf(alternate), underAttack, signal: this.ending.signal });
      await this.retired.add(session);
      return session;
    } catch (error) {
      this.emit({ type: 'failed', error });
      return undefined;
    }
  }

  /** Uses an alternate server instead of the other. Where it cannot be reached, the session is kept as it is. */
  private async move(alternate: Alternate, underAttack: boolean): Promise<SignalSession | undefined> {
    this.redirection.begin(alternate);
    await this.attempts.settled();
    const session = await this.attempts.now({ underAttack }).catch(() => undefined);
    if (session?.server === alternate.server) return session;
    this.redirection.contact(alternate.server);
    this.redirection.stop();
    return undefined;
  }

  /** The server to use: the one that was named, or the one that it redirects to. */
  private get place(): Place {
    const { current } = this.redirection;
    return current === undefined ? { server: this.options.server } : placeOf(current);
  }

  private openSomewhere(underAttack: boolean): Promise<SignalSession> {
    const { server, alternates = [], open } = this.options;
    const { current } = this.redirection;
    const places = [server, ...alternates].map((each): Place => ({ server: each }));
    return openFirst(
      current === undefined ? places : [placeOf(current), ...places],
      (place, signal = this.ending.signal) => open({ ...place, underAttack, signal }),
      { clock: this.clock, signal: this.ending.signal },
    );
  }

  /** Whether another session is needed: there is none, it was closed, is silent for too long, or leads elsewhere. */
  private get isNeeded(): boolean {
    const { session } = this;
    return (
      session === undefined ||
      session.state === 'closed' ||
      this.heartbeats.isLost ||
      session.server !== this.place.server
    );
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
    this.negotiation.over(session);
    this.considerBetter(session);
    if (session.server !== this.redirection.current?.server) this.redirection.stop();
    session.onDidChange(() => this.changed(session));
    session.onDidAnswer((answer) => this.heard(session, answer));
    this.emit({ type: 'opened', session });
    this.changed(session);
    await this.retired.add(before);
    return session;
  }

  /** The parameters for the time of a mitigation, or for the other: RFC 9132 section 4.5. */
  private get parameters(): ConfigurationSet {
    return this.configuration[this.activity.isActive ? 'mitigating' : 'idle'];
  }

  private configure(): void {
    const { parameters } = this;
    this.heartbeats.configure(timingOf(parameters));
    this.session?.configure(transmissionOf(parameters));
    this.negotiation.proceed();
    this.redirection.proceed();
  }

  /** An answer or a notification has arrived: it may end a mitigation, or redirect. */
  private heard(session: SignalSession, answer: Answer): void {
    this.activity.heard(answer);
    this.redirection.contact(session.server);
    const alternate = session === this.session ? alternateIn(answer, session.server) : undefined;
    if (alternate !== undefined && alternate.ttlMs > 0) void this.redirect(alternate, this.activity.isActive);
  }

  private changed(session: SignalSession): void {
    if (this.session !== session || this.ending.signal.aborted) return;
    if (session.state === 'closed') this.attempts.schedule();
    this.update();
  }

  private considerBetter(session: SignalSession): void {
    const { clock } = this;
    clock.clearTimeout(this.improvement);
    if (this.ending.signal.aborted || this.session !== session) return;
    const isFirst = session.server === this.place.server;
    if (isFirst && (this.options.overDtls === undefined || !isOverTls(session))) return;
    this.improvement = clock.setTimeout(() => {
      this.considerBetter(session);
      if (session.state === 'open' && !this.activity.isActive) void this.improve(session, isFirst);
    }, improveMs);
  }

  /** Opens a session at the first address, or over DTLS, beside the one in use. */
  private async improve(session: SignalSession, isFirst: boolean): Promise<void> {
    const opening = { ...this.place, underAttack: false, signal: this.ending.signal };
    try {
      const better = await (isFirst ? this.options.overDtls?.(opening) : this.options.open(opening));
      if (better !== undefined) await (this.session === session ? this.adopt(better) : better.close());
    } catch (error) {
      // That the first address cannot be reached yet is no news.
      if (isFirst) this.emit({ type: 'over-tls', error });
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

const placeOf = ({ server, addresses }: Place): Place => ({
  server,
  ...(addresses !== undefined && { addresses }),
  serverName: undefined,
});
