import { UsageError } from './command';

/** The bytes of hex digits, or undefined where they are none; blanks between them and a leading 0x are passed over. */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/\s+/g, '').replace(/^0x/i, '');
  return digits.length > 0 && digits.length % 2 === 0 && /^[0-9a-f]*$/i.test(digits)
    ? Buffer.from(digits, 'hex')
    : undefined;
}

/** The bytes that an option gives as hex digits. Throws UsageError. */
export function hexOption(name: string, text: string, example: string): Uint8Array {
  const bytes = fromHex(text);
  if (bytes === undefined)
    throw new UsageError(`--${name} wants an even number of hexadecimal digits.`, `For example ${example}.`);
  return bytes;
}
