import {
  covers,
  formatPrefix,
  hasHostBits,
  makePrefix,
  parseNetwork,
  addressBits,
  type Prefix,
} from '#dots/model/prefix';
import type { Findings } from './findings';
import { asString, filledEntries, malformed, type Located } from './values';

/** A prefix with the member that names it. */
export interface ResolvedPrefix {
  prefix: Prefix;
  place: Located;
}

/** Reads a prefix. Host bits are reported and cleared; anything that is no prefix is reported. */
export function readPrefix(located: Located, report: Findings): Prefix | undefined {
  const text = asString(located, report);
  if (text === undefined) return undefined;
  const prefix = parseNetwork(text);
  if (prefix === undefined) {
    malformed(located, 'is no prefix such as 192.0.2.0/24 or 2001:db8::/32', report);
    return undefined;
  }
  if (hasHostBits(text))
    report.information(
      located,
      'flowspec/host-bits',
      '8955 4.2.2.1',
      `${text} means all of ${formatPrefix(prefix)}: bits after the prefix length do not count. For one address write /${addressBits(prefix.family)}.`,
    );
  noteMapped(prefix, located, report);
  return prefix;
}

const mapped = parseNetwork('::ffff:0:0/96') as Prefix;

/** Programs write IPv4 addresses in this form; the packets of these hosts are IPv4 (RFC 4291 section 2.5.5.2). */
function noteMapped(prefix: Prefix, located: Located, report: Findings): void {
  if (prefix.length <= mapped.length || !covers(mapped, prefix)) return;
  const ipv4 = formatPrefix(makePrefix(prefix.octets.slice(12), prefix.length - mapped.length));
  report.add(located, {
    code: 'flowspec/mapped-prefix',
    class: 'advice',
    severity: 'warning',
    rfc: '4291 2.5.5.2',
    message: `No packet matches ${String(located.value)}: IPv4-mapped addresses do not occur in packets. Write ${ipv4}.`,
  });
}

/** The prefixes of a list with their places; `complete` is false when some could not be read and are left out. */
export function readPrefixes(
  list: Located | undefined,
  report: Findings,
): { items: ResolvedPrefix[]; complete: boolean } {
  const read = filledEntries(list, report)?.map((place) => ({ prefix: readPrefix(place, report), place }));
  const items = (read ?? []).filter((item): item is ResolvedPrefix => item.prefix !== undefined);
  return { items, complete: items.length === read?.length };
}
