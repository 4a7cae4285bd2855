import type { Clock } from './clock';
import type { DotsError } from '#dots/model/errors';

/** The limits of waiting for a peer or a network. */
export interface Bounds {
  clock: Clock;
  /** The caller's; its reason is not used. */
  signal?: AbortSignal | undefined;
  /** Milliseconds. */
  deadlineMs: number;
  /** The errors for the caller's cancellation and for the time-out. */
  cancelled: () => DotsError;
  late: () => DotsError;
}

/** One signal for the deadline and the caller's, aborted with the error to report. */
export interface Limit {
  signal: AbortSignal;
  /** Removes the timer and the listener. */
  lift(): void;
}

/** Sets both limits; the caller releases them after waiting. */
export function limited({ clock, signal, deadlineMs, cancelled, late }: Bounds): Limit {
  const controller = new AbortController();
  const cancel = (): void => controller.abort(cancelled());
  const timer = clock.setTimeout(() => controller.abort(late()), deadlineMs);
  if (signal?.aborted === true) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  return {
    signal: controller.signal,
    lift: () => {
      clock.clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    },
  };
}

/** Waits for something that cannot be interrupted, or for the abort of the signal, whichever comes first. */
export function settled<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
