/**
 * How long the extension's own code takes until it is active: reading it, and activating it. Between the two the editor
 * has other things to do. This is the first import, so its clock starts before all others are read.
 */
const begun = performance.now();
let reading = 0;
let activating = 0;

/** Called when all code has been read. */
export function read(): void {
  reading = performance.now() - begun;
}

/** Runs the activation. */
export function timed<T>(activate: () => T): T {
  const start = performance.now();
  const made = activate();
  activating = performance.now() - start;
  return made;
}

/** Milliseconds of both. */
export function activationTimes(): { reading: number; activating: number } {
  return { reading, activating };
}
