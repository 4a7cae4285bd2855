import {
  addressBits,
  formatAddress,
  formatPrefix,
  makePrefix,
  sameBits,
  type Family,
  type Octets,
  type Prefix,
} from '#dots/model/prefix';
import { FlowspecError } from './error';
import type { OctetReader } from './octets';

/**
 * What an address component matches: a prefix, or for IPv6 the bits from an offset on (RFC 8956 section 3.1).
 * Bits before the offset are zero in `octets`.
 */
export interface PrefixPattern extends Prefix {
  /** How many leading bits are not compared; always 0 for IPv4. */
  offset: number;
}

/** The pattern of a prefix; with an offset, bits before it are cleared. */
export function prefixPattern({ family, octets, length }: Prefix, offset = 0): PrefixPattern {
  return { family, octets: offset === 0 ? octets : fromOffset(octets, offset), length, offset };
}

/** The octets with every bit before `offset` cleared. */
function fromOffset(octets: Octets, offset: number): number[] {
  return octets.map((octet, index) => {
    const cleared = offset - 8 * index;
    if (cleared <= 0) return octet;
    return cleared >= 8 ? 0 : octet & (0xff >> cleared);
  });
}

/** Whether an address of the pattern's family matches it. */
export function matchesAddress({ octets, length, offset }: PrefixPattern, address: Octets): boolean {
  return sameBits(octets, offset === 0 ? address : fromOffset(address, offset), length);
}

/** `192.0.2.0/24`, `2001:db8::/32`, or with an offset `::1234:0/64-112` (the notation of RFC 8956 section 3.1). */
export function patternText(pattern: PrefixPattern): string {
  if (pattern.offset === 0) return formatPrefix(pattern);
  return `${formatAddress(pattern.octets)}/${pattern.offset}-${pattern.length}`;
}

/** The eight bits that start at bit `at`; bits beyond the end are zero. */
function bitsAt(octets: Octets, at: number): number {
  const index = at >> 3;
  const shift = at & 7;
  return (((octets[index] ?? 0) << shift) | ((octets[index + 1] ?? 0) >> (8 - shift))) & 0xff;
}

/** The wire form of a prefix component after its type (RFC 8955 section 4.2.2.1, RFC 8956 section 3.1). */
export function encodePrefix({ family, octets, length, offset }: PrefixPattern): number[] {
  const count = Math.ceil((length - offset) / 8);
  const head = family === 'ipv4' ? [length] : [length, offset];
  return [...head, ...Array.from({ length: count }, (_, index) => bitsAt(octets, offset + 8 * index))];
}

/** Reads a prefix component after its type; throws FlowspecError for a length or offset out of bounds. */
export function decodePrefix(reader: OctetReader, family: Family): PrefixPattern {
  const start = reader.at;
  const bits = addressBits(family);
  const length = reader.octet('the length of the prefix');
  if (length > bits)
    throw new FlowspecError(
      'flowspec/prefix-length',
      `a prefix length of ${length}, but the address has ${bits} bits.`,
      start,
    );
  const offset = family === 'ipv4' ? 0 : reader.octet('the offset of the prefix');
  if (offset >= length && offset + length > 0) {
    throw new FlowspecError(
      'flowspec/prefix-offset',
      `the offset ${offset} is not below the prefix length ${length}.`,
      start + 1,
    );
  }
  const pattern = reader.take(Math.ceil((length - offset) / 8), 'the end of the prefix');
  const octets = Array.from({ length: bits / 8 }, (_, index) => bitsBefore(pattern, 8 * index - offset));
  return prefixPattern(makePrefix(octets, length), offset);
}

/** The eight bits that start at bit `at` of a pattern; `at` may be any distance before it. */
function bitsBefore(pattern: Octets, at: number): number {
  if (at >= 0) return bitsAt(pattern, at);
  return at <= -8 ? 0 : (pattern[0] ?? 0) >> -at;
}
