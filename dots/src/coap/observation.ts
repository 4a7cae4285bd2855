import type { Clock, TimerHandle } from '#dots/runtime/clock';
import { isSuccessOf, type TokenMessage } from './messages/message';
import { uintOf } from './messages/options';

/** Half of the 24-bit space of sequence numbers: RFC 7641 section 3.4. */
const halfSpace = 2 ** 23;
/** After this long, any notification is newer, milliseconds. */
const freshAfter = 128_000;
/** A client registers again this long after Max-Age, milliseconds: RFC 7641 section 3.3.1. */
const renewalDelay = { least: 5_000, spread: 10_000 };
const defaultMaxAge = 60;

/** What an observation requires of its endpoint. */
export interface ObservationHost {
  clock: Clock;
  random: (bound: number) => number;
  /**
   * Messages arrive in order, and the connection ends with the server: sequence numbers are not compared and nothing is
   * renewed (RFC 8323 section 7).
   */
  ordered: boolean;
  /** Registers again, with the same token. */
  renew(): void;
  /** A fresh notification, or the error that ended the observation. */
  notify(message: TokenMessage): void;
  /** The server ended the observation. */
  ended(): void;
}

/**
 * The client's side of one observed resource: drops outdated notifications, and registers again when the server is
 * silent.
 */
export class Observation {
  private sequence: number | undefined;
  private receivedAt = 0;
  private renewal: TimerHandle;

  constructor(private readonly host: ObservationHost) {}

  /**
   * One response with the observation's token. Only 2.05 has a state (RFC 7641 section 3.2); 2.03 answers an ETag,
   * which no registration has.
   */
  receive(message: TokenMessage): void {
    // It asks for blocks, of which a GET has none: the answer is still to come.
    if (message.code === '2.31') return;
    if (!isSuccessOf('GET', message.code)) return this.end(message);
    if (!this.host.ordered) {
      if (!this.accept(uintOf(message.options, 'Observe'))) return;
      this.scheduleRenewal(uintOf(message.options, 'Max-Age') ?? defaultMaxAge);
    }
    this.host.notify(message);
  }

  stop(): void {
    this.host.clock.clearTimeout(this.renewal);
  }

  private end(message: TokenMessage): void {
    this.stop();
    this.host.ended();
    this.host.notify(message);
  }

  /** RFC 7641 section 3.4. A response without the option is accepted: some servers omit it from the first one. */
  private accept(sequence: number | undefined): boolean {
    const now = this.host.clock.monotonic();
    const last = this.sequence;
    if (sequence !== undefined && last !== undefined && now <= this.receivedAt + freshAfter) {
      const ahead = (sequence - last + 2 * halfSpace) % (2 * halfSpace);
      if (ahead === 0 || ahead >= halfSpace) return false;
    }
    this.sequence = sequence ?? last;
    this.receivedAt = now;
    return true;
  }

  private scheduleRenewal(maxAge: number): void {
    this.stop();
    const delay = Math.min(maxAge, 86_400) * 1000 + renewalDelay.least + this.host.random(renewalDelay.spread);
    this.renewal = this.host.clock.setTimeout(() => {
      this.scheduleRenewal(maxAge);
      this.host.renew();
    }, delay);
  }
}

/**
 * The sequence number of a notification sent at `now`: ahead of the previous one, and of those from before a restart.
 */
export function nextSequence(previous: number | undefined, now: number): number {
  const fromClock = Math.floor(now / 16) % (2 * halfSpace);
  if (previous === undefined) return fromClock;
  const ahead = (fromClock - previous + 2 * halfSpace) % (2 * halfSpace);
  return ahead > 0 && ahead < halfSpace ? fromClock : (previous + 1) % (2 * halfSpace);
}
