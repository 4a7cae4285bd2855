import { formatPrefix, hasHostBits, mappedIpv4, parseNetwork, addressBits, type Prefix } from '#dots/model/prefix';
import type { Findings } from './findings';
import { asString, filledEntries, malformed, type Located } from './values';

/** A prefix with the member that names it. */
export interface ResolvedPrefix {
  prefix: Prefix;
  place: Located;
}

/** Reads a prefix. Host bits are reported and cleared; anything that is not a prefix is reported. */
export function readPrefix(located: Located, report: Findings): Prefix | undefined {
  const text = asString(located, report);
  if (text === undefined) return undefined;
  const prefix = parseNetwork(text);
  if (prefix === undefined) {
    malformed(located, 'is not a prefix such as 192.0.2.0/24 or 2001:db8::/32', report);
    return undefined;
  }
  if (hasHostBits(text))
    report.information(
      located,
      'flowspec/host-bits',
      '8955 4.2.2.1',
      `${text} means all of ${formatPrefix(prefix)}: bits beyond the prefix length are ignored. For one address write /${addressBits(prefix.family)}.`,
    );
  noteMapped(prefix, located, report);
  return prefix;
}

function noteMapped(prefix: Prefix, located: Located, report: Findings): void {
  const ipv4 = mappedIpv4(prefix);
  if (ipv4 === undefined || ipv4.length === 0) return;
  report.add(located, {
    code: 'flowspec/mapped-prefix',
    class: 'advice',
    severity: 'warning',
    rfc: '4291 2.5.5.2',
    message: `No packet matches ${String(located.value)}: IPv4-mapped addresses do not occur in packets. Write ${formatPrefix(ipv4)}.`,
  });
}

/** The prefixes of a list with their places; `complete` is false if some could not be read and are omitted. */
export function readPrefixes(
  list: Located | undefined,
  report: Findings,
): { items: ResolvedPrefix[]; complete: boolean } {
  const read = filledEntries(list, report)?.map((place) => ({ prefix: readPrefix(place, report), place }));
  const items = (read ?? []).filter((item): item is ResolvedPrefix => item.prefix !== undefined);
  return { items, complete: items.length === read?.length };
}
