import type { Clock, TimerHandle } from '#dots/runtime/clock';
import type { Transmission } from './layer';

/** A non-confirmable request and how to send one copy of it. */
export interface Repeatable {
  token: string;
  /** It changes something, rather than reads. */
  changes: boolean;
  send: () => void;
}

interface Repeated extends Repeatable {
  copies: number;
  sentAt: number;
  timer?: TimerHandle;
}

/** How much a new round trip moves the estimate: RFC 6298 section 2. */
const weight = 1 / 8;

/**
 * When the copies of the non-confirmable requests to one peer go out: RFC 9132 section 4.4 with RFC 8085 section 3.1.3.
 * Each is repeated at its interval until it is stopped, and together they are limited to one per round trip: the next
 * one is sent when the last one is answered, or its time is over. While no round trip is known, or if the peer has
 * answered nothing for an interval, one is sent per interval. By then its answer is no longer expected, which RFC 7252
 * section 4.7 leaves to the sender. Confirmable messages wait for each other by themselves (NSTART).
 */
export class Repeats {
  private readonly open = new Map<string, Repeated>();
  /** The requests whose copies are due, in order. */
  private readonly due: Repeated[] = [];
  /** The request that was sent last. */
  private last: Repeated | undefined;
  private lastAnswered = true;
  /** Smoothed, milliseconds. */
  private roundTrip: number | undefined;
  /** When the first copy was sent after which nothing was received. */
  private silentSince: number | undefined;
  private timer: TimerHandle;

  /** @param interval least time between two copies of one request, milliseconds */
  constructor(
    private readonly clock: Clock,
    private readonly interval: number,
  ) {}

  /** Sends a request, now or when it is due, and again until it is stopped. */
  add(request: Repeatable): Transmission {
    const repeated: Repeated = { ...request, copies: 0, sentAt: 0 };
    this.open.set(request.token, repeated);
    this.due.push(repeated);
    this.sendDue();
    return { stop: () => this.stop(repeated) };
  }

  /** The peer has reacted to the request with this token; its caller may stop it, or continue to wait. */
  answered(token: string): void {
    const repeated = this.open.get(token);
    if (repeated === undefined || repeated.copies === 0) return;
    this.silentSince = undefined;
    if (repeated === this.last) this.lastAnswered = true;
    // Which of several copies was answered is unknown: Karn's algorithm.
    if (repeated.copies === 1) this.learn(this.clock.monotonic() - repeated.sentAt);
  }

  /** Stops everything. */
  close(): void {
    for (const { timer } of this.open.values()) this.clock.clearTimeout(timer);
    this.clock.clearTimeout(this.timer);
    this.open.clear();
    this.due.length = 0;
  }

  private stop(repeated: Repeated): void {
    this.clock.clearTimeout(repeated.timer);
    if (this.open.get(repeated.token) === repeated) this.open.delete(repeated.token);
    const place = this.due.indexOf(repeated);
    if (place >= 0) this.due.splice(place, 1);
    this.sendDue();
  }

  private learn(sample: number): void {
    this.roundTrip = this.roundTrip === undefined ? sample : this.roundTrip + weight * (sample - this.roundTrip);
  }

  private sendDue(): void {
    while (this.due.length > 0 && this.wait() <= 0) this.send(this.takeNext());
    this.clock.clearTimeout(this.timer);
    if (this.due.length > 0) this.timer = this.clock.setTimeout(() => this.sendDue(), this.wait());
  }

  /** Milliseconds until the next copy may be sent. */
  private wait(): number {
    if (this.last === undefined || this.lastAnswered) return 0;
    const now = this.clock.monotonic();
    const silent = this.silentSince !== undefined && now >= this.silentSince + this.interval;
    const distance = silent ? this.interval : (this.roundTrip ?? this.interval);
    return this.last.sentAt + distance - now;
  }

  /**
   * Requests that change something and requests that read alternate: a series of unanswered reads must not delay a
   * mitigation request.
   */
  private takeNext(): Repeated {
    const other = this.due.findIndex(({ changes }) => changes !== (this.last?.changes ?? false));
    return this.due.splice(Math.max(0, other), 1)[0] as Repeated;
  }

  private send(repeated: Repeated): void {
    const now = this.clock.monotonic();
    repeated.copies += 1;
    repeated.sentAt = now;
    this.last = repeated;
    this.lastAnswered = false;
    this.silentSince ??= now;
    repeated.timer = this.clock.setTimeout(() => {
      this.due.push(repeated);
      this.sendDue();
    }, this.interval);
    repeated.send();
  }
}
