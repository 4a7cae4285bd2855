import type { MessageWatch } from '#dots/coap/watchedChannel';
import { systemClock } from '#dots/runtime/clock';
import type { Trace } from '#dots/runtime/trace';
import type { Ask } from '#dots/signal/recordedRequest';
import type { FailedRequest } from '#dots/signal/keeper/laterFilterControl';
import { openFirst } from '#dots/signal/keeper/places';
import { SignalSession } from '#dots/signal/session';
import type { SettledTarget } from './settledTarget';
import { commandMemory, sessionOptions } from './targetSessions';

/** What a session is opened for, and what cancels it. */
export interface Opening {
  underAttack: boolean;
  signal?: AbortSignal | undefined;
  /** Receives the messages of a session that is opened for it. */
  watch?: MessageWatch | undefined;
  /** Receives what fails and is tried again, one sentence each. */
  trace?: Trace | undefined;
}

/** A way to ask a server, which opens its session with the first request. Requests reject with a DotsError. */
export interface Connection {
  /** The session is one that `dots session` keeps. */
  kept?: true;
  /** Makes the second step of filter control later (RFC 9133 section 3.2.1), where the session is kept. */
  controlLater?: (request: FailedRequest) => Promise<void>;
  ask: Ask;
  close(): Promise<void>;
}

export type Connect = (target: SettledTarget, opening: Opening) => Connection;

/** A session of one's own, which lasts until the connection is closed. */
export const ownConnection: Connect = (target, opening) => {
  const { timeoutMs } = target;
  const { signal } = opening;
  let session: Promise<SignalSession> | undefined;
  return {
    ask: async (asking) => {
      const since = systemClock.monotonic();
      session ??= ownSession(target, opening);
      const open = await session;
      return { session: open, answer: await asking(open, { timeoutMs, since, signal }) };
    },
    close: async () => (await session?.catch(() => undefined))?.close(),
  };
};

async function ownSession(target: SettledTarget, { trace, ...opening }: Opening): Promise<SignalSession> {
  const { server, timeoutMs, session } = target;
  const options = await sessionOptions(target);
  const common = { ...options, timeoutMs, memory: commandMemory(), ...(trace && { trace }), ...opening };
  return openFirst(
    [server, ...(session?.alternates ?? [])].map((each) => ({ server: each })),
    (place, signal) => SignalSession.open({ ...common, ...place, signal }),
    { clock: systemClock, signal: opening.signal },
  );
}
