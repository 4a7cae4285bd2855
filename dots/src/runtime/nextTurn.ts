/** Resolves in the next turn of the event loop: input and timers come first. */
export const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
