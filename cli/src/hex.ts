import { UsageError } from './command';

/** The bytes of hex digits, or undefined for other text; spaces between them and a leading 0x are skipped. */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s+/g, '').replace(/^0x/i, '');
  return digits.length > 0 && digits.length % 2 === 0 && /^[0-9a-f]*$/i.test(digits)
    ? Buffer.from(digits, 'hex')
    : undefined;
}

/** The bytes in an option's hex digits. Throws UsageError. */
export function hexOption(name: string, text: string, example: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined)
    throw new UsageError(`--${name} requires an even number of hexadecimal digits.`, `For example ${example}.`);
  return bytes;
}
