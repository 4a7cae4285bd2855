/** The most bits per second that a class may send: 10 Tbit/s. Its product with the number of samples is below 2^53. */
export const mostBits = 10_000_000_000_000;

/**
 * Divides whole bits in proportion to weights. The parts are whole and add up to all of it: each boundary between parts
 * is rounded, so that the same input has the same remainders.
 */
export function divide(bits: number, weights: readonly number[]): number[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let weight = 0;
  let given = 0;
  return weights.map((own, index) => {
    weight += own;
    const boundary = index === weights.length - 1 ? bits : Math.round((bits * weight) / total);
    const part = boundary - given;
    given = boundary;
    return part;
  });
}

/** How much of each amount passes where only a share of all passes: whole bits, never more than there were. */
export function passing(amounts: readonly number[], share: number): number[] {
  let before = 0;
  let passed = 0;
  return amounts.map((amount) => {
    before += amount;
    const boundary = Math.floor(before * share);
    const part = Math.min(amount, boundary - passed);
    passed = boundary;
    return part;
  });
}
