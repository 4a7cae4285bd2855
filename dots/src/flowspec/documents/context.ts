import type { JsonObject } from '#dots/model/json';
import { covers, formatPrefix, parseAddress, parseNetwork, type Family, type Prefix } from '#dots/model/prefix';
import { familyName } from '../bgp/nlri';
import type { Findings } from './findings';
import { asString, malformed, type Located } from './values';
import type { Resolution } from './resolve';
import type { Action, Place } from '../bgp/rule';

/** What the translation of one document needs to know of everything else. */
export interface Context {
  report: Findings;
  /** The prefixes that are one's own, merged; empty when they were not given. */
  domain: readonly Prefix[];
  /** What mitigations do, which name no action themselves. */
  mitigationActions: Action[];
  /** Aliases of all given documents, by name. */
  aliases: ReadonlyMap<string, Located<JsonObject>>;
  /** Activation types that mitigation requests give to ACLs (RFC 9133), by name of the ACL. */
  activation: ReadonlyMap<string, string>;
  /** What names stood for when they were looked up; absent when nobody asked for that. */
  resolve: ((name: string) => Resolution | undefined) | undefined;
}

/** Reads a prefix; host bits are told and cleared, anything that is no prefix is reported. */
export function readPrefix(located: Located, report: Findings): Prefix | undefined {
  const text = asString(located, report);
  if (text === undefined) return undefined;
  const prefix = parseNetwork(text);
  if (prefix === undefined) {
    malformed(located, 'is no prefix such as 192.0.2.0/24 or 2001:db8::/32', report);
    return undefined;
  }
  const address = parseAddress(text.slice(0, text.indexOf('/')));
  if (address?.some((octet, index) => octet !== prefix.octets[index])) {
    report.information(
      located,
      'flowspec/host-bits',
      '8955 4.2.2.1',
      `${text} means all of ${formatPrefix(prefix)}: bits after the prefix length do not count. For one address write /${address.length * 8}.`,
    );
  }
  return prefix;
}

/** Whether a prefix lies within one's own prefixes. */
export function isOwn(prefix: Prefix, { domain }: Context): boolean {
  return domain.some((own) => covers(own, prefix));
}

/** Tells when a destination does not lie within one's own prefixes, where these are known. */
export function checkDomain(prefix: Prefix, place: Place, rfc: string, context: Context): void {
  const { domain, report } = context;
  if (domain.length === 0 || isOwn(prefix, context)) return;
  report.warning(
    place,
    'flowspec/outside-domain',
    rfc,
    `${formatPrefix(prefix)} is not within the own prefixes ${domain.map(formatPrefix).join(', ')}: the server will refuse it.`,
  );
}

/** The own prefixes of a family. */
export function ownPrefixes(family: Family, { domain }: Context): Prefix[] {
  return domain.filter((prefix) => prefix.family === family);
}

/** Why no destination could be filled in, and what to do. */
export function noDestination(family: Family | undefined, { domain }: Context): string {
  const rule = 'a rule without a destination would filter everything that passes the router';
  if (domain.length === 0) return `names no destination, and ${rule}: name one, or give your own prefixes (--domain).`;
  return `names no destination, and the own prefixes hold no ${family === undefined ? '' : `${familyName(family)} `}prefix; ${rule}.`;
}
