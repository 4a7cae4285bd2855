/** A whole or decimal number in text form, in units of 10^-18, so that comparisons are exact. */
const scale = 18;

/** The exact value of a number or of the text of one, or undefined where it is not a number. */
export function exact(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) * 10n ** BigInt(scale) : undefined;
  if (typeof value !== 'string') return undefined;
  const match = /^([+-]?)0{0,999}(\d{1,40})(?:\.(\d{1,999}))?$/.exec(value);
  if (!match) return undefined;
  const [, sign, whole = '0'] = match;
  const fraction = withoutZeros(match[3] ?? '');
  if (fraction.length > scale) return undefined;
  const units = BigInt(whole + fraction.padEnd(scale, '0'));
  return sign === '-' ? -units : units;
}

/** Digits after the point without trailing zeros, which do not change the value (RFC 7950 section 9.3.2). */
export function withoutZeros(fraction: string): string {
  let end = fraction.length;
  while (fraction.charAt(end - 1) === '0') end -= 1;
  return fraction.slice(0, end);
}

/**
 * The text in which a number comes back from the wire: an integer without sign and leading zeros, a decimal with all
 * its fraction digits, because tag 4 carries a fixed exponent (RFC 9132 section 6).
 * @param digits fraction digits of a decimal64; 0 for an integer
 */
export function wireText(number: bigint, digits: number): string {
  const units = (number < 0n ? -number : number) / 10n ** BigInt(scale - digits);
  const text = units.toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${number < 0n ? '-' : ''}${whole}${digits > 0 ? `.${text.slice(-digits)}` : ''}`;
}

/** A number in units of its last digit; undefined for another text, or one with more fraction digits than `digits`. */
export function mantissaIn(text: string, digits: number): bigint | undefined {
  const units = exact(text);
  const step = 10n ** BigInt(scale - digits);
  return units === undefined || units % step !== 0n ? undefined : units / step;
}

/**
 * The value of an int64, uint64 or decimal64 in any of its lexical forms (RFC 7950 sections 9.2.1 and 9.3.1); undefined
 * for another text. "-0" is 0: YANG has one zero, a float on the wire has two.
 */
export function numberIn(text: string): number | undefined {
  return exact(text) === undefined ? undefined : Number(text) + 0;
}
