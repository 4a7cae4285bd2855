import { FlowspecError } from './error';

const digits = Array.from({ length: 256 }, (_, octet) => octet.toString(16).padStart(2, '0'));

/** Lower-case hex digits, two for each octet. */
export function toHex(octets: readonly number[]): string {
  let hex = '';
  for (const octet of octets) hex += digits[octet];
  return hex;
}

/**
 * Reads hex digits; white space between them and a leading 0x are skipped.
 * Throws FlowspecError for anything else, naming the octet.
 */
export function fromHex(text: string): number[] {
  const hex = text.replace(/\s+/g, '').replace(/^0x/i, '');
  const stray = hex.search(/[^0-9a-f]/i);
  if (stray >= 0) throw new FlowspecError('flowspec/not-hex', `"${hex.charAt(stray)}" is not a hex digit.`, stray >> 1);
  if (hex.length % 2 === 1)
    throw new FlowspecError('flowspec/not-hex', 'half an octet: the number of hex digits is odd.', hex.length >> 1);
  const octets: number[] = [];
  for (let at = 0; at < hex.length; at += 2) octets.push(Number.parseInt(hex.slice(at, at + 2), 16));
  return octets;
}

/** Reads octets in sequence; its errors name the missing one. */
export class OctetReader {
  constructor(
    readonly octets: readonly number[],
    public at = 0,
    readonly end = octets.length,
  ) {}

  get done(): boolean {
    return this.at >= this.end;
  }

  /** The next `count` octets, or FlowspecError if the input ends before. */
  take(count: number, what: string): readonly number[] {
    if (this.at + count > this.end)
      throw new FlowspecError('flowspec/truncated', `the input ends before ${what}.`, this.end);
    this.at += count;
    return this.octets.slice(this.at - count, this.at);
  }

  /** The next octet. */
  octet(what: string): number {
    return this.take(1, what)[0] as number;
  }
}

/** The unsigned integer in at most 4 octets, most significant first. */
export function toNumber(octets: readonly number[]): number {
  let value = 0;
  for (const octet of octets) value = value * 256 + octet;
  return value;
}

/** An unsigned integer below 2^53 as `count` octets, most significant first. */
export function toOctets(value: number, count: number): number[] {
  const octets = new Array<number>(count);
  let rest = value;
  for (let at = count - 1; at >= 0; at--) {
    octets[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return octets;
}

/** The four octets of an IEEE 754 single precision number. */
export function floatOctets(value: number): number[] {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setFloat32(0, value);
  return [...bytes];
}

/** The IEEE 754 single precision number in four octets. */
export function floatOf(octets: readonly number[]): number {
  return new DataView(Uint8Array.from(octets).buffer).getFloat32(0);
}
