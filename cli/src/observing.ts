import { systemClock } from '#dots/runtime/clock';
import { LastingObservation, type Observer } from '#dots/signal/lastingObservation';
import type { Question } from '#dots/signal/questions';
import { connectionMemory, SignalSession, type SessionOptions } from '#dots/signal/session';
import { SessionKeeper } from '#dots/signal/keeper/sessionKeeper';
import { credentialsFor } from '#dots/transport/certificates/credentialFiles';
import type { Connection, Opening } from './connection';
import type { SettledTarget } from './settledTarget';

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
  const options = sessionOptions(target);
  const keeper = new SessionKeeper({
    server: target.server,
    cuid: target.cuid,
    open: async (each) => SignalSession.open({ ...(await options()), ...each, timeoutMs }),
    overDtls: async (each) => SignalSession.overDtls({ ...(await options()), ...each }),
  });
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

/** Credentials are read for each session, so that replaced files are used from then on. */
function sessionOptions({ server, cuid, permit, credentialFiles }: SettledTarget) {
  const memory = connectionMemory();
  return async (): Promise<SessionOptions & { memory: typeof memory }> => ({
    server,
    cuid,
    permit,
    memory,
    ...(await credentialsFor(server, credentialFiles)),
  });
}
