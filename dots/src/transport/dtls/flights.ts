import type { Clock, TimerHandle } from '#dots/runtime/clock';

/** The longest time between two copies of the first flight, milliseconds. */
const repetitionMs = 5000;

/** The flights of a client's handshake, as the network sees them. */
export class Flights {
  /**
   * The round-trip time, milliseconds: the shortest time from the first copy of a flight to the datagram after it.
   * Longer ones contain the computation of the server, or the wait for a repetition.
   */
  roundTripMs: number | undefined;
  private since: number | undefined;
  private isFirst = true;
  private repetition: TimerHandle;

  /** `repeat` sends a datagram again. */
  constructor(
    private readonly clock: Clock,
    private readonly repeat: (bytes: Buffer) => void,
  ) {}

  /** The library waits twice as long after each copy; for a first answer that soon becomes too long. */
  sent(bytes: Buffer): void {
    this.since ??= this.clock.monotonic();
    this.clock.clearTimeout(this.repetition);
    if (this.isFirst) this.repetition = this.clock.setTimeout(() => this.repeat(bytes), repetitionMs);
  }

  answered(): void {
    this.end();
    if (this.since === undefined) return;
    this.roundTripMs = Math.min(this.roundTripMs ?? Infinity, this.clock.monotonic() - this.since);
    this.since = undefined;
  }

  /** Repeats nothing any more. */
  end(): void {
    this.isFirst = false;
    this.clock.clearTimeout(this.repetition);
  }
}
