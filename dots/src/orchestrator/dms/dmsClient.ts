import { statusLabels } from '#dots/dotsServer/state/lifecycle';
import type { DropCounters } from '#dots/dotsServer/state/mitigator';
import { describeError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import type { Clock, TimerHandle } from '#dots/runtime/clock';
import type { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import { LastingObservation } from '#dots/signal/lastingObservation';
import type { Ledger } from '#dots/signal/ledgerFolder';
import { seenMitigations, type SeenMitigation } from '#dots/signal/mitigationChanges';
import { mitigate } from '#dots/signal/resources';
import { listedMids } from '#dots/signal/scopes';
import type { Answer, SignalSession } from '#dots/signal/session';
import { requestsFor, type Demand, type WantedRequest } from './demands';
import { DmsRequests, nonsense } from './dmsRequests';
import { ownKeeper, type OwnClient } from './ownKeeper';

/** How the orchestrator reaches a DMS. */
export type DmsAddress = Omit<OwnClient, 'clock'>;

export interface DmsClientOptions extends DmsAddress {
  name: string;
  ledger: Ledger;
  /** How long a request may take until it is effective, milliseconds. */
  effectiveMs: number;
  clock: Clock;
  log: (line: string) => void;
}

/** What a DMS does for a demand. 7: it does nothing any more, for a reason. */
export type DmsState =
  { status: 1 | 2 | 3 | 4; counters?: DropCounters } | { status: 7; reason: string; counters?: DropCounters };

interface Tracked extends Demand {
  state: DmsState;
  changed: (state: DmsState) => void;
  /** Under which the DMS has it. */
  mid?: number;
  /** The DMS has reported this mid. */
  isSeen: boolean;
  timer?: TimerHandle;
}

/** How often requests are compared with what the DMS has, milliseconds. */
const reviewMs = 60_000;
/** For how long a DMS that does not answer is waited for, milliseconds. */
const silenceMs = 60_000;

/**
 * The orchestrator as a DOTS client of one DMS (RFC 8903 section 3.3): it asks for what the demands need, refreshes and
 * observes it, and withdraws everything else. What a ledger and the DMS know of an earlier run is taken up.
 */
export class DmsClient {
  private readonly demands = new Map<string, Tracked>();
  private readonly keeper: SessionKeeper;
  private readonly requests: DmsRequests;
  private observation: LastingObservation | undefined;
  private work: Promise<void> | undefined;
  /** What the DMS has reported and the ledger does not have yet. */
  private readonly reports: Answer[] = [];
  private isDirty = false;
  private isStarted = false;
  private review: TimerHandle;
  private silence: TimerHandle;
  private trouble: { reason: string; at: number } | undefined;

  constructor(private readonly options: DmsClientOptions) {
    const { name, server, files, cuid, ledger, clock } = options;
    this.keeper = ownKeeper({ server, files, cuid, clock });
    // The port of a simulated DMS may be another one after a restart; its name stays.
    const client = ledger.client({ cuid, address: `coaps://${name.replaceAll('_', '-')}`, source: 'configured' });
    this.requests = new DmsRequests({ name, keeper: this.keeper, client, clock });
    this.keeper.onEvent((event) => {
      if (event.type === 'opened') this.opened(event.session);
    });
  }

  /** Begins once the demands of an earlier run are known: what none of them needs is withdrawn. */
  start(): void {
    this.isStarted = true;
    this.keeper.keepTrying();
    this.proceed();
    this.reviewLater();
  }

  /** Why no request should be sent to the DMS now; undefined where it answers. */
  get obstacle(): string | undefined {
    const { trouble } = this;
    return trouble !== undefined && this.options.clock.monotonic() - trouble.at < reviewMs ? trouble.reason : undefined;
  }

  /**
   * Asks the DMS for a scope until `drop`. `changed` is called with each change of what the DMS does; after status 7
   * the DMS is not asked again for it.
   */
  want(id: string, scope: JsonObject, changed: (state: DmsState) => void): void {
    this.demands.set(id, { id, scope, changed, state: { status: 1 }, isSeen: false });
    this.proceed();
  }

  /** The demand is over: what no other needs is withdrawn. */
  drop(id: string): void {
    const tracked = this.demands.get(id);
    if (tracked === undefined) return;
    this.options.clock.clearTimeout(tracked.timer);
    this.demands.delete(id);
    this.proceed();
  }

  /** Resolves when everything that is known to be due was asked. */
  async settled(): Promise<void> {
    while (this.work !== undefined) await this.work;
  }

  /** Ends the session. What the DMS has continues until its lifetime is over. */
  async close(): Promise<void> {
    const { clock } = this.options;
    this.isStarted = false;
    clock.clearTimeout(this.review);
    await this.keeper.close();
    await this.settled();
    this.observation?.close();
    for (const { timer } of this.demands.values()) clock.clearTimeout(timer);
    clock.clearTimeout(this.silence);
  }

  private opened(session: SignalSession): void {
    this.requests.isKnown = false;
    this.observation?.over(session).catch(() => undefined);
    this.proceed();
  }

  private reviewLater(): void {
    const { clock } = this.options;
    this.review = clock.setTimeout(() => {
      this.proceed();
      this.reviewLater();
    }, reviewMs);
  }

  /** One comparison at a time; what changes during one is the reason for another. */
  private proceed(): void {
    if (!this.isStarted) return;
    this.isDirty = true;
    this.work ??= this.untilClean().finally(() => {
      this.work = undefined;
    });
  }

  private async untilClean(): Promise<void> {
    while (this.isDirty && this.isStarted) {
      this.isDirty = false;
      await this.reconcile().catch((error: unknown) => this.troubled(describeError(error)));
    }
  }

  private async reconcile(): Promise<void> {
    for (const answer of this.reports.splice(0)) await this.requests.reported(answer);
    if (!this.requests.isKnown) await this.learnOrFail();
    const wanted = requestsFor([...this.demands.values()].filter(({ state }) => state.status !== 7));
    for (const request of wanted) await this.request(request);
    await this.requests.withdrawOthers(wanted);
    if (wanted.length > 0) await this.observe();
  }

  private async learnOrFail(): Promise<void> {
    try {
      await this.requests.learn();
    } catch (error) {
      for (const tracked of this.demands.values()) if (tracked.mid === undefined) this.fail(tracked, 'does not answer');
      throw error;
    }
  }

  private async request(wanted: WantedRequest): Promise<void> {
    const outcome = await this.requests.request(wanted);
    const tracked = wanted.demands.flatMap(({ id }) => this.demands.get(id) ?? []);
    if ('reason' in outcome) for (const each of tracked) this.fail(each, outcome.reason);
    else for (const each of tracked) this.accepted(each, outcome.mid);
  }

  private accepted(tracked: Tracked, mid: number): void {
    this.trouble = undefined;
    if (tracked.mid === mid) return;
    Object.assign(tracked, { mid, isSeen: false });
    const { clock, effectiveMs } = this.options;
    tracked.timer ??= clock.setTimeout(() => {
      if (tracked.state.status === 1)
        this.fail(tracked, `accepted the request and is not effective after ${Math.round(effectiveMs / 1000)} s`);
    }, effectiveMs);
  }

  /** The DMS does nothing for a demand; the next comparison withdraws what it may have of it. */
  private fail(tracked: Tracked, reason: string): void {
    if (tracked.state.status === 7) return;
    this.troubled(reason);
    this.options.clock.clearTimeout(tracked.timer);
    this.change(tracked, { status: 7, reason });
    this.proceed();
  }

  private troubled(reason: string): void {
    this.trouble = { reason, at: this.options.clock.monotonic() };
    this.options.log(`DMS ${this.options.name}: ${reason}`);
  }

  private async observe(): Promise<void> {
    if (this.observation !== undefined) return;
    const { clock } = this.options;
    const observation = new LastingObservation({
      question: { resource: mitigate },
      ask: (asking) => this.keeper.ask(asking),
      clock,
      observer: {
        state: (answer) => this.take(answer),
        lost: () => this.lost(),
        returned: () => clock.clearTimeout(this.silence),
      },
    });
    this.observation = observation;
    await observation.over(await this.keeper.open());
  }

  private lost(): void {
    this.silence = this.options.clock.setTimeout(() => {
      for (const tracked of this.demands.values()) this.fail(tracked, 'does not answer');
    }, silenceMs);
  }

  /** A state of all mitigations that the DMS has for this client. */
  private take(answer: Answer): void {
    if (!answer.ok) this.observation = undefined;
    const isReadable = answer.broken !== true && (answer.code === '4.04' || listedMids(answer) !== undefined);
    const seen = new Map(seenMitigations(answer).map((mitigation) => [mitigation.mid, mitigation]));
    for (const tracked of this.demands.values()) {
      if (tracked.mid === undefined) continue;
      if (!isReadable) this.fail(tracked, nonsense);
      else this.observed(tracked, seen.get(tracked.mid));
    }
    if (isReadable) this.reports.push(answer);
    this.proceed();
  }

  private observed(tracked: Tracked, mitigation: SeenMitigation | undefined): void {
    if (mitigation === undefined) {
      if (tracked.isSeen) this.fail(tracked, 'has ended it by itself');
      return;
    }
    tracked.isSeen = true;
    const status = statusOf(mitigation);
    const counters = countersOf(mitigation.scope);
    if (status === undefined) this.fail(tracked, 'has ended it by itself');
    else this.change(tracked, { status, ...(counters && { counters }) });
  }

  private change(tracked: Tracked, state: DmsState): void {
    if (tracked.state.status === 7) return;
    const counters = state.counters ?? tracked.state.counters;
    tracked.state = counters === undefined ? state : { ...state, counters };
    tracked.changed(tracked.state);
  }
}

/** The status of a mitigation that runs, 1 where it is not known; undefined for one that is over. */
function statusOf({ status }: SeenMitigation): 1 | 2 | 3 | 4 | undefined {
  const found = ([1, 2, 3, 4, 5, 6, 7, 8] as const).find((each) => statusLabels[each] === status) ?? 1;
  if (found === 8) return 1;
  return found <= 4 ? (found as 1 | 2 | 3 | 4) : undefined;
}

/** The counters of a scope; undefined where it has none. */
function countersOf(scope: JsonObject): DropCounters | undefined {
  const count = (name: string): number => Number(scope[name] ?? 0);
  if (scope['bytes-dropped'] === undefined && scope['pkts-dropped'] === undefined) return undefined;
  return {
    bytes: count('bytes-dropped'),
    pkts: count('pkts-dropped'),
    bps: count('bps-dropped'),
    pps: count('pps-dropped'),
  };
}
