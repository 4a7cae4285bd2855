/** Prints one figure; one that misses its bound sets the exit status. */
export function report(figure: string, met: boolean, values: object): void {
  process.stdout.write(`${JSON.stringify({ figure, ...values, met })}\n`);
  if (!met) process.exitCode = 1;
}

export const rounded = (value: number, digits = 3): number => Number(value.toPrecision(digits));

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}
