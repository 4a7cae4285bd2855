import type { Clock, TimerHandle } from '#dots/runtime/clock';

/** How many mitigations are carried out again in one turn of the event loop. */
const mostInTurn = 500;

/** How long requests alone are served between two such turns, milliseconds. */
const pauseMs = 50;

export interface ResumptionOptions<T> {
  clock: Clock;
  resume: (running: T) => void;
  /** All are carried out again. */
  done: () => void;
}

/**
 * The mitigations of an earlier run: they are carried out again in turns, so that a start with thousands of them does
 * not wait, and before whatever depends on them.
 */
export class Resumption<T> {
  private readonly waiting = new Set<T>();
  private timer: TimerHandle;

  constructor(private readonly options: ResumptionOptions<T>) {}

  add(running: T): void {
    this.waiting.add(running);
  }

  /** It has ended. */
  delete(running: T): void {
    this.waiting.delete(running);
  }

  /** The server knows its clients: one turn now, the others later. */
  begin(): void {
    for (const running of [...this.waiting].slice(0, mostInTurn)) this.one(running);
    const { clock, done } = this.options;
    if (this.waiting.size > 0) this.timer = clock.setTimeout(() => this.begin(), pauseMs);
    else done();
  }

  /** Carries out at once those that something depends on. */
  ahead(isNeeded: (running: T) => boolean): void {
    for (const running of this.waiting) if (isNeeded(running)) this.one(running);
  }

  close(): void {
    this.options.clock.clearTimeout(this.timer);
  }

  private one(running: T): void {
    this.waiting.delete(running);
    this.options.resume(running);
  }
}
