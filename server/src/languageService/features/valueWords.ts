import type { XYang } from '#dots/model/schema';
import { addressBits, formatAddress, parsePrefix, type Prefix } from '#dots/model/prefix';
import { bitRate, count, longDuration } from '#dots/words/quantities';

/** Members with seconds since 1970, as RFC 9132 section 4.4.2 and RFC 9244 section 8.1.5 write times. */
const times = new Set(['mitigation-start', 'start-time', 'end-time']);

/** What a value is in other words, where its form does not say it at once: a prefix, a time, a rate, a duration. */
export function valueInWords(name: string, yang: XYang | undefined, value: string): string | undefined {
  const { type, units } = yang ?? {};
  if (/-prefix$/.test(type?.name ?? '')) return prefixWords(parsePrefix(value));
  if (!/^\d{1,15}(\.\d+)?$/.test(value)) return undefined;
  const number = Number(value);
  if (times.has(name)) return timeWords(number);
  switch (units) {
    case 'bytes per second':
      return bitRate(number);
    case 'seconds':
      return number < 60 ? undefined : longDuration(Math.round(number));
    case 'minutes':
      return number < 1 ? undefined : longDuration(60 * Math.round(number));
    default:
      return undefined;
  }
}

/** `256 addresses, 192.0.2.0 to 192.0.2.255`. */
function prefixWords(prefix: Prefix | undefined): string | undefined {
  if (prefix === undefined) return undefined;
  const free = addressBits(prefix.family) - prefix.length;
  if (free === 0) return 'one address';
  const size = free > 40 ? `2^${free}` : free > 16 ? count(2 ** free) : String(2 ** free);
  return `${size} addresses, ${formatAddress(prefix.octets)} to ${formatAddress(lastOctets(prefix))}`;
}

const lastOctets = ({ octets, length }: Prefix): number[] =>
  octets.map((octet, index) => {
    const host = Math.min(8, Math.max(0, 8 * (index + 1) - length));
    return octet | (2 ** host - 1);
  });

/** `2020-12-19 00:09:28 UTC`; undefined for what is no time that can be meant. */
function timeWords(seconds: number): string | undefined {
  if (seconds > 32_503_680_000) return undefined;
  return `${new Date(1000 * seconds).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
