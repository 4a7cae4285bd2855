import type { Clock } from './clock';
import type { DotsError } from '#dots/model/errors';

/** What may end something that waits for a peer or a network. */
export interface Bounds {
  clock: Clock;
  /** The caller's; what it is aborted with does not matter. */
  signal?: AbortSignal | undefined;
  /** Milliseconds. */
  deadlineMs: number;
  /** What to say when the caller gives up, and when the time is over. */
  cancelled: () => DotsError;
  late: () => DotsError;
}

/** A signal for the deadline and the caller's in one, aborted with what there is to say. */
export interface Limit {
  signal: AbortSignal;
  /** Takes the timer and the listener away. */
  lift(): void;
}

/** Sets both limits; who has waited lifts them. */
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

/** Waits for what cannot be interrupted, or for the reason of the signal, whichever comes first. */
export function settled<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
