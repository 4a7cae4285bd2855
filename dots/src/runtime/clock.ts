/** The return value of `setTimeout`; opaque to all but the clock that made it. */
export type TimerHandle = unknown;

/** The longest wait of a Node timer, milliseconds; a longer one would end at once. */
const longestWait = 2 ** 31 - 1;

/**
 * Time as the protocol sees it, so that tests can run hours in a moment. There are two clocks, because the system time
 * may be set, by hand or by NTP: that must not end a session or delay a notification.
 */
export interface Clock {
  /**
   * Milliseconds since 1970-01-01T00:00Z: for times that are shown, stored in a file, compared with a certificate, or
   * used in an identifier.
   */
  now(): number;
  /**
   * Milliseconds since some moment in the past, unaffected by changes of the system time: for every duration and every
   * deadline.
   */
  monotonic(): number;
  /**
   * Waits by the monotonic time, at most 2^31 - 1 milliseconds: for a longer wait the caller checks the clock when
   * called back.
   */
  setTimeout(callback: () => void, milliseconds: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  // As performance.now(), whose modules Node.js would have to load first.
  monotonic: () => Number(process.hrtime.bigint()) / 1e6,
  setTimeout: (callback, milliseconds) => setTimeout(callback, Math.min(milliseconds, longestWait)),
  clearTimeout: (handle) => clearTimeout(handle as NodeJS.Timeout),
};
