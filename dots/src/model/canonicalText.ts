import { bareName, bitsIn } from './lexicalForms';
import { exact, wireText } from './numbers';
import { formatAddress, formatPrefix, parseAddress, parsePrefix } from './prefix';
import type { YangType } from './schema';

/**
 * One text for all the texts that are one value of a type: numbers without sign and leading zeros and with all fraction
 * digits, bits in the order of their positions, identities without their module, addresses and prefixes as RFC 5952
 * writes them (RFC 7950 section 9.1, RFC 6991 section 4). A text that is no value of the type stays as it is.
 */
export function canonicalText(type: YangType, text: string): string {
  const reader = named[type.name ?? ''];
  if (reader !== undefined) return reader(text);
  switch (type.base) {
    case 'int64':
    case 'uint64':
    case 'decimal64':
      return canonicalNumber(text, type.fractionDigits ?? 0);
    case 'bits':
      return canonicalBits(text, type.bits ?? []);
    case 'identityref':
      return bareName(text);
    default:
      return text;
  }
}

const named: Readonly<Record<string, ((text: string) => string) | undefined>> = {
  'ietf-inet-types:ip-prefix': canonicalPrefix,
  'ietf-inet-types:ipv4-prefix': canonicalPrefix,
  'ietf-inet-types:ipv6-prefix': canonicalPrefix,
  'ietf-inet-types:ip-address': canonicalAddress,
};

/** Without bits after the prefix length. */
function canonicalPrefix(text: string): string {
  const prefix = parsePrefix(text);
  return prefix === undefined ? text : formatPrefix(prefix);
}

/** The zone of an address stays as it is: its name is that of an interface (RFC 4007 section 11). */
function canonicalAddress(text: string): string {
  const [address = '', ...zone] = text.split('%');
  const octets = parseAddress(address);
  return octets === undefined ? text : [formatAddress(octets), ...zone].join('%');
}

function canonicalNumber(text: string, digits: number): string {
  const number = exact(text);
  return number === undefined ? text : wireText(number, digits);
}

function canonicalBits(text: string, positions: readonly string[]): string {
  const set = new Set(bitsIn(text));
  const known = positions.filter((name) => set.delete(name));
  return set.size === 0 ? known.join(' ') : text;
}
