import type { Clock, TimerHandle } from '#dots/runtime/clock';

interface Timer {
  at: number;
  callback: () => void;
}

/**
 * Time that does not pass: no wait ends, so that nothing depends on how fast the machine is. The date is that of the
 * machine, which certificates are judged by.
 */
export const stillClock: Clock = {
  now: () => Date.now(),
  monotonic: () => 0,
  setTimeout: () => undefined,
  clearTimeout: () => undefined,
};

/** Time that passes when a test says so. */
export class FakeClock implements Clock {
  private readonly timers = new Set<Timer>();
  /** The monotonic time: what has passed, milliseconds. */
  private current = 0;
  /** From it to the time on the wall, milliseconds. */
  private offset: number;

  constructor(start = Date.UTC(2030, 0, 1)) {
    this.offset = start;
  }

  now(): number {
    return this.current + this.offset;
  }

  monotonic(): number {
    return this.current;
  }

  /** Sets the time on the wall, as a person or NTP may; nothing has passed. */
  set(wall: number): void {
    this.offset = wall - this.current;
  }

  setTimeout(callback: () => void, milliseconds: number): TimerHandle {
    const timer = { at: this.current + milliseconds, callback };
    this.timers.add(timer);
    return timer;
  }

  clearTimeout(handle: TimerHandle): void {
    this.timers.delete(handle as Timer);
  }

  /** How many timers are set. */
  get pending(): number {
    return this.timers.size;
  }

  /** Lets time pass, each timer in its turn, and lets promises settle in between. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.current + milliseconds;
    await settle();
    for (let next = this.nextBefore(end); next !== undefined; next = this.nextBefore(end)) {
      this.current = Math.max(this.current, next.at);
      this.timers.delete(next);
      next.callback();
      await settle();
    }
    this.current = end;
    await settle();
  }

  /** Lets time pass for many at once: promises settle after all timers of one moment, not after each. */
  async leap(milliseconds: number): Promise<void> {
    const end = this.current + milliseconds;
    for (let next = this.nextBefore(end); next !== undefined; next = this.nextBefore(end)) {
      this.current = next.at;
      for (const timer of [...this.timers].filter(({ at }) => at === this.current)) {
        if (this.timers.delete(timer)) timer.callback();
      }
      await settle();
    }
    this.current = end;
  }

  private nextBefore(end: number): Timer | undefined {
    return [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** Lets everything that is ready happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
}
