import type { JsonObject } from '#dots/model/json';
import type { Prefix } from '#dots/model/prefix';
import type { IntervalSet } from '../packets/intervals';
import type { Findings } from './findings';
import type { Located } from './values';
import type { UriTarget } from './resolve';
import type { Place } from '../bgp/rule';

/** The module prefix of the Call Home members (RFC 9066). */
export const callHome = 'ietf-dots-call-home:';

/** A target prefix of a scope. */
export interface Target {
  prefix: Prefix;
  /** Where it is written: in the scope or in an alias. */
  place: Place;
  /** The entry of the scope that it comes from: the target itself, or the name of the alias that contains it. */
  by: Place;
}

/**
 * The targets of a mitigation scope: every list is the union of the scope's own and those of its aliases (RFC 9132
 * section 4.4.1.3).
 */
export interface Targets {
  /** Merged. */
  prefixes: Prefix[];
  /** As written, each with its place. */
  given: Target[];
  /** Ascending; empty means any protocol. */
  protocols: number[];
  /** Destination ports; empty means any port. */
  ports: IntervalSet;
  /** The place of each of them: the scope's own member, or the alias-name that it comes from. */
  places: { prefixes: Place; protocols: Place; ports: Place };
  /** The targets of URIs, each with its own protocol and port. */
  uris: (UriTarget & { given: Target[] })[];
  /** Something is unknown, and a rule without it could match more than intended. */
  failed: boolean;
}

/** The sources of traffic in a mitigation scope (RFC 9066 section 5.3.1). */
export interface Sources {
  /** Merged; empty means any source. */
  prefixes: Prefix[];
  ports: IntervalSet;
  icmpTypes: IntervalSet;
  places: { prefixes: Place; ports: Place; icmpTypes: Place };
  failed: boolean;
}

/** A mitigation scope that has been read. */
export interface Scope {
  node: Located<JsonObject>;
  targets: Targets;
  sources: Sources;
  report: Findings;
}
