import { parseAddress } from './prefix';

/** The longest domain name in text form, characters (RFC 1035 section 2.3.4). */
const longestName = 253;

const label = /^(?:[a-z0-9_]|[a-z0-9_][a-z0-9_-]{0,61}[a-z0-9_])$/i;

/** Whether a text is an IPv4 or IPv6 address without a length. */
export const isAddress = (text: string): boolean => parseAddress(text) !== undefined;

/**
 * Why a text is not the DNS name of a host, as the end of a sentence; undefined if it may be one. An address is not a
 * name, nor is a text whose last label is a number (RFC 1123 section 2.1), which resolvers read in hexadecimal too;
 * `localhost` never leaves the machine (RFC 6761 section 6.3).
 */
export function domainNameProblem(text: string): string | undefined {
  const name = text.endsWith('.') ? text.slice(0, -1) : text;
  if (isAddress(name)) return 'is an address, not a name';
  if (name === '') return 'names no host';
  if (name.length > longestName) return `is longer than the ${longestName} characters of a domain name`;
  const labels = name.split('.');
  const wrong = labels.find((one) => !label.test(one));
  if (wrong !== undefined)
    return wrong === '' ? 'has an empty label' : `has a label that is invalid in a domain name: ${shown(wrong)}`;
  const last = labels[labels.length - 1] ?? '';
  if (/^(?:\d+|0x[\da-f]*)$/i.test(last))
    return 'ends in a number, so it is read as an address, and it is not a valid one';
  if (last.toLowerCase() === 'localhost') return 'names the machine that resolves it';
  return undefined;
}

const shown = (text: string): string => JSON.stringify(text.length > 30 ? `${text.slice(0, 30)}...` : text);

/**
 * One text for all the texts of a domain name: without case, and without the final dot (RFC 4343, RFC 1034 section
 * 3.1).
 */
export function canonicalName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}
