import { systemClock, type Clock } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import type { Answer } from './answer';
import type { SignalSession } from './session';

/** How long a session may be silent before a new one is opened beside it, milliseconds. */
const silenceMs = 3_000;

/** The limits of one step: the remaining milliseconds, if there is a limit, and the cancellation. */
export interface Remaining {
  timeoutMs?: number;
  /** See `AskOptions`. */
  since?: number;
  signal?: AbortSignal | undefined;
}

/** One request over a session. */
export type Asking = (session: SignalSession, left: Remaining) => Promise<Answer>;

/** The answer, and the session that it came over. */
export interface Answered {
  session: SignalSession;
  answer: Answer;
}

export interface FailoverOptions {
  /** The established session, if there is one. */
  known: SignalSession | undefined;
  /** Opens another one. The known one has to stay open until the request is over: it may still answer. */
  renew(left: Remaining): Promise<SignalSession>;
  /** Milliseconds for all of it; without it each request and each attempt to open a session has its own time. */
  timeoutMs?: number;
  /** Cancels everything. */
  signal?: AbortSignal | undefined;
  clock?: Clock;
}

/**
 * Sends a request over the established session. If no answer comes, because the link is congested or the server was
 * restarted, a new session is opened and the request sent over it in parallel; the first answer counts (RFC 9132
 * section 4.7); so it must be safe for the request to arrive twice. Throws a DotsError: why no other session could be
 * opened, if that explains more than the time-out over the known one.
 */
export async function requestWithFailover(options: FailoverOptions, asking: Asking): Promise<Answered> {
  const { known, renew, signal, clock = systemClock } = options;
  const left = timeLeft(options, clock);
  const over = async (session: SignalSession, given = signal): Promise<Answered> => ({
    session,
    answer: await asking(session, left(given)),
  });
  if (known === undefined || known.state === 'closed') return over(await renew(left(signal)));
  // Plain CoAP has no handshake: a new session would be the same one.
  if (known.security === undefined) return over(known);
  const settled = new AbortController();
  const either = signal === undefined ? settled.signal : AbortSignal.any([signal, settled.signal]);
  const first = over(known, either);
  const silence = silenceOf(first, known.state === 'lost' ? 0 : silenceMs, () => left(either).timeoutMs !== 0, clock);
  const second = silence.then(async () => over(await renew(left(either)), either));
  try {
    return await Promise.any([first, second]);
  } catch (error) {
    throw error instanceof AggregateError ? moreTelling(error.errors as unknown[]) : error;
  } finally {
    settled.abort();
  }
}

/** Returns the remaining time. */
function timeLeft({ timeoutMs }: FailoverOptions, clock: Clock): (signal: AbortSignal | undefined) => Remaining {
  const end = timeoutMs === undefined ? undefined : clock.monotonic() + timeoutMs;
  return (signal) => ({
    signal,
    ...(end !== undefined && { timeoutMs: Math.max(0, Math.ceil(end - clock.monotonic())) }),
  });
}

/**
 * Resolves when a request has not been answered for so many milliseconds, or cannot be over this session, and there is
 * time for another one; fails once it is answered, or fails in a way that another session cannot change.
 */
function silenceOf(first: Promise<unknown>, milliseconds: number, isTime: () => boolean, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(resolve, milliseconds);
    const settle = (act: () => void): void => {
      clock.clearTimeout(timer);
      act();
    };
    first.then(
      () => settle(() => reject(answered)),
      (error: unknown) => settle(() => (isSilence(error) && isTime() ? resolve() : reject(error as Error))),
    );
  });
}

const answered = new DotsError(
  'unreachable',
  'signal/answered',
  'The established session has answered, so no other one is opened.',
);

function isSilence(error: unknown): boolean {
  return error instanceof DotsError && error.kind === 'unreachable' && error.code !== 'coap/cancelled';
}

/** The request over the known session may have arrived; a second time-out does not show that. */
function moreTelling([first, second]: unknown[]): unknown {
  return second instanceof DotsError && second.code === 'transport/no-answer' ? first : second;
}

/** Whether a session uses TLS, although DTLS is preferred (RFC 9132 section 4.3). */
export function isOverTls({ security }: SignalSession): boolean {
  return security?.protocol.startsWith('TLS') === true;
}
