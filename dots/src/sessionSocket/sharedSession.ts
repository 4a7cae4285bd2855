import { systemClock, type Clock } from '#dots/runtime/clock';
import type { KeeperEvent, KeeperSnapshot } from '#dots/signal/keeper/keeperEvents';
import { LaterFilterControl } from '#dots/signal/keeper/laterFilterControl';
import type { AskingOptions } from '#dots/signal/keeper/sessionKeeper';
import type { Answered, Asking } from '#dots/signal/requestWithFailover';
import type { SignalSession } from '#dots/signal/session';
import { RelayedKeeper, type Keeper } from './relayedKeeper';
import { KeeperGone, type Relay } from './relayedMessenger';

/** How long a `dots session` that did not respond is not asked again, milliseconds. */
const bypassMs = 60_000;

export interface SharedSessionOptions {
  /** The way to the running `dots session`; undefined where none runs, or it cannot have this session. */
  find(): Relay | undefined;
  /** Makes the session of this process. */
  own(): Keeper;
  clock?: Clock;
}

/**
 * A session that `dots session` keeps where one runs, and this process otherwise. Before each request it is looked for
 * again; one that hangs or has ended is bypassed by a session of one's own.
 */
export class SharedSession implements Keeper {
  private readonly clock: Clock;
  private readonly listeners = new Set<(event: KeeperEvent) => void>();
  private relayed: RelayedKeeper | undefined;
  private attaching: Promise<RelayedKeeper | undefined> | undefined;
  private mine: Keeper | undefined;
  private bypassedUntil = -Infinity;
  /** Sessions of this process that `dots session` has replaced, until no request is under way. */
  private readonly replaced: Keeper[] = [];
  private underway = 0;
  private isClosed = false;
  /** What is sent again with its ACLs later. */
  readonly filterControl: LaterFilterControl;

  constructor(private readonly options: SharedSessionOptions) {
    this.clock = options.clock ?? systemClock;
    this.filterControl = new LaterFilterControl({
      clock: this.clock,
      ask: (asking) => this.ask(asking, { underAttack: true }),
      report: (request, outcome) => this.emit({ type: 'filter-control', request, outcome }),
    });
  }

  /** Whether `dots session` keeps it. */
  get isShared(): boolean {
    return this.relayed !== undefined;
  }

  get snapshot(): KeeperSnapshot {
    return (this.relayed ?? this.own()).snapshot;
  }

  onEvent(listener: (event: KeeperEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** See `SessionKeeper.open`. Throws a DotsError. */
  open(): Promise<SignalSession> {
    return this.over((keeper) => keeper.open());
  }

  /**
   * See `SessionKeeper.ask`. A request that `dots session` has perhaps sent is sent again over a session of this
   * process: a mitigation keeps its mid. Throws a DotsError.
   */
  ask(asking: Asking, options: AskingOptions = {}): Promise<Answered> {
    return this.over((keeper) => keeper.ask(asking, options));
  }

  /** Ends the session of this process; that of `dots session` goes on. */
  async close(): Promise<void> {
    this.isClosed = true;
    this.filterControl.stop();
    await Promise.all([this.relayed, this.mine, ...this.replaced].map((keeper) => keeper?.close()));
  }

  private async over<T>(work: (keeper: Keeper) => Promise<T>): Promise<T> {
    const relayed = await this.attached();
    this.underway += 1;
    try {
      return await work(relayed ?? this.own());
    } catch (error) {
      if (!(error instanceof KeeperGone) || relayed === undefined) throw error;
      this.leave(relayed);
      return await work(this.own());
    } finally {
      this.underway -= 1;
      this.closeReplaced();
    }
  }

  /** The session of `dots session`. */
  private async attached(): Promise<RelayedKeeper | undefined> {
    if (this.relayed !== undefined || this.clock.monotonic() < this.bypassedUntil) return this.relayed;
    const relay = this.options.find();
    if (relay === undefined) return undefined;
    this.attaching ??= this.attach(relay).finally(() => (this.attaching = undefined));
    return this.attaching;
  }

  private async attach(relay: Relay): Promise<RelayedKeeper | undefined> {
    const gone = (): void => {
      if (this.relayed !== undefined) this.leave(this.relayed);
    };
    const bypass = (): undefined => {
      this.bypassedUntil = this.clock.monotonic() + bypassMs;
    };
    const attached = await RelayedKeeper.attach(relay, gone, this.clock).catch(bypass);
    if (attached === undefined || this.isClosed) {
      await attached?.close();
      return undefined;
    }
    if (this.mine !== undefined) this.replaced.push(this.mine);
    [this.relayed, this.mine] = [attached, undefined];
    this.closeReplaced();
    attached.onEvent((event) => this.emit(event));
    this.emitState(attached);
    return attached;
  }

  private closeReplaced(): void {
    if (this.underway === 0) for (const keeper of this.replaced.splice(0)) void keeper.close();
  }

  /** Continues in this process: at once where the session was established, so that heartbeats and news go on. */
  private leave(relayed: RelayedKeeper): void {
    if (this.relayed !== relayed || this.isClosed) return;
    const wasOpen = relayed.snapshot.session !== undefined;
    this.relayed = undefined;
    this.bypassedUntil = this.clock.monotonic() + bypassMs;
    void relayed.close();
    const own = this.own();
    this.emitState(own);
    // A failure is an event.
    if (wasOpen) own.open().catch(() => undefined);
  }

  private own(): Keeper {
    if (this.mine !== undefined) return this.mine;
    const mine = this.options.own();
    this.mine = mine;
    mine.onEvent((event) => {
      if (this.mine === mine) this.emit(event);
    });
    return mine;
  }

  private emitState({ snapshot }: Keeper): void {
    this.emit({ type: 'state', before: snapshot.state, snapshot });
  }

  private emit(event: KeeperEvent): void {
    for (const listener of this.listeners) listener(event);
  }
}
