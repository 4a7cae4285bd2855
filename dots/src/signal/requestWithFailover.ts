import { systemClock, type Clock } from '#dots/runtime/clock';
import { DotsError } from '#dots/model/errors';
import type { Answer } from './answer';
import type { SignalSession } from './session';

/** How long a session may keep silent before a new one is opened beside it, milliseconds. */
const silenceMs = 3_000;

/** What is left for one step of it: the milliseconds, where there is a bound, and what gives it up. */
export interface Remaining {
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

/** One request over a session. */
export type Asking = (session: SignalSession, left: Remaining) => Promise<Answer>;

/** What was answered, and over which session. */
export interface Answered {
  session: SignalSession;
  answer: Answer;
}

export interface FailoverOptions {
  /** The session that stands, if one does. */
  known: SignalSession | undefined;
  /** Opens another one. The known one has to stay open until the request is over: it may still answer. */
  renew(left: Remaining): Promise<SignalSession>;
  /** Milliseconds for all of it; without it each request and each attempt to open a session has its own time. */
  timeoutMs?: number;
  /** Gives all of it up. */
  signal?: AbortSignal | undefined;
  clock?: Clock;
}

/**
 * Asks over the session that stands. Where no answer comes, because the link drowns or the server was started anew, a new session is
 * opened and asked in parallel, and the first answer counts (RFC 9132 section 4.7); so a request has to be one that may arrive twice.
 * Throws a DotsError: why no other session could be opened, where that says more than the silence over the known one.
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

/** Gives what is left of the time, at each moment. */
function timeLeft({ timeoutMs }: FailoverOptions, clock: Clock): (signal: AbortSignal | undefined) => Remaining {
  const end = timeoutMs === undefined ? undefined : clock.monotonic() + timeoutMs;
  return (signal) => ({
    signal,
    ...(end !== undefined && { timeoutMs: Math.max(0, Math.ceil(end - clock.monotonic())) }),
  });
}

/**
 * Resolves when a request has not been answered for so many milliseconds, or cannot be over this session, and there is time for another
 * one; fails once it is answered, or needs no other session to fail.
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
  'The session that stands has answered, so no other one is opened.',
);

function isSilence(error: unknown): boolean {
  return error instanceof DotsError && error.kind === 'unreachable' && error.code !== 'coap/cancelled';
}

/** What was asked over the known session may have arrived, which a second silence does not tell. */
function moreTelling([first, second]: unknown[]): unknown {
  return second instanceof DotsError && second.code === 'transport/no-answer' ? first : second;
}

/** Whether a session stands over TLS, although DTLS comes first (RFC 9132 section 4.3). */
export function isOverTls({ security }: SignalSession): boolean {
  return security?.protocol.startsWith('TLS') === true;
}
