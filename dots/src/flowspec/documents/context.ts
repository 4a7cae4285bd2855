import type { JsonObject } from '#dots/model/json';
import { covers, formatPrefix, type Family, type Prefix } from '#dots/model/prefix';
import type { Action, Place } from '../bgp/rule';
import { familyName } from '../bgp/nlri';
import type { DocumentErrors } from './errors';
import type { Findings } from './findings';
import type { Located } from './values';

/** What a name stood for when it was looked up; the lookup itself is not done here. */
export interface Resolution {
  /** IPv4 and IPv6 addresses as text; empty when there were none. */
  addresses: readonly string[];
  /** When, as people read it. */
  at: string;
}

/** What the translation of one document needs to know of everything else. */
export interface Context {
  report: Findings;
  /** What validation found in the documents. */
  errors: DocumentErrors;
  /** The own prefixes, merged; empty when they were not given. */
  domain: readonly Prefix[];
  /** What mitigations do, which name no action themselves. */
  mitigationActions: Action[];
  /** Aliases of all given documents, by name. */
  aliases: ReadonlyMap<string, Located<JsonObject>>;
  /** Keys of the places of the aliases that scopes name. */
  usedAliases: Set<string>;
  /** Activation types that mitigation requests set for ACLs (RFC 9133), by name of the ACL. */
  activation: ReadonlyMap<string, string>;
  /** What names stood for when they were looked up; absent when no lookup was asked for. */
  resolve: ((name: string) => Resolution | undefined) | undefined;
}

/** Whether a prefix lies within the own prefixes. */
export function isOwn(prefix: Prefix, { domain }: Context): boolean {
  return domain.some((own) => covers(own, prefix));
}

/** Whether a destination lies within the own prefixes, as far as these are known; reports one that does not, as a server refuses it. */
export function checkDomain(prefix: Prefix, place: Place, rfc: string, context: Context): boolean {
  const { domain, report } = context;
  if (domain.length === 0 || isOwn(prefix, context)) return true;
  report.error(
    place,
    'flowspec/outside-domain',
    rfc,
    `${formatPrefix(prefix)} is not within the own prefixes ${domain.map(formatPrefix).join(', ')}: a server refuses it, so it gets no rule.`,
  );
  return false;
}

/** The own prefixes of a family. */
export function ownPrefixes(family: Family, { domain }: Context): Prefix[] {
  return domain.filter((prefix) => prefix.family === family);
}

/** Why no destination could be filled in, and what to do. */
export function noDestination(family: Family | undefined, { domain }: Context): string {
  const rule = 'a rule without a destination would filter everything that passes the router';
  if (domain.length === 0) return `names no destination, and ${rule}: name one, or state your own prefixes (--domain).`;
  return `names no destination, and there is no ${family === undefined ? '' : `${familyName(family)} `}prefix among the own prefixes; ${rule}.`;
}
