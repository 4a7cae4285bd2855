import { systemClock } from '#dots/runtime/clock';
import type { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import { LastingObservation, type Observer } from '#dots/signal/lastingObservation';
import type { Question } from '#dots/signal/questions';
import type { Connection, Opening } from './connection';
import type { SettledTarget } from './settledTarget';
import { commandMemory, keeperOf } from './targetSessions';

/** A way to ask a server and to observe what it has, also over sessions that follow a lost one. */
export interface ObservingConnection extends Connection {
  /**
   * Observes a resource until the connection is closed. Resolves with the first state, and rejects with a DotsError
   * where there is none.
   */
  observe(question: Question, observer: Observer): Promise<void>;
}

export type ConnectToObserve = (target: SettledTarget, opening: Opening) => ObservingConnection;

/** A session of one's own that is opened again when it is lost. */
export const ownObservation: ConnectToObserve = (target, opening) => {
  const { timeoutMs } = target;
  const keeper = keeperOf(() => target, { memory: commandMemory(), openingMs: timeoutMs });
  const ask: Connection['ask'] = (asking) => keeper.ask(asking, { timeoutMs, ...opening });
  const { observe, end } = observations(keeper, ask);
  const close = async (): Promise<void> => {
    end();
    await keeper.close();
  };
  return { ask, observe, close };
};

/** Observes over the sessions that a keeper opens, one after the other, until `end`. */
export function observations(
  keeper: SessionKeeper,
  ask: Connection['ask'],
): Pick<ObservingConnection, 'observe'> & { end(): void } {
  const all: LastingObservation[] = [];
  const unlisten = keeper.onEvent((event) => {
    if (event.type !== 'opened') return;
    for (const observation of all) observation.over(event.session).catch(() => undefined);
  });
  return {
    observe: async (question, observer) => {
      const observation = new LastingObservation({ question, observer, ask, clock: systemClock });
      const known = await keeper.open();
      // A kept session may have been lost; the one that answers is observed.
      const session = known.state === 'open' ? known : (await ask((open, left) => open.get(question, left))).session;
      all.push(observation);
      await observation.over(session);
    },
    end: () => {
      unlisten();
      for (const observation of all) observation.close();
    },
  };
}
