import { systemClock, type Clock } from '#dots/runtime/clock';
import type { KeeperEvent, KeeperSnapshot } from '#dots/signal/keeper/keeperEvents';
import type { AskingOptions, SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import type { Answered, Asking } from '#dots/signal/requestWithFailover';
import { SignalSession } from '#dots/signal/session';
import { callKeeper } from './callKeeper';
import type { Call } from './messages';
import { readRelayLine, relayInput, type RelayLine } from './relayMessages';
import { KeeperGone, RelayedMessenger, type Relay } from './relayedMessenger';

/** A session that is kept, here or by `dots session`. */
export type Keeper = Pick<SessionKeeper, 'snapshot' | 'onEvent' | 'open' | 'ask' | 'close'>;

/** Asks over `dots session`. @param callWith the call with this input */
export function relayOver(socket: string, callWith: (input: Uint8Array) => Call): Relay {
  return (call, line, signal) =>
    callKeeper(socket, callWith(relayInput(call)), {
      out: (text) => {
        const read = readRelayLine(text);
        if (read !== undefined) line(read);
      },
      say: () => undefined,
      signal,
    });
}

/** One session of `dots session`, as another process sees it: what happens to it is followed until `close`. */
export class RelayedKeeper implements Keeper {
  private readonly following = new AbortController();
  private readonly listeners = new Set<(event: KeeperEvent) => void>();
  private messenger: RelayedMessenger;
  private session: SignalSession;
  /** How many sessions were opened, one after the other. */
  private opened = 0;
  /** When the snapshot arrived, by the monotonic time. */
  private at: number;

  private constructor(
    private readonly relay: Relay,
    private known: KeeperSnapshot,
    private readonly clock: Clock,
  ) {
    this.at = clock.monotonic();
    [this.messenger, this.session] = this.over(known);
  }

  /**
   * Follows a session of `dots session`, which is kept from then on; undefined where none runs. Throws KeeperGone where
   * it does not respond, or cannot have the session, such as for credentials that it cannot read.
   * @param gone is called once when `dots session` does not respond any more
   */
  static attach(relay: Relay, gone: () => void, clock: Clock = systemClock): Promise<RelayedKeeper | undefined> {
    return new Promise((resolve, reject) => {
      let keeper: RelayedKeeper | undefined;
      const following = new AbortController();
      const take = (line: RelayLine): void => {
        if (line.type !== 'session') return;
        if (keeper === undefined) {
          keeper = new RelayedKeeper(relay, line.snapshot, clock);
          keeper.following.signal.addEventListener('abort', () => following.abort());
          resolve(keeper);
        }
        keeper.take(line);
      };
      void relay({ type: 'follow' }, take, following.signal).then((outcome) => {
        if (keeper === undefined && outcome !== 'refused') reject(new KeeperGone());
        resolve(undefined);
        if (keeper?.following.signal.aborted === false) gone();
      });
    });
  }

  get snapshot(): KeeperSnapshot {
    const { stateMs, heardMs, nextAttemptMs } = this.known;
    const passed = this.clock.monotonic() - this.at;
    return {
      ...this.known,
      stateMs: stateMs + passed,
      heardMs: heardMs === undefined ? undefined : heardMs + passed,
      nextAttemptMs: nextAttemptMs === undefined ? undefined : Math.max(0, nextAttemptMs - passed),
    };
  }

  /** See `SessionKeeper.onEvent`; a session that is open already is reported as well. */
  onEvent(listener: (event: KeeperEvent) => void): () => void {
    this.listeners.add(listener);
    if (this.opened > 0) listener({ type: 'opened', session: this.session });
    return () => this.listeners.delete(listener);
  }

  /** Has the session opened now. Throws a DotsError, also KeeperGone. */
  async open(): Promise<SignalSession> {
    if (this.known.session !== undefined) return this.session;
    let failed: unknown;
    const outcome = await this.relay({ type: 'open' }, (line) => {
      if (line.type === 'session') this.take(line);
      else if (line.type === 'failed') failed = line.error;
    });
    if (failed !== undefined) throw failed as Error;
    if (outcome !== 0) throw new KeeperGone();
    return this.session;
  }

  /** Sends a request over the session; `dots session` opens it where it has to. Throws a DotsError, also KeeperGone. */
  async ask(asking: Asking, { timeoutMs, signal }: AskingOptions = {}): Promise<Answered> {
    const answer = await asking(this.session, { signal, ...(timeoutMs !== undefined && { timeoutMs }) });
    return { session: await this.open(), answer };
  }

  /** Does not follow it any more; `dots session` keeps it. */
  async close(): Promise<void> {
    this.following.abort();
    await this.messenger.close();
  }

  private over(snapshot: KeeperSnapshot): [RelayedMessenger, SignalSession] {
    const messenger = new RelayedMessenger(this.relay, snapshot);
    return [messenger, SignalSession.through(messenger, snapshot)];
  }

  private take({ snapshot, opened }: RelayLine & { type: 'session' }): void {
    const before = this.known.state;
    [this.known, this.at] = [snapshot, this.clock.monotonic()];
    // The lines of several calls may overtake each other.
    if (opened > this.opened && snapshot.session !== undefined) this.replace(snapshot, opened);
    else if (opened === this.opened) this.messenger.take(snapshot);
    if (snapshot.state !== before) this.emit({ type: 'state', before, snapshot: this.snapshot });
  }

  private replace(snapshot: KeeperSnapshot, opened: number): void {
    this.opened = opened;
    void this.messenger.close();
    [this.messenger, this.session] = this.over(snapshot);
    this.emit({ type: 'opened', session: this.session });
  }

  private emit(event: KeeperEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}
