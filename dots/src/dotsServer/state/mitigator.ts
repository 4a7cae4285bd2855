import type { Client } from './clients';
import type { DataClient } from './dataClient';
import type { Decisions } from './decisions';
import type { Mitigation, ReportedStatus } from './lifecycle';
import type { TelemetryEntry } from './telemetry';

/**
 * What carries out mitigations for a DOTS server (the mitigator of RFC 8811 section 2). The server answers requests,
 * counts lifetimes and decides the statuses that follow from them; the mitigator acts on the traffic and reports what
 * it achieves.
 *
 * No method throws or waits. What a request, the policy and the tables decide alone is asked before the request is
 * stored (`admit`); everything else follows once it is stored: a request is acknowledged first (RFC 8903 section 3.3),
 * and success or failure is reported by a status, at once or at any later time.
 */
export interface Mitigator {
  /** The server knows who its clients are, and begins to serve them; mitigations of an earlier run were started. */
  attach?(server: ServedState): void;
  /**
   * Why a request, an ACL or its activation is refused, before it is stored; undefined: it is accepted. Part of the
   * server's decision (`ServerState.exclusive`).
   */
  admit?(proposal: Proposal): Objection | undefined;
  /**
   * Starts a mitigation: a new immediate request (RFC 9132 section 4.4.1), or one that was in force when an earlier
   * server stopped. The latter has the status it had then, and the mitigator reports what its status is now.
   * @param report may be called during this call or at any later time, until the mitigation ends; after that it has no
   * effect
   */
  start(mitigation: Mitigation, report: ReportStatus): ActiveMitigation;
}

/** What a mitigator reads of its server. */
export interface ServedState {
  /** The client that an identity belongs to; undefined: a plain path. */
  clientOf(identity: string | undefined): Client | undefined;
  dataClient(cuid: string): DataClient | undefined;
  telemetry(): Iterable<TelemetryEntry>;
  decisions: Decisions;
  /** Calls back with each cuid whose aliases or ACLs change; begins with those that there are. */
  watchDataClients(listener: (cuid: string) => void): void;
}

/** What a client asks for, as it would be stored. */
export interface Proposal {
  client: Client;
  cuid: string;
  /** A new mitigation that starts at once; absent: aliases or ACLs change. */
  mitigation?: Mitigation;
  /** The mitigations that it overrides. */
  replaced?: readonly Mitigation[];
  /** The aliases and ACLs of the cuid as they would be; undefined: there are none. */
  stored: DataClient | undefined;
}

/** Why a request is refused, and how it is answered. */
export interface Objection {
  /** A sentence or two: what is wrong, and what to do. */
  text: string;
  /** On the signal channel. */
  code: '4.00' | '5.03';
  /** On the data channel, with the error-tag of RESTCONF (RFC 8040 section 7). */
  status: 400 | 503;
  errorTag: 'invalid-value' | 'resource-denied';
  /** Max-Age and Retry-After, seconds: after that the same request may succeed. Absent: it stays refused. */
  retryAfter?: number;
}

/**
 * Reports the status of a mitigation: RFC 9132 section 4.4.2, table 3. The server stores and shows it, and notifies
 * observers (section 4.4.2.1). 1: setup in progress, 2: successfully mitigated, 3: the attack has stopped, 4: the
 * attack exceeds the capability, 7: withdrawn by the server's side, which ends the mitigation. While a withdrawn
 * mitigation terminates (5), a report has no effect.
 * @param at since when it is so, milliseconds since 1970; not in the future
 */
export type ReportStatus = (status: ReportedStatus, at: number) => void;

/** One mitigation that the mitigator carries out. */
export interface ActiveMitigation {
  /** The client has changed it. The scope never changes (RFC 9132 section 4.4.1.3). */
  change(change: MitigationChange): void;
  /**
   * It has ended: its lifetime is over, it was withdrawn and the active-but-terminating period has passed (RFC 9132
   * section 4.4.4), it was overridden by a request with a higher mid (section 4.4.1.3), or the mitigator reported
   * status 7. Called once, last but for `counters`.
   */
  end(): void;
  /**
   * The traffic dropped so far; undefined while it is unknown. After the end it is the total.
   * @param mitigation the mitigation as it is now
   * @param now milliseconds since 1970
   */
  counters(mitigation: Mitigation, now: number): DropCounters | undefined;
}

/** What a client has changed of a mitigation in force. */
export interface MitigationChange {
  before: Mitigation;
  /**
   * With another lifetime after a refresh (RFC 9132 section 4.4.1); with status 5 after a withdrawal: it continues
   * until `end` (section 4.4.4); with status 1 after 5 where the client requests it again: the mitigator reports its
   * status anew.
   */
  after: Mitigation;
  /** Of an efficacy update: `under-attack` or `attack-successfully-mitigated` (RFC 9132 section 4.4.3). */
  attackStatus?: string | undefined;
}

/** The counters of a mitigation: RFC 9132 section 4.4.2. */
export interface DropCounters {
  /** Totals since the mitigation started: `bytes-dropped`, `pkts-dropped`. */
  bytes: number;
  pkts: number;
  /** Averages per second since then: `bps-dropped`, which counts bytes, and `pps-dropped`. */
  bps: number;
  pps: number;
}
