import { DotsError } from '#dots/model/errors';
import type { Clock } from '#dots/runtime/clock';

/** When a failed attempt is repeated, from its first start; milliseconds. Later ones follow at the last distance. */
const repetitions = [1000, 3000, 7000, 12_000] as const;
const laterMs = 5000;

/**
 * The failures of the network, which says nothing about the server: they do not end an attempt before its deadline. A
 * name that the resolver denies is one of them: under attack, and while a machine starts, it may be wrong.
 */
const transient = ['refused', 'network', 'no-route', 'no-answer', 'no-name-server', 'unknown-host'].map(
  (reason) => `transport/${reason}`,
);

/** Whether an attempt that failed so may succeed later. */
export function isTransient(error: unknown): boolean {
  return error instanceof DotsError && transient.includes(error.code);
}

/**
 * When an attempt is repeated that was started first at `since` and last at `last`, and has failed `now`: by the
 * monotonic time, milliseconds.
 */
export function nextTry(since: number, last: number, now: number): number {
  const isNext = (at: number): boolean => at > last && at >= now;
  const listed = repetitions.map((after) => since + after).find(isNext);
  if (listed !== undefined) return listed;
  const [final] = repetitions.slice(-1) as [number];
  const rounds = Math.ceil((now - since - final) / laterMs);
  const at = since + final + rounds * laterMs;
  return isNext(at) ? at : at + laterMs;
}

/** Waits; rejects with the reason of the signal. */
export function pause(milliseconds: number, clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (act: () => void): void => {
      clock.clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      act();
    };
    const abort = (): void => end(() => reject(signal.reason as Error));
    const timer = clock.setTimeout(() => end(resolve), milliseconds);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort);
  });
}
