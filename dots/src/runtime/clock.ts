/** What `setTimeout` gave back; only the clock that made it looks inside. */
export type TimerHandle = unknown;

/** The longest wait that Node can set a timer to, milliseconds; a longer one would end at once. */
const longestWait = 2 ** 31 - 1;

/**
 * Time as the protocol sees it, so that tests can run hours in a moment. There are two times, because the one on the wall may be set,
 * by hand or by NTP: a session must not end, nor a notification be held back, when that happens.
 */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00Z: for what is shown, kept in a file, compared with a certificate, or made into an identifier. */
  now(): number;
  /** Milliseconds since some moment in the past, unaffected by changes of the system time: for every duration and every deadline. */
  monotonic(): number;
  /** Waits by the monotonic time, at most 2^31 - 1 milliseconds: who waits for longer looks at the clock when called back. */
  setTimeout(callback: () => void, milliseconds: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, milliseconds) => setTimeout(callback, Math.min(milliseconds, longestWait)),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};
