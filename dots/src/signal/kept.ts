import { systemClock, type Clock, type TimerHandle } from '#dots/coap/clock';
import { defaultParameters } from '#dots/coap/parameters';
import { DotsError } from '#dots/model/errors';
import { askOver, type Answered, type Asking } from './asking';
import type { SignalSession } from './session';

export interface KeptOptions {
  /** Opens the session, the first time and whenever it has to be opened again; `underAttack`: to ask for mitigation. */
  open(underAttack: boolean): Promise<SignalSession>;
  /** Looks for DTLS where the session stands over TLS; how often that is tried is its own affair (RFC 9132 section 4.3). */
  overDtls?(): Promise<SignalSession | undefined>;
  /** Hears of each session that was opened. */
  opened?(session: SignalSession): void;
  /** Hears when the state of the session changes: it is lost, answers again, or was closed by its server. */
  changed?(session: SignalSession): void;
  /** Hears why a session that was lost could not be opened again; that is tried again later. */
  failed?(error: unknown): void;
  clock?: Clock;
}

/** heartbeat-interval, milliseconds, and missing-hb-allowed: RFC 9132 section 4.5.2. */
const heartbeatMs = 30_000;
const missingAllowed = 15;
/** How soon after a failure a session is tried again that nobody asks for: RFC 9132 section 4.7, milliseconds. */
const retryMs = 300_000;
/** A heartbeat is sent once and not repeated while it waits, which the probing-rate would not allow (RFC 9132 section 4.5.2). */
const heartbeatPatienceMs = defaultParameters.nonInterval - 1;

/** A signal channel session that its owner wants to have whenever there is something to ask: heartbeats keep it, and it is opened again when it is lost. */
export class KeptSession {
  private readonly clock: Clock;
  private session: SignalSession | undefined;
  private opening: Promise<SignalSession> | undefined;
  private timer: TimerHandle;
  private closed = false;
  /** Heartbeats in a row after which nothing was heard, and how much had been heard before the last one. */
  private missing = 0;
  private heardBefore = -1;
  private notBefore = -Infinity;

  constructor(private readonly options: KeptOptions) {
    this.clock = options.clock ?? systemClock;
    this.wait();
  }

  /** Opens the session now. Throws the DotsError of a session that cannot be opened. */
  async open(): Promise<SignalSession> {
    return this.session ?? this.renew(false);
  }

  /** Asks over the session, which is opened first where it is not; see `askOver`. */
  async ask(asking: Asking, { signal, underAttack = false }: { signal?: AbortSignal; underAttack?: boolean } = {}): Promise<Answered> {
    return askOver({ known: this.session, renew: () => this.renew(underAttack), signal, clock: this.clock }, asking);
  }

  /** Ends the session; it is not opened again. */
  async close(): Promise<void> {
    this.closed = true;
    this.clock.clearTimeout(this.timer);
    await this.session?.close();
  }

  /** One attempt at a time, whoever waits for it. */
  private renew(underAttack: boolean): Promise<SignalSession> {
    this.opening ??= this.replace(underAttack).finally(() => { this.opening = undefined; });
    return this.opening;
  }

  private async replace(underAttack: boolean): Promise<SignalSession> {
    return this.adopt(await this.options.open(underAttack));
  }

  /** Takes a new session in the place of the one before, which is ended only now that the new one stands. */
  private async adopt(session: SignalSession): Promise<SignalSession> {
    if (this.closed) {
      await session.close();
      throw new DotsError('unreachable', 'signal/closed', `The session with ${session.server} was ended while it was opened.`);
    }
    const before = this.session;
    this.session = session;
    this.missing = 0;
    this.heardBefore = -1;
    this.options.opened?.(session);
    session.onDidChange(() => {
      if (this.session === session && !this.closed) this.options.changed?.(session);
    });
    await before?.close();
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
    if (!isLost && isOverTls(session)) this.improve().catch((error: unknown) => this.options.failed?.(error));
    if (!isLost || this.clock.monotonic() < this.notBefore) return;
    this.renew(false).catch((error: unknown) => {
      this.notBefore = this.clock.monotonic() + retryMs;
      this.options.failed?.(error);
    });
  }

  private async improve(): Promise<void> {
    const better = await this.options.overDtls?.();
    if (better !== undefined) await this.adopt(better);
  }

  /** Goes on over a session that seems lost: on a link that drowns the server may still hear it. */
  private beat(session: SignalSession): void {
    this.missing = session.heard === this.heardBefore ? this.missing + 1 : 0;
    this.heardBefore = session.heard;
    const timeoutMs = isOverTls(session) ? heartbeatMs : heartbeatPatienceMs;
    session.heartbeat(heartbeatMs, { timeoutMs }).catch(() => undefined);
  }
}

function isOverTls({ security }: SignalSession): boolean {
  return security?.protocol.startsWith('TLS') === true;
}
