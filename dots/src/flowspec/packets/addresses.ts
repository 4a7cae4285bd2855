import { addressBits, type Family, type Octets, type Prefix } from '#dots/model/prefix';
import { interval, type Bound, type IntervalSet } from './intervals';

/** An address as a number, for IPv6 as a bigint: the element of address intervals. */
function addressNumber(octets: Octets): Bound {
  return octets.length === 4
    ? octets.reduce((value, octet) => value * 256 + octet, 0)
    : octets.reduce((value, octet) => (value << 8n) | BigInt(octet), 0n);
}

/** The octets of an address that is a number. */
export function addressOctets(address: Bound, family: Family): number[] {
  const count = addressBits(family) / 8;
  const whole = BigInt(address);
  return Array.from({ length: count }, (_, index) => Number((whole >> BigInt(8 * (count - 1 - index))) & 0xffn));
}

/** The addresses of a prefix. */
export function addressInterval({ octets, length }: Prefix): IntervalSet {
  const from = addressNumber(octets);
  return typeof from === 'number'
    ? interval(from, from + 2 ** (32 - length))
    : interval(from, from + (1n << BigInt(128 - length)));
}
