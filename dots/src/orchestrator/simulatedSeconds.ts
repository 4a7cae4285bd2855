import type { Clock, TimerHandle } from '#dots/runtime/clock';
import type { World } from '#dots/world/world';
import type { SimulatedNetwork } from './dms/network';

/** How many seconds are simulated at most at once, after a pause of the process: the rest is left out. */
const mostAtOnce = 10;

/** Lets a simulated second pass with each second of a clock, as long as something needs it. */
export class SimulatedSeconds implements SimulatedNetwork {
  private readonly listeners = new Set<() => void>();
  private readonly pauses = new Set<() => void>();
  private timer: TimerHandle;
  /** When the last second began, by the monotonic time; undefined: time does not pass. */
  private last: number | undefined;

  /** @param before what is done before each second; whether another one is needed */
  constructor(
    readonly world: World,
    private readonly clock: Clock,
    private readonly before: () => boolean,
  ) {}

  get isPassing(): boolean {
    return this.last !== undefined;
  }

  /** Lets time pass until `before` says that nothing needs it. */
  begin(): void {
    if (this.last !== undefined) return;
    this.last = this.clock.monotonic();
    this.wait();
  }

  /** Calls back after each second; the returned function ends that. */
  onSecond(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Calls back when time stops passing; the returned function ends that. */
  onPause(listener: () => void): () => void {
    this.pauses.add(listener);
    return () => this.pauses.delete(listener);
  }

  close(): void {
    this.clock.clearTimeout(this.timer);
    this.listeners.clear();
    this.pauses.clear();
    this.last = undefined;
  }

  private wait(): void {
    const left = (this.last ?? 0) + 1000 - this.clock.monotonic();
    this.timer = this.clock.setTimeout(() => this.wake(), Math.max(1, left));
  }

  private wake(): void {
    if (this.last === undefined) return;
    const due = Math.floor((this.clock.monotonic() - this.last) / 1000);
    this.last += 1000 * due;
    for (let second = 0; second < Math.min(due, mostAtOnce); second++)
      if (!this.pass()) {
        this.last = undefined;
        notify(this.pauses);
        return;
      }
    this.wait();
  }

  private pass(): boolean {
    if (!this.before()) return false;
    this.world.step();
    notify(this.listeners);
    return this.last !== undefined;
  }
}

function notify(listeners: ReadonlySet<() => void>): void {
  for (const listener of [...listeners]) listener();
}
