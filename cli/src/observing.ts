import { systemClock } from '#dots/runtime/clock';
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
  const observations: LastingObservation[] = [];
  const keeper = keeperOf(() => target, { memory: commandMemory(), openingMs: timeoutMs });
  keeper.onEvent((event) => {
    if (event.type !== 'opened') return;
    for (const observation of observations) observation.over(event.session).catch(() => undefined);
  });
  const ask: Connection['ask'] = (asking) => keeper.ask(asking, { timeoutMs, ...opening });
  return {
    ask,
    observe: async (question, observer) => {
      const observation = new LastingObservation({ question, observer, ask, clock: systemClock });
      const session = await keeper.open();
      observations.push(observation);
      await observation.over(session);
    },
    close: async () => {
      for (const observation of observations) observation.close();
      await keeper.close();
    },
  };
};
