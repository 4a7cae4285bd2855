import type { DropCounters } from '#dots/dotsServer/state/mitigator';
import type { JsonObject } from '#dots/model/json';
import type { DmsFault } from '#dots/words/simulation';

/** What is asked of a DMS for one mitigation. */
export interface ScrubbingRequest {
  /** The key of the mitigation (`mitigationKey`): the same after a restart. */
  id: string;
  /** The scope without `acl-list`; targets of aliases are in it. */
  scope: JsonObject;
}

/**
 * What a DMS does for a request; the statuses are those of RFC 9132 section 4.4.2, table 3. 7: it does nothing any
 * more, for a reason, and the next DMS is tried. Counters are totals since the request was started.
 */
export type ScrubbingState =
  { status: 1 | 2 | 3 | 4; counters?: DropCounters } | { status: 7; reason: string; counters?: DropCounters };

/** One request that a DMS carries out. */
export interface Scrubbing {
  /** The mitigation has ended, or has gone to another DMS: the request is withdrawn. No report follows. */
  end(): void;
}

/**
 * Has DMSs carry out mitigations (RFC 8903 section 3.3). No method waits or throws. Redirect rules are the
 * orchestrator's to install; a DMS that diverts by BGP does so itself.
 */
export interface Scrubbers {
  /** The signal channel of each DMS, `coaps://127.0.0.1:N`, by its name. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Why a DMS cannot be asked now; undefined: it can. */
  obstacle(dms: string): string | undefined;
  /**
   * Asks a DMS, observes the request and refreshes it until `end`. What was asked in an earlier run under the same id
   * is taken up, and not asked twice.
   * @param report receives each change, also during this call; nothing after status 7
   */
  start(dms: string, request: ScrubbingRequest, report: (state: ScrubbingState) => void): Scrubbing;
  /** The requests of an earlier run have been started: what none of them needs is withdrawn. */
  resumed(): void;
  /** Begins a fault of a DMS, or ends it (undefined). Throws a DotsError for a name or a fault that is unknown. */
  setFault(dms: string, fault: string | undefined): void;
  /** The fault of a simulated DMS; undefined: it has none. */
  faultOf(dms: string): DmsFault | undefined;
  /** Ends all sessions and DMSs. */
  close(): Promise<void>;
}
