import { formatAddress, parsePrefix as readPrefix, width } from '#dots/model/prefix';
import { FlowspecError } from './error';
import type { OctetReader } from './octets';
import type { Family, Prefix } from './rule';

/** How many bits an address of the family has. */
export function addressBits(family: Family): number {
  return width(family);
}

/** An address as one integer, which is how the model reads and writes them. */
function integerOf(octets: readonly number[]): bigint {
  return octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

/** The octets of an address that is one integer, most significant first. */
export function octetsOf(address: bigint, family: Family): number[] {
  const count = addressBits(family) / 8;
  return Array.from({ length: count }, (_, index) => Number((address >> BigInt(8 * (count - 1 - index))) & 0xffn));
}

/** The octets of an IPv4 or IPv6 address in text, or undefined. */
export function parseAddress(text: string): number[] | undefined {
  if (text.includes('/')) return undefined;
  const parsed = readPrefix(text);
  return parsed && octetsOf(parsed.address, parsed.family);
}

/** The family of an address by its number of octets. */
function familyOf(octets: readonly number[]): Family {
  return octets.length === 4 ? 'ipv4' : 'ipv6';
}

/** The octets with every bit outside `offset` to `length` cleared. */
function masked(octets: readonly number[], offset: number, length: number): number[] {
  return octets.map((octet, index) => {
    const after = 8 * index + 8 - length;
    const before = offset - 8 * index;
    return (
      octet &
      (after <= 0 ? 0xff : after >= 8 ? 0 : (0xff << after) & 0xff) &
      (before <= 0 ? 0xff : before >= 8 ? 0 : 0xff >> before)
    );
  });
}

/** A prefix of an address; bits beyond the length are cleared. */
export function makePrefix(octets: readonly number[], length: number, offset = 0): Prefix {
  return { family: familyOf(octets), octets: masked(octets, offset, length), length, offset };
}

/** Reads `192.0.2.0/24` or `2001:db8::/32`, with the length; bits beyond it are cleared. Undefined for anything else. */
export function parsePrefix(text: string): Prefix | undefined {
  if (!/\/(0|[1-9]\d*)$/.test(text)) return undefined;
  const parsed = readPrefix(text);
  return parsed && makePrefix(octetsOf(parsed.address, parsed.family), parsed.length);
}

/** The address as RFC 5952 wants it written. */
export function addressText(octets: readonly number[]): string {
  return formatAddress(familyOf(octets), integerOf(octets));
}

/** `192.0.2.0/24`, `2001:db8::/32`, or with an offset `::1234:0/64-112` (the notation of RFC 8956 section 3.1). */
export function prefixText(prefix: Prefix): string {
  const address = addressText(prefix.octets);
  return prefix.offset === 0 ? `${address}/${prefix.length}` : `${address}/${prefix.offset}-${prefix.length}`;
}

/** The eight bits that start at bit `at`; bits beyond the end are zero. */
function bitsAt(octets: readonly number[], at: number): number {
  const index = at >> 3;
  const shift = at & 7;
  return (((octets[index] ?? 0) << shift) | ((octets[index + 1] ?? 0) >> (8 - shift))) & 0xff;
}

/** The wire form of a prefix component after its type (RFC 8955 section 4.2.2.1, RFC 8956 section 3.1). */
export function encodePrefix(prefix: Prefix): number[] {
  const count = Math.ceil((prefix.length - prefix.offset) / 8);
  const head = prefix.family === 'ipv4' ? [prefix.length] : [prefix.length, prefix.offset];
  return [...head, ...Array.from({ length: count }, (_, index) => bitsAt(prefix.octets, prefix.offset + 8 * index))];
}

/** Reads a prefix component after its type; throws FlowspecError for a length or offset out of bounds. */
export function decodePrefix(reader: OctetReader, family: Family): Prefix {
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
  return makePrefix(octets, length, offset);
}

/** The eight bits that start at bit `at` of a pattern; `at` may lie up to any distance before it. */
function bitsBefore(pattern: readonly number[], at: number): number {
  if (at >= 0) return bitsAt(pattern, at);
  return at <= -8 ? 0 : (pattern[0] ?? 0) >> -at;
}

/** The two prefixes one bit longer that together are this one; it must not be a single address. */
export function halves({ octets, length }: Prefix): [low: Prefix, high: Prefix] {
  const high = octets.map((octet, index) => (index === length >> 3 ? octet | (0x80 >> (length & 7)) : octet));
  return [makePrefix(octets, length + 1), makePrefix(high, length + 1)];
}

/** Whether every address of `inner` is one of `outer`; both without an offset. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  return outer.family === inner.family && outer.length <= inner.length && sameBits(outer, inner, outer.length);
}

/** Whether two addresses agree in their first `length` bits. */
export function sameBits(a: Prefix, b: Prefix, length: number): boolean {
  const whole = length >> 3;
  for (let index = 0; index < whole; index++) if (a.octets[index] !== b.octets[index]) return false;
  const rest = length & 7;
  return rest === 0 || ((a.octets[whole] ?? 0) ^ (b.octets[whole] ?? 0)) >> (8 - rest) === 0;
}

/** Orders addresses by their value, most significant octet first. */
export function compareAddresses(a: Prefix, b: Prefix): number {
  for (const [index, octet] of a.octets.entries()) {
    const difference = octet - (b.octets[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
