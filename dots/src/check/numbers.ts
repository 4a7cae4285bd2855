/** A whole or decimal number in text form, in units of 10^-18, so that comparisons are exact. */
const scale = 18;

/** The exact value of a number or of the text of one, or undefined where it is not a number. */
export function exact(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isInteger(value) ? BigInt(value) * 10n ** BigInt(scale) : undefined;
  if (typeof value !== 'string') return undefined;
  const match = /^([+-]?)(\d{1,40})(?:\.(\d{1,18}))?$/.exec(value);
  if (!match) return undefined;
  const [, sign, whole = '0', fraction = ''] = match;
  const units = BigInt(whole + fraction.padEnd(scale, '0'));
  return sign === '-' ? -units : units;
}

/**
 * The text in which a number comes back from the wire: an integer without sign and leading zeros, a decimal with all its
 * fraction digits, because tag 4 carries a fixed exponent (RFC 9132 section 6).
 * @param digits fraction digits of a decimal64; 0 for an integer
 */
export function wireText(number: bigint, digits: number): string {
  const units = (number < 0n ? -number : number) / 10n ** BigInt(scale - digits);
  const text = units.toString().padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  return `${number < 0n ? '-' : ''}${whole}${digits > 0 ? `.${text.slice(-digits)}` : ''}`;
}
