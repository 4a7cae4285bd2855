import type { JsonObject } from '#dots/model/json';
import type { Prefix } from '#dots/model/prefix';
import type { IntervalSet } from '../packets/intervals';
import type { Findings } from './findings';
import type { Located } from './values';
import type { UriTarget } from './resolve';
import type { Place } from '../bgp/rule';

/** Where the members of the Call Home module live (RFC 9066). */
export const callHome = 'ietf-dots-call-home:';

/** A prefix that a scope aims at. */
export interface Target {
  prefix: Prefix;
  /** Where it is written: in the scope or in an alias. */
  place: Place;
  /** The entry of the scope that brings it: the target itself, or the name of the alias that has it. */
  by: Place;
}

/** What a mitigation scope aims at: every list is the union of the scope's own and those of its aliases (RFC 9132 section 4.4.1.3). */
export interface Targets {
  /** Merged. */
  prefixes: Prefix[];
  /** As they were written, each with its place. */
  given: Target[];
  /** Ascending; empty means any protocol. */
  protocols: number[];
  /** Destination ports; empty means any port. */
  ports: IntervalSet;
  /** Where to point for each of them: the scope's own member, or the alias-name that brought it. */
  places: { prefixes: Place; protocols: Place; ports: Place };
  /** What URIs aim at, each with a protocol and a port of its own. */
  uris: (UriTarget & { given: Target[] })[];
  /** Something could not be understood, and a rule without it could match more than was meant. */
  failed: boolean;
}

/** What a mitigation scope says about where the traffic comes from (RFC 9066 section 5.3.1). */
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
