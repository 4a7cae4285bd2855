import type { Clock, TimerHandle } from '#dots/runtime/clock';
import type { Transmission } from './layer';

/** One session's part in a non-confirmable request, and how to send a copy there. */
export interface Paced {
  /** Its content: what several sessions ask the same peer at the same time is one request. */
  content: string;
  /** It changes something, rather than reads. */
  changes: boolean;
  /** It is sent once, however long its answer takes. */
  once: boolean;
  send: () => void;
}

/** A request that is under way. */
export interface PacedTransmission extends Transmission {
  /** The peer has reacted to it; its caller then stops it, or continues to wait. */
  answered(): void;
}

/** A request, and the sessions that take turns in sending it. */
interface Series {
  content: string;
  changes: boolean;
  once: boolean;
  senders: Paced[];
  copies: number;
  /** When it was asked, and when its first and its last copy were sent, milliseconds. */
  since: number;
  firstAt: number;
  sentAt: number;
}

/** How much a new round trip moves the estimate: RFC 6298 section 2. */
const weight = 1 / 8;
/** How long a request is repeated by the round trip, and the least time between two copies of it then, milliseconds. */
const eagerMs = 5000;
const leastIntervalMs = 250;

/**
 * When the copies of the non-confirmable requests to one peer are sent: RFC 9132 section 4.4 with RFC 8085 section
 * 3.1.3. A request is repeated until it is stopped: with a known round-trip time once in `leastIntervalMs` or a round
 * trip, whichever is longer, for its first `eagerMs`; otherwise once in `interval`.
 * The requests of all sessions with the peer together are limited to one per round trip: the next one is sent when the
 * last one is answered, or its time is over. While no round trip is known, or if the peer has answered nothing for an
 * interval and no request is new, one is sent per interval. By then its answer is no longer expected, which RFC 7252
 * section 4.7 leaves to the sender. Confirmable messages wait for each other by themselves (NSTART).
 */
export class Pace {
  private readonly open = new Map<string, Series>();
  /** The request that was sent last. */
  private last: Series | undefined;
  private lastAnswered = true;
  /** Smoothed, milliseconds. */
  private roundTrip: number | undefined;
  /** When the first copy was sent after which nothing was received. */
  private silentSince: number | undefined;
  private timer: TimerHandle;

  /** @param interval least time between two requests while no round trip is known, milliseconds */
  constructor(
    private readonly clock: Clock,
    private readonly interval: number,
  ) {}

  /** Sends a request, now or when it is due, and again until it is stopped. */
  add(request: Paced): PacedTransmission {
    const series = this.open.get(request.content) ?? this.begin(request);
    // A new session has the next turn: the others have not been answered.
    series.senders.unshift(request);
    this.sendDue();
    return { stop: () => this.stop(series, request), answered: () => this.answered(series) };
  }

  /** A round trip was measured otherwise, such as in a handshake; milliseconds. It counts if none is known yet. */
  suggest(roundTripMs: number): void {
    this.roundTrip ??= roundTripMs;
  }

  private begin({ content, changes, once }: Paced): Series {
    const since = this.clock.monotonic();
    const series = { content, changes, once, senders: [], copies: 0, since, firstAt: since, sentAt: since };
    this.open.set(content, series);
    return series;
  }

  private stop(series: Series, sender: Paced): void {
    const place = series.senders.indexOf(sender);
    if (place < 0) return;
    series.senders.splice(place, 1);
    if (series.senders.length === 0) this.open.delete(series.content);
    this.sendDue();
  }

  private answered(series: Series): void {
    if (series.copies === 0) return;
    this.silentSince = undefined;
    if (series === this.last) this.lastAnswered = true;
    // Which of several copies was answered is unknown (Karn's algorithm), but for those that are an interval apart.
    if (series.copies === 1 || this.roundTrip === undefined) this.learn(this.clock.monotonic() - series.sentAt);
  }

  private learn(sample: number): void {
    this.roundTrip = this.roundTrip === undefined ? sample : this.roundTrip + weight * (sample - this.roundTrip);
  }

  private sendDue(): void {
    for (let next = this.takeNext(); next !== undefined; next = this.takeNext()) this.send(next);
    this.clock.clearTimeout(this.timer);
    const at = Math.min(...[...this.open.values()].map((series) => this.nextAt(series)));
    if (at < Infinity) this.timer = this.clock.setTimeout(() => this.sendDue(), at - this.clock.monotonic());
  }

  /**
   * The next request whose copy may be sent now. Requests that change something alternate with those that read and with
   * heartbeats: a series of these must not delay a mitigation request.
   */
  private takeNext(): Series | undefined {
    const now = this.clock.monotonic();
    const due = [...this.open.values()]
      .filter((series) => this.nextAt(series) <= now)
      .sort((one, other) => this.dueAt(one) - this.dueAt(other));
    return due.find(({ changes }) => changes !== (this.last?.changes ?? false)) ?? due[0];
  }

  /** When the next copy of a request may be sent. */
  private nextAt(series: Series): number {
    return Math.max(this.dueAt(series), this.freeAt(series));
  }

  /** When its own pace allows the next copy. */
  private dueAt(series: Series): number {
    const { copies, once, since, sentAt } = series;
    if (copies === 0) return since;
    if (once) return Infinity;
    const soon = sentAt + Math.max(this.roundTrip ?? Infinity, leastIntervalMs);
    return this.isNew(series, soon) ? soon : sentAt + Math.max(this.roundTrip ?? 0, this.interval);
  }

  /** When the pace of the peer allows it. */
  private freeAt(series: Series): number {
    if (this.last === undefined || this.lastAnswered) return 0;
    const { sentAt } = this.last;
    const soon = sentAt + (this.roundTrip ?? this.interval);
    const isSilent = this.silentSince !== undefined && this.clock.monotonic() >= this.silentSince + this.interval;
    return isSilent && !this.isNew(series, soon) ? sentAt + this.interval : soon;
  }

  private isNew({ copies, firstAt }: Series, at: number): boolean {
    return copies === 0 || at < firstAt + eagerMs;
  }

  private send(series: Series): void {
    const now = this.clock.monotonic();
    if (series.copies === 0) series.firstAt = now;
    series.copies += 1;
    series.sentAt = now;
    this.last = series;
    this.lastAnswered = false;
    this.silentSince ??= now;
    const sender = series.senders.shift() as Paced;
    series.senders.push(sender);
    sender.send();
  }
}

/** The paces of the peers that were asked last, by their addresses; more are not kept. */
const peersAtMost = 256;
/** A clock is a world of its own in tests. */
const paces = new WeakMap<Clock, Map<string, Pace>>();

/** The pace of a peer, which all sessions of this process with it share; `interval` as in its constructor. */
export function paceOf(peer: string, clock: Clock, interval: number): Pace {
  const known = paces.get(clock) ?? new Map<string, Pace>();
  paces.set(clock, known);
  const pace = known.get(peer) ?? new Pace(clock, interval);
  known.delete(peer);
  known.set(peer, pace);
  const [oldest = peer] = known.keys();
  if (known.size > peersAtMost) known.delete(oldest);
  return pace;
}
