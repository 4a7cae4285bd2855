/** How long the phases of a mitigation take, milliseconds. The first two are the attack simulation's. */
export interface Timing {
  /** From the request until the traffic is diverted: status 1. */
  setupMs: number;
  /** How long the simulated attack lasts once it is mitigated: status 2. */
  attackMs: number;
  /** How long a withdrawn mitigation goes on: status 5 (RFC 9132 section 4.4.4). */
  terminatingMs: number;
  /** What that grows to when a client keeps asking again (RFC 9132 section 4.4.4). */
  maxTerminatingMs: number;
  /** How long a terminated mitigation can still be seen: status 6. */
  terminatedMs: number;
  /** Between two notifications of a mitigation whose status does not change. */
  statusMs: number;
}

/** What the server grants. */
export interface Policy {
  /** The longest lifetime granted, seconds. */
  maxLifetime: number;
  /** Whether a lifetime of -1 is granted as it is; if not, it becomes `maxLifetime`. */
  indefinite: boolean;
  timing: Timing;
  limits: Limits;
}

/** What keeps a flood from exhausting the memory. */
export interface Limits {
  /** Mitigations of one client, and telemetry entries of each kind. */
  entriesPerClient: number;
  /** The same for all clients together. */
  entries: number;
  observersPerSession: number;
  observers: number;
  /** Bytes of a request's body on the signal channel. */
  body: number;
  /** The same on the data channel. */
  dataBody: number;
  dataClients: number;
  /** Aliases of one client, and ACLs of one client. */
  aliasesOrAcls: number;
  /** ACEs in all ACLs of one client. */
  aces: number;
}

export const defaultTiming: Timing = {
  setupMs: 3_000,
  attackMs: 300_000,
  terminatingMs: 120_000,
  maxTerminatingMs: 300_000,
  terminatedMs: 6_000,
  statusMs: 10_000,
};

export const defaultPolicy: Policy = {
  maxLifetime: 86_400,
  indefinite: false,
  timing: defaultTiming,
  limits: {
    entriesPerClient: 64,
    entries: 1024,
    observersPerSession: 32,
    observers: 512,
    body: 16_384,
    dataBody: 1_048_576,
    dataClients: 64,
    aliasesOrAcls: 256,
    aces: 2048,
  },
};

/** The lifetime granted for the one asked for, both in seconds, -1 for no end: RFC 9132 section 4.4.1.1. */
export function grantedLifetime(asked: number, policy: Policy): number {
  if (asked === -1) return policy.indefinite ? -1 : policy.maxLifetime;
  return Math.min(asked, policy.maxLifetime);
}
