import type { JsonObject } from '#dots/model/json';
import { covers, formatPrefix, type Family, type Prefix } from '#dots/model/prefix';
import type { Action, Place } from '../bgp/rule';
import { familyName } from '../bgp/nlri';
import type { DocumentErrors } from './errors';
import type { Findings } from './findings';
import type { Located } from './values';

/** The result of resolving a name; the look-up itself is not done here. */
export interface Resolution {
  /** IPv4 and IPv6 addresses as text; empty when there were none. */
  addresses: readonly string[];
  /** When, as a readable text. */
  at: string;
}

/** The context in which one document is translated. */
export interface Context {
  report: Findings;
  /** The findings of validation in the documents. */
  errors: DocumentErrors;
  /** The own prefixes, merged; empty if they are unknown. */
  domain: readonly Prefix[];
  /** The actions of the mitigations of a document, which name none themselves. */
  mitigationActions: (file: string) => Action[];
  /** Aliases of all given documents, by name. */
  aliases: ReadonlyMap<string, Located<JsonObject>>;
  /** Keys of the places of the aliases that scopes name. */
  usedAliases: Set<string>;
  /** Activation types that mitigation requests set for ACLs (RFC 9133), by name of the ACL. */
  activation: ReadonlyMap<string, string>;
  /** The results of resolving names; absent if names are not resolved. */
  resolve: ((name: string) => Resolution | undefined) | undefined;
}

/** Whether a prefix is within the own prefixes. */
export function isOwn(prefix: Prefix, { domain }: Context): boolean {
  return domain.some((own) => covers(own, prefix));
}

/**
 * Whether a destination is within the own prefixes, as far as these are known; reports one that is not, because a
 * server refuses it.
 */
export function checkDomain(prefix: Prefix, place: Place, rfc: string, context: Context): boolean {
  const { domain, report } = context;
  if (domain.length === 0 || isOwn(prefix, context)) return true;
  report.error(
    place,
    'flowspec/outside-domain',
    rfc,
    `${formatPrefix(prefix)} is not within the own prefixes ${domain.map(formatPrefix).join(', ')}: a server refuses it, so it has no rule.`,
  );
  return false;
}

/** The own prefixes of a family. */
export function ownPrefixes(family: Family, { domain }: Context): Prefix[] {
  return domain.filter((prefix) => prefix.family === family);
}

/** Why no destination could be added, and what to do. */
export function noDestination(family: Family | undefined, { domain }: Context): string {
  const rule = 'a rule without a destination would filter all traffic through the router';
  if (domain.length === 0) return `names no destination, and ${rule}: name one, or state your own prefixes (--domain).`;
  return `names no destination, and there is no ${family === undefined ? '' : `${familyName(family)} `}prefix among the own prefixes; ${rule}.`;
}
