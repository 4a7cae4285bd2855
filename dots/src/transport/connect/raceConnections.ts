import type { Clock, TimerHandle } from '#dots/runtime/clock';

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
 * Runs a race; rejects with a final failure, with the failures of all (an array in the order of the candidates), or
 * with the reason of the signal.
 */
export function raceConnections<Candidate, Winner>(race: Race<Candidate, Winner>): Promise<Outcome<Candidate, Winner>> {
  return new Promise((resolve, reject) => new Runner(race, resolve, reject).start());
}

class Runner<Candidate, Winner> {
  private readonly underway = new Map<number, AbortController>();
  private readonly failures: unknown[] = [];
  private timer: TimerHandle;
  private next = 0;
  private failed = 0;
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
    const candidate = candidates[index] as Candidate;
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
    this.failed += 1;
    if (isFinal(error)) this.fail(error);
    else if (this.failed === candidates.length) this.fail(this.failures);
    else if (this.failed === this.next) this.startNextIn(Math.max(0, this.startedAt + leastDelay - clock.monotonic()));
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
    for (const controller of this.underway.values()) controller.abort();
  }
}
