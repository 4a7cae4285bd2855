import type { Clock } from '#dots/runtime/clock';
import { isFinal } from '#dots/transport/connect/connect';
import { raceConnections } from '#dots/transport/connect/raceConnections';
import type { SignalSession } from '../session';
import type { Place } from './redirection';

/** How long a place has before the next one is attempted beside it, milliseconds. */
const beforeNextMs = 3_000;

/**
 * Opens a session at the first of some places that answers; the preferred one is attempted first. Throws the error of
 * one that refuses, or otherwise that of the first.
 */
export async function openFirst(
  places: readonly Place[],
  open: (place: Place, signal: AbortSignal | undefined) => Promise<SignalSession>,
  { clock, signal }: { clock: Clock; signal: AbortSignal | undefined },
): Promise<SignalSession> {
  const [only] = places;
  if (only !== undefined && places.length === 1) return open(only, signal);
  try {
    const { winner } = await raceConnections<Place, SignalSession>({
      candidates: places,
      delayMs: beforeNextMs,
      clock,
      ...(signal !== undefined && { signal }),
      deadline: clock.monotonic(),
      attempt: open,
      isFinal: () => false,
      discard: (late) => void late.close(),
    });
    return winner;
  } catch (errors) {
    throw Array.isArray(errors) ? (errors.find(isFinal) ?? errors[0]) : errors;
  }
}
