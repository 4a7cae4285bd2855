import { AsyncResource } from 'node:async_hooks';
import { DotsError } from '#dots/model/errors';
import type { MessageWatch, WatchedMessage } from '#dots/coap/watchedChannel';
import type { Permit } from '#dots/model/hostAddress';
import type { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import type { Connect } from '../connection';
import { observations, type ConnectToObserve } from '../observing';
import type { SettledTarget } from '../settledTarget';
import { commandMemory, keeperOf } from '../targetSessions';
import type { Watch } from './sessionEvents';
import type { KeptSession } from './sessionReport';

/** The most sessions that are kept besides those opened by name: the least recently used one is closed. */
const mostKept = 16;

/** An attempt to open a session has at least this long, milliseconds: a client with less time does not end it. */
const openingMs = 10_000;

interface LiveSession {
  session: SessionKeeper;
  target: SettledTarget;
  /** It was opened by name, and is never closed for others. */
  named: boolean;
  /** Prevents new sessions with production servers, until a document for one was confirmed. */
  permit: Permit | undefined;
  /** Those who receive its messages. */
  watches: Set<MessageWatch>;
  /** How many callers observe something over it: it is not closed for others. */
  observers: number;
  /** How many sessions were opened, one after the other. */
  opened: number;
}

/** A session that is not closed for others meanwhile. */
export interface HeldSession {
  keeper: SessionKeeper;
  /** How many sessions were opened, one after the other. */
  opened(): number;
  release(): void;
}

/** Sessions that stay open from one document to the next: one for each server, cuid and credentials. */
export class LiveSessions {
  private readonly kept = new Map<string, LiveSession>();
  private closed = false;
  private readonly memory = commandMemory();

  constructor(private readonly watch: Watch) {}

  /** The sessions as they are now; the last one was used last. */
  get all(): KeptSession[] {
    return [...this.kept.values()].map(({ target, session }) => ({ target, snapshot: session.snapshot }));
  }

  /** Opens the session of a target, which is then always kept: attempts are repeated until its server answers. */
  open(target: SettledTarget): void {
    const kept = this.of(target);
    kept.named = true;
    kept.target = target;
    kept.session.keepTrying();
  }

  /**
   * Closes the sessions that were opened by name and are not for one of these targets. The others are opened again,
   * with the credentials that their files contain now, and until that has succeeded they continue as they are.
   */
  renew(targets: readonly SettledTarget[]): void {
    const keys = new Set(targets.map(keyOf));
    for (const [key, kept] of this.kept) {
      if (kept.named && !keys.has(key)) this.dismiss(key, 'its profile is not used any more');
      // A failure is an event.
      else kept.session.renew().catch(() => undefined);
    }
  }

  /** A way to ask over the session of a target, which stays open. */
  readonly connect: Connect = (target, { watch, ...opening }) => ({
    kept: true,
    controlLater: (request) => this.of(target).session.filterControl.plan(request),
    ask: async (asking) => {
      const { session, watches } = this.of(target);
      if (watch !== undefined) watches.add(watch);
      try {
        return await session.ask(asking, { timeoutMs: target.timeoutMs, ...opening });
      } finally {
        if (watch !== undefined) watches.delete(watch);
      }
    },
    close: () => Promise.resolve(),
  });

  /** A way to observe over the session of a target, which stays open. */
  readonly observe: ConnectToObserve = (target, opening) => {
    const { ask } = this.connect(target, opening);
    const kept = this.of(target);
    const { observe, end } = observations(kept.session, ask);
    kept.observers += 1;
    return {
      kept: true,
      ask,
      observe: (question, { state, lost, returned }) => {
        // What is observed arrives on behalf of nobody.
        const bound = { lost: AsyncResource.bind(lost), returned: AsyncResource.bind(returned) };
        return observe(question, { ...bound, state: AsyncResource.bind(state) });
      },
      close: () => {
        kept.observers -= 1;
        end();
        return Promise.resolve();
      },
    };
  };

  /** The session of a target, for as long as another process uses it. */
  hold(target: SettledTarget): HeldSession {
    const kept = this.of(target);
    kept.observers += 1;
    const release = (): void => {
      kept.observers -= 1;
    };
    return { keeper: kept.session, opened: () => kept.opened, release };
  }

  /** Ends all sessions; there are none after that. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.kept.values()].map(({ session }) => session.close()));
  }

  private of(target: SettledTarget): LiveSession {
    if (this.closed)
      throw new DotsError(
        'unreachable',
        'signal/closed',
        'Not sent: dots session is ending.',
        'Repeat the command: it opens a separate session.',
      );
    const key = keyOf(target);
    const kept = this.kept.get(key) ?? this.keep(target);
    if (target.permit === undefined) kept.permit = undefined;
    this.kept.delete(key);
    this.kept.set(key, kept);
    this.makeRoom();
    return kept;
  }

  private makeRoom(): void {
    const others = [...this.kept]
      .filter(([, each]) => !each.named && each.observers === 0 && !each.session.filterControl.isPending)
      .map(([key]) => key);
    for (const key of others.slice(0, Math.max(0, others.length - mostKept)))
      this.dismiss(key, 'it is the least recently used one');
  }

  private dismiss(key: string, because: string): void {
    const kept = this.kept.get(key);
    if (kept === undefined) return;
    this.kept.delete(key);
    this.watch(kept.target, { type: 'dismissed', because });
    void kept.session.close();
  }

  private keep(target: SettledTarget): LiveSession {
    const kept = {
      target,
      named: false,
      permit: target.permit,
      watches: new Set<MessageWatch>(),
      observers: 0,
      opened: 0,
    };
    const session = keeperOf(() => ({ ...kept.target, permit: kept.permit }), {
      memory: this.memory,
      openingMs: Math.max(target.timeoutMs, openingMs),
      watch: (message: WatchedMessage) => kept.watches.forEach((watch) => watch(message)),
      trace: (sentence: string) => this.watch(target, { type: 'trace', sentence }),
    });
    const live = Object.assign(kept, { session });
    session.onEvent((event) => {
      if (event.type === 'opened') live.opened += 1;
      this.watch(target, event);
    });
    return live;
  }
}

/** One session is kept for each of them. */
const keyOf = ({ server, cuid, credentialFiles }: SettledTarget): string =>
  JSON.stringify([server, cuid, Object.entries(credentialFiles).sort()]);
