import type { Clock } from '#dots/runtime/clock';
import { nextTurn } from '#dots/runtime/nextTurn';
import type { Client, Clients } from './clients';
import type { Limits } from './policy';

/** How long requests are worked on before input and timers are looked at again, milliseconds. */
const sliceMs = 10;

/** How many requests of one client may wait for their turn. */
const waitingPerClient = 256;

/** A client that sends more than it may. */
export class TooManyRequests extends Error {
  constructor(readonly sentence: string) {
    super(sentence);
    this.name = 'TooManyRequests';
  }
}

/** A client's requests that wait, and its part of the requests per second. */
interface Share {
  readonly waiting: (() => Promise<void>)[];
  /** Requests that it may send at once now. */
  credit: number;
  /** When the credit was computed, by the monotonic clock, milliseconds. */
  at: number;
}

/**
 * The order in which requests are worked on: clients take turns, one request each, so that a flood of one delays the
 * others by one of its requests and not by all. A client alone is served at once.
 */
export class RequestTurns {
  private readonly shares = new Map<Client | undefined, Share>();
  /** Those that have requests waiting, the next one first. */
  private readonly order = new Set<Share>();
  private isWorking = false;

  constructor(
    private readonly clients: Clients,
    private readonly limits: Pick<Limits, 'requestsPerSecond'>,
    private readonly clock: Clock,
  ) {}

  /**
   * Does the work of a request when it is its client's turn. Throws TooManyRequests.
   * @param owner `Security.identity`; undefined: a plain path
   */
  async run<T>(owner: string | undefined, work: () => Promise<T>): Promise<T> {
    const client = this.clients.of(owner);
    const share = this.shareOf(client);
    const rate = client?.limits.requests ?? this.limits.requestsPerSecond;
    this.spend(share, rate);
    if (share.waiting.length >= waitingPerClient)
      throw new TooManyRequests('Too many requests of this client are waiting for an answer.');
    return new Promise<T>((resolve, reject) => {
      share.waiting.push(() => settled(work).then(resolve, reject));
      this.order.add(share);
      if (!this.isWorking) void this.work();
    });
  }

  private shareOf(client: Client | undefined): Share {
    const known = this.shares.get(client);
    if (known !== undefined) return known;
    const share = { waiting: [], credit: Infinity, at: this.clock.monotonic() };
    this.shares.set(client, share);
    return share;
  }

  /** One request of what the client may send: as many at once as in one second. */
  private spend(share: Share, rate: number): void {
    const now = this.clock.monotonic();
    share.credit = Math.min(rate, share.credit + ((now - share.at) * rate) / 1000);
    share.at = now;
    if (share.credit < 1) throw new TooManyRequests(`This client may send ${rate} requests per second.`);
    share.credit -= 1;
  }

  private async work(): Promise<void> {
    this.isWorking = true;
    let begun = this.clock.monotonic();
    for (let next = this.take(); next !== undefined; next = this.take()) {
      // What waits for storage or the network does not keep the next one waiting.
      await Promise.race([next(), nextTurn()]);
      if (this.clock.monotonic() - begun < sliceMs) continue;
      await nextTurn();
      begun = this.clock.monotonic();
    }
    this.isWorking = false;
  }

  private take(): (() => Promise<void>) | undefined {
    const [share] = this.order;
    if (share === undefined) return undefined;
    const request = share.waiting.shift();
    this.order.delete(share);
    if (share.waiting.length > 0) this.order.add(share);
    return request;
  }
}

/** What work that throws before it waits would leave open is a rejection like any other. */
const settled = async <T>(work: () => Promise<T>): Promise<T> => work();
