import type { Clock, TimerHandle } from '#dots/runtime/clock';
import type { Answer } from './answer';
import type { Question } from './questions';
import type { Ask } from './recordedRequest';
import type { SignalSession } from './session';

/** Receives what is observed. */
export interface Observer {
  /** Each state, the first one included. One that is not ok ends the observation. */
  state(answer: Answer): void;
  /** The server does not answer, or has ended the session: states may be missed from now on. */
  lost(): void;
  /** The resource is observed again; its state follows. */
  returned(): void;
}

export interface LastingObservationOptions {
  question: Question;
  observer: Observer;
  /** Asks over the session that is kept, and opens another one where that does not answer. */
  ask: Ask;
  clock: Clock;
}

/** The time between two attempts to reach a server that is lost, milliseconds. */
const attemptMs = 30_000;

/**
 * An observation that outlasts the sessions it uses: it is registered again over each new session, and over one that
 * was lost and answers again, because the server may have removed it meanwhile (RFC 7641 section 4.5).
 */
export class LastingObservation {
  private session: SignalSession | undefined;
  private stop: (() => void) | undefined;
  private unlisten: (() => void) | undefined;
  private timer: TimerHandle;
  /** There was a state: before, a failure is that of the first registration, which `over` reports. */
  private isEstablished = false;
  private isLost = false;
  private isOver = false;

  constructor(private readonly options: LastingObservationOptions) {}

  /**
   * Observes over a session from now on, and no longer over the one before. Resolves with the first state. Throws the
   * DotsError of a registration without an answer; the next session is used all the same.
   */
  async over(session: SignalSession): Promise<void> {
    this.release();
    this.session = session;
    this.unlisten = session.onDidChange(() => this.changed(session));
    const stop = await session.watch(this.options.question, (answer) => this.take(session, answer));
    if (this.session === session && !this.isOver) this.stop = stop;
    else stop();
  }

  /** Ends the observation, and says so to the server where there is a session. */
  close(): void {
    this.isOver = true;
    this.options.clock.clearTimeout(this.timer);
    this.release();
  }

  /** Lets go of the session. */
  private release(): void {
    this.stop?.();
    this.unlisten?.();
    [this.stop, this.unlisten] = [undefined, undefined];
  }

  private changed(session: SignalSession): void {
    if (session !== this.session || this.isOver) return;
    if (session.state !== 'open') this.lose();
    else if (this.isLost) this.again(session);
  }

  private take(session: SignalSession, answer: Answer): void {
    if (session !== this.session || this.isOver) return;
    if (this.isLost) this.options.observer.returned();
    this.isLost = false;
    this.isEstablished = true;
    if (!answer.ok) this.close();
    this.options.observer.state(answer);
  }

  private lose(): void {
    if (this.isLost || !this.isEstablished) return;
    this.isLost = true;
    this.options.observer.lost();
    this.attempt();
  }

  /** A failure leaves the session lost, and the next attempt follows. */
  private again(session: SignalSession): void {
    this.over(session).catch(() => undefined);
  }

  /** Asks until the server answers: over a new session, which is then reported, or over the one that was lost. */
  private attempt(): void {
    const { ask, question, clock } = this.options;
    void ask((session, left) => session.get(question, left))
      .catch(() => undefined)
      .finally(() => {
        if (!this.isLost || this.isOver) return;
        this.timer = clock.setTimeout(() => {
          if (this.isLost) this.attempt();
        }, attemptMs);
      });
  }
}
