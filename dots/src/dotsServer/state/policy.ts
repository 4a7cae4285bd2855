/** How long the phases of a mitigation take that the server decides, milliseconds. */
export interface Timing {
  /** How long a withdrawn mitigation continues: status 5 (RFC 9132 section 4.4.4). */
  terminatingMs: number;
  /** What this grows to if a client requests it again and again (RFC 9132 section 4.4.4). */
  maxTerminatingMs: number;
  /** How long a mitigation that has ended is still shown: statuses 6 and 7. */
  terminatedMs: number;
  /** Between two notifications of a mitigation whose status does not change (RFC 9132 section 4.4.2.1). */
  statusMs: number;
}

/**
 * What becomes of requests of several clients for the same target (RFC 9132 section 4.4.2.1): the first one stays and
 * later ones are refused, all are in force, or none is.
 */
export type ConflictPolicy = (typeof conflictPolicies)[number];
export const conflictPolicies = ['keep-first', 'keep-both', 'reject-all'] as const;

/** What the server grants. */
export interface Policy {
  /** The longest lifetime granted, seconds. */
  maxLifetime: number;
  /** Whether a lifetime of -1 is granted; if not, it becomes `maxLifetime`. */
  indefinite: boolean;
  conflicts: ConflictPolicy;
  timing: Timing;
  limits: Limits;
}

/**
 * Limits that keep a flood from exhausting the server. Those of a client apply to all its cuids together, where its
 * definition has no other (`ClientLimits`). Of each total, half is reserved for clients that have little of it.
 */
export interface Limits {
  /** Mitigations of one client, and telemetry entries of each kind. */
  entriesPerClient: number;
  /**
   * The same under one cuid, which bounds the lists that are answered; not for a client whose definition has a limit.
   */
  entriesPerCuid: number;
  /** The same for all clients together. */
  entries: number;
  observersPerSession: number;
  observersPerClient: number;
  observers: number;
  /** The body of a request on the signal channel, bytes. */
  body: number;
  /** The body of a request on the data channel, bytes. */
  dataBody: number;
  /** Cuids that are registered on the data channel, of all clients. */
  dataClients: number;
  /** Aliases of one client, and ACLs of one client. */
  aliasesOrAclsPerClient: number;
  /** The same under one cuid; not for a client whose definition has a limit. */
  aliasesOrAclsPerCuid: number;
  /** The same of all clients together. */
  aliasesOrAcls: number;
  /** ACEs in all ACLs: of one client, under one cuid, and of all clients. */
  acesPerClient: number;
  acesPerCuid: number;
  aces: number;
  /** Open sessions of one client on the signal channel, and of all. */
  sessionsPerClient: number;
  sessions: number;
  /** Requests of one client in a second, both channels together. */
  requestsPerSecond: number;
}

export const defaultTiming: Timing = {
  terminatingMs: 120_000,
  maxTerminatingMs: 300_000,
  terminatedMs: 6_000,
  statusMs: 10_000,
};

export const defaultPolicy: Policy = {
  maxLifetime: 86_400,
  indefinite: false,
  conflicts: 'keep-both',
  timing: defaultTiming,
  limits: {
    entriesPerClient: 1024,
    entriesPerCuid: 64,
    entries: 4096,
    observersPerSession: 32,
    observersPerClient: 512,
    observers: 1024,
    body: 16_384,
    dataBody: 1_048_576,
    dataClients: 128,
    aliasesOrAclsPerClient: 16_384,
    aliasesOrAclsPerCuid: 256,
    aliasesOrAcls: 32_768,
    acesPerClient: 131_072,
    acesPerCuid: 2048,
    aces: 262_144,
    sessionsPerClient: 128,
    sessions: 2048,
    requestsPerSecond: 2000,
  },
};

/** The lifetime granted for a requested one, both in seconds, -1 for no end: RFC 9132 section 4.4.1.1. */
export function grantedLifetime(requested: number, policy: Policy): number {
  if (requested === -1) return policy.indefinite ? -1 : policy.maxLifetime;
  return Math.min(requested, policy.maxLifetime);
}
