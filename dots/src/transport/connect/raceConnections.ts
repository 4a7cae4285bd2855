import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { isTransient, nextTry } from './repetition';

/**
 * From the start of one attempt to the start of the next: RFC 8305 section 5, and in an attack RFC 9132 section 4.3,
 * milliseconds.
 */
export const attemptDelay = { idle: 250, attack: 100 } as const;

/** The minimum time between two attempts, even if the first has failed: RFC 8305 section 5, milliseconds. */
const leastDelay = 10;

/** A race of attempts; the first that succeeds wins. */
export interface Race<Candidate, Winner> {
  /** The most preferred first; at least one. */
  candidates: readonly Candidate[];
  /** Milliseconds. */
  delayMs: number;
  clock: Clock;
  /** By the monotonic time: until then candidates that the network failed are tried again (see ./repetition). */
  deadline: number;
  signal?: AbortSignal;
  /** Fails if its signal is aborted. */
  attempt(candidate: Candidate, signal: AbortSignal): Promise<Winner>;
  /** Whether a failure is final, so that nothing else may be tried. */
  isFinal(error: unknown): boolean;
  /** Called with each failure that the race itself did not cause. */
  failed?(candidate: Candidate, error: unknown): void;
  /** Receives connections that were established too late. */
  discard(late: Winner): void;
}

/** The result of a race, and the winning candidate. */
export interface Outcome<Candidate, Winner> {
  candidate: Candidate;
  winner: Winner;
}

/**
 * Runs a race; rejects with a final failure, with the last failures of all (an array in the order of the candidates)
 * once none is tried again, or with the reason of the signal.
 */
export function raceConnections<Candidate, Winner>(race: Race<Candidate, Winner>): Promise<Outcome<Candidate, Winner>> {
  return new Promise((resolve, reject) => new Runner(race, resolve, reject).start());
}

class Runner<Candidate, Winner> {
  private readonly underway = new Map<number, AbortController>();
  /** The candidates that are tried again later. */
  private readonly waiting = new Map<number, TimerHandle>();
  /** When each candidate was started first and last. */
  private readonly starts: { first: number; last: number }[] = [];
  private readonly failures: unknown[] = [];
  private timer: TimerHandle;
  private next = 0;
  private startedAt = -Infinity;
  private over = false;

  constructor(
    private readonly race: Race<Candidate, Winner>,
    private readonly resolve: (outcome: Outcome<Candidate, Winner>) => void,
    private readonly reject: (reason: unknown) => void,
  ) {}

  start(): void {
    const { signal } = this.race;
    if (signal?.aborted === true) return this.abort();
    signal?.addEventListener('abort', this.abort, { once: true });
    this.startNext();
  }

  private startNext(): void {
    const index = this.next;
    const { candidates, clock, delayMs } = this.race;
    if (this.over || index >= candidates.length) return;
    this.next += 1;
    this.startedAt = clock.monotonic();
    if (this.next < candidates.length) this.startNextIn(delayMs);
    this.attempt(index, candidates[index] as Candidate);
  }

  private attempt(index: number, candidate: Candidate): void {
    const now = this.race.clock.monotonic();
    this.starts[index] = { first: this.starts[index]?.first ?? now, last: now };
    const controller = new AbortController();
    this.underway.set(index, controller);
    this.race.attempt(candidate, controller.signal).then(
      (winner) => this.won(index, candidate, winner),
      (error: unknown) => this.lost(index, candidate, error),
    );
  }

  private startNextIn(milliseconds: number): void {
    const { clock } = this.race;
    clock.clearTimeout(this.timer);
    this.timer = clock.setTimeout(() => this.startNext(), milliseconds);
  }

  private won(index: number, candidate: Candidate, winner: Winner): void {
    if (this.over) return this.race.discard(winner);
    this.underway.delete(index);
    this.finish();
    this.resolve({ candidate, winner });
  }

  private lost(index: number, candidate: Candidate, error: unknown): void {
    if (this.over) return;
    const { candidates, clock, isFinal, failed } = this.race;
    failed?.(candidate, error);
    this.underway.delete(index);
    this.failures[index] = error;
    if (isFinal(error)) return this.fail(error);
    if (isTransient(error)) this.tryAgain(index, candidate);
    if (this.underway.size > 0) return;
    if (this.next < candidates.length) this.startNextIn(Math.max(0, this.startedAt + leastDelay - clock.monotonic()));
    else if (this.waiting.size === 0 || !this.failures.every(isTransient)) this.fail(this.failures);
  }

  /** What a server has refused does not change by waiting; what the network did may. */
  private tryAgain(index: number, candidate: Candidate): void {
    const { clock, deadline } = this.race;
    const { first, last } = this.starts[index] as { first: number; last: number };
    const now = clock.monotonic();
    const at = nextTry(first, last, now);
    if (at >= deadline) return;
    const start = (): void => {
      this.waiting.delete(index);
      this.attempt(index, candidate);
    };
    this.waiting.set(index, clock.setTimeout(start, at - now));
  }

  private readonly abort = (): void => this.fail(this.race.signal?.reason);

  private fail(reason: unknown): void {
    this.finish();
    this.reject(reason);
  }

  /** Pending attempts are cancelled, and no further one starts. */
  private finish(): void {
    this.over = true;
    this.race.clock.clearTimeout(this.timer);
    this.race.signal?.removeEventListener('abort', this.abort);
    for (const timer of this.waiting.values()) this.race.clock.clearTimeout(timer);
    for (const controller of this.underway.values()) controller.abort();
  }
}
