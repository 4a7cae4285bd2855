/** How long the extension's own code takes until it is active. It is the first import, so its clock starts before all others are read. */
const begun = performance.now();
let done: number | undefined;

/** Called when everything stands. */
export function activated(): void {
  done ??= performance.now() - begun;
}

/** Milliseconds from the first line of the extension to the end of its activation. */
export function activationMs(): number {
  return done ?? 0;
}
