import { isFinal } from '#dots/transport/connect/connect';
import type { Place } from './redirection';

/**
 * Opens a session at the first of some places where that works, in their order. Throws the error of one that refuses,
 * or otherwise that of the first; an attempt that is cancelled is the last one.
 */
export async function openFirst<T>(
  places: readonly Place[],
  open: (place: Place) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  const errors: unknown[] = [];
  for (const place of places) {
    try {
      return await open(place);
    } catch (error) {
      errors.push(error);
      if (signal.aborted) break;
    }
  }
  throw errors.find(isFinal) ?? errors[0];
}
