import type { CoapOption, Malformed } from './message';

/** What follows the token in a message, on datagrams and streams alike: RFC 7252 section 3.1. */
export interface Body {
  options: CoapOption[];
  payload: Uint8Array;
}

const payloadMarker = 0xff;

/** Options in the order of their numbers, then the payload. */
export function encodeBody({ options, payload }: Body): Uint8Array {
  const parts: Uint8Array[] = [];
  let last = 0;
  for (const { number, value } of [...options].sort((a, b) => a.number - b.number)) {
    parts.push(optionHeader(number - last, value.length), value);
    last = number;
  }
  if (payload.length > 0) parts.push(Uint8Array.of(payloadMarker), payload);
  return Buffer.concat(parts);
}

function optionHeader(delta: number, length: number): Uint8Array {
  const [one, other] = [shortened(delta), shortened(length)];
  return Uint8Array.of(one.nibble * 16 + other.nibble, ...one.extension, ...other.extension);
}

function shortened(value: number): { nibble: number; extension: number[] } {
  if (value < 13) return { nibble: value, extension: [] };
  if (value < 269) return { nibble: 13, extension: [value - 13] };
  return { nibble: 14, extension: [(value - 269) >> 8, (value - 269) & 0xff] };
}

/** Reads options and payload; never throws. The values are views of the given bytes. */
export function decodeBody(bytes: Uint8Array): Body | Malformed {
  const options: CoapOption[] = [];
  let number = 0;
  for (let index = 0; index < bytes.length;) {
    const byte = bytes[index] ?? 0;
    if (byte === payloadMarker) {
      return index + 1 === bytes.length
        ? { malformed: 'a payload marker without a payload' }
        : { options, payload: bytes.subarray(index + 1) };
    }
    const delta = extended(bytes, index + 1, byte >> 4);
    const length = delta && extended(bytes, delta.next, byte & 15);
    if (delta === undefined || length === undefined) return { malformed: 'option header truncated or reserved' };
    number += delta.value;
    if (number > 65_535) return { malformed: 'option number above 65535' };
    index = length.next + length.value;
    if (index > bytes.length) return { malformed: 'option value exceeds the message' };
    options.push({ number, value: bytes.subarray(length.next, index) });
  }
  return { options, payload: bytes.subarray(bytes.length) };
}

/** An option delta or length with its extension bytes; undefined for the reserved 15 or missing bytes. */
function extended(bytes: Uint8Array, next: number, nibble: number): { value: number; next: number } | undefined {
  if (nibble < 13) return { value: nibble, next };
  const width = nibble - 12;
  if (nibble === 15 || next + width > bytes.length) return undefined;
  const [high = 0, low = 0] = bytes.subarray(next);
  return width === 1 ? { value: high + 13, next: next + 1 } : { value: high * 256 + low + 269, next: next + 2 };
}
