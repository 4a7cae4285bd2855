import { systemClock, type Clock } from '#dots/coap/clock';
import { DotsError } from '#dots/model/errors';
import type { Answer } from './answer';
import type { SignalSession } from './session';

/** How long a session may keep silent before a new one is opened beside it, milliseconds. */
export const silenceMs = 3_000;

/** One request over a session; given up when the signal is aborted. */
export type Asking = (session: SignalSession, signal: AbortSignal | undefined) => Promise<Answer>;

/** What was answered, and over which session. */
export interface Answered { session: SignalSession; answer: Answer }

export interface AskOverOptions {
  /** The session that stands, if one does. */
  known: SignalSession | undefined;
  /** Opens another one and, once it stands, puts it in the place of the known one. */
  renew(signal: AbortSignal | undefined): Promise<SignalSession>;
  /** Gives all of it up. */
  signal?: AbortSignal;
  clock?: Clock;
}

/**
 * Asks over the session that stands. Where no answer comes, because the link drowns or the server was started anew, a new session is
 * opened and asked in parallel, and the first answer counts (RFC 9132 section 4.7); so a request has to be one that may arrive twice.
 * Throws a DotsError: that of opening a session where it comes to that, else that of the request.
 */
export async function askOver(options: AskOverOptions, asking: Asking): Promise<Answered> {
  const { known, renew, signal, clock = systemClock } = options;
  const over = async (session: SignalSession, given = signal): Promise<Answered> => ({ session, answer: await asking(session, given) });
  if (known === undefined || known.state === 'closed') return over(await renew(signal));
  // Plain CoAP has no handshake: a new session would be the same one.
  if (known.security === undefined) return over(known);
  const settled = new AbortController();
  const either = signal === undefined ? settled.signal : AbortSignal.any([signal, settled.signal]);
  const first = over(known, either);
  const second = silenceOf(first, known.state === 'lost' ? 0 : silenceMs, clock).then(async () => over(await renew(either), either));
  try {
    return await Promise.any([first, second]);
  } catch (error) {
    throw error instanceof AggregateError ? error.errors[1] : error;
  } finally {
    settled.abort();
  }
}

/** Resolves when a request has not been answered for so many milliseconds, or cannot be over this session; fails once it is answered, or needs no other session to fail. */
function silenceOf(first: Promise<unknown>, milliseconds: number, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.setTimeout(resolve, milliseconds);
    const settle = (act: () => void): void => {
      clock.clearTimeout(timer);
      act();
    };
    first.then(() => settle(() => reject(answered)), (error: unknown) => settle(() => (isSilence(error) ? resolve() : reject(error as Error))));
  });
}

const answered = new DotsError('unreachable', 'signal/answered', 'The session that stands has answered, so no other one is opened.');

function isSilence(error: unknown): boolean {
  return error instanceof DotsError && error.kind === 'unreachable' && error.code !== 'coap/cancelled';
}
