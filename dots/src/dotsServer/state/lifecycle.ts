import type { JsonObject } from '#dots/model/json';
import type { Timing } from './policy';

/** The values of `status`: RFC 9132 section 4.4.2, table 3. */
export const status = {
  settingUp: 1,
  mitigated: 2,
  stopped: 3,
  exceeded: 4,
  terminating: 5,
  terminated: 6,
  withdrawn: 7,
  waiting: 8,
} as const;

export type Status = (typeof status)[keyof typeof status];

/**
 * The statuses that a mitigator reports; 5, 6 and 8 follow from requests, sessions and lifetimes, which the server
 * knows.
 */
export type ReportedStatus = 1 | 2 | 3 | 4 | 7;

/** The labels of `status`: RFC 9132 section 10.6.2. */
export const statusLabels: Record<Status, string> = {
  1: 'attack-mitigation-in-progress',
  2: 'attack-successfully-mitigated',
  3: 'attack-stopped',
  4: 'attack-exceeded-capability',
  5: 'dots-client-withdrawn-mitigation',
  6: 'attack-mitigation-terminated',
  7: 'attack-mitigation-withdrawn',
  8: 'attack-mitigation-signal-loss',
};

/** One mitigation as it was when its status last changed. Times in milliseconds since 1970. */
export interface Mitigation {
  cuid: string;
  /** The domain of the client behind a gateway: RFC 9132 section 4.4.1.2. */
  cdid?: string;
  mid: number;
  /** The proved identity of the client that requested it; absent over a plain path. */
  owner?: string;
  /** The scope that the client requested, without lifetime and attack-status. */
  scope: JsonObject;
  status: Status;
  /** When the status began. */
  since: number;
  /** When the mitigation started; null while it waits for the loss of the session. */
  startedAt: number | null;
  /** When the lifetime ends; null: never. */
  expiresAt: number | null;
  /** For how long the status was 2 before `since`, milliseconds. */
  droppedForMs: number;
  /** How long it continues after a withdrawal, milliseconds. */
  terminatingMs: number;
  /** The `conflict-information` of one that the server has withdrawn for a conflict: RFC 9132 section 4.4.1.3. */
  conflict?: JsonObject;
}

/** Names a mitigation: a mid is unique for one client only (RFC 9132 section 4.4.1). */
export type MitigationId = Pick<Mitigation, 'cuid' | 'mid'>;

/** The same as a key of a map. */
export function mitigationKey({ cuid, mid }: MitigationId): string {
  return `${mid} ${cuid}`;
}

/**
 * A new mitigation: it starts at once, or waits for the loss of the session if `trigger-mitigation` is false.
 * @param lifetime seconds; -1: no end
 */
export function requested(
  request: Pick<Mitigation, 'cuid' | 'cdid' | 'mid' | 'owner' | 'scope' | 'terminatingMs'>,
  lifetime: number,
  now: number,
): Mitigation {
  const immediate = triggersAtOnce(request);
  return {
    ...request,
    status: immediate ? status.settingUp : status.waiting,
    since: now,
    startedAt: immediate ? now : null,
    expiresAt: expiry(lifetime, now),
    droppedForMs: 0,
  };
}

/** The mitigation with a new lifetime in seconds, -1 for no end. */
export function refreshed(mitigation: Mitigation, lifetime: number, now: number): Mitigation {
  return { ...mitigation, expiresAt: expiry(lifetime, now) };
}

/**
 * A withdrawn mitigation continues for a limited period; one that never started ends at once (RFC 9132 section 4.4.4).
 */
export function withdrawn(mitigation: Mitigation, now: number): Mitigation {
  if (isEnding(mitigation)) return mitigation;
  return enter(mitigation, mitigation.status === status.waiting ? status.terminated : status.terminating, now);
}

/** A mitigation that the server withdraws for a conflict: it ends at once (RFC 9132 section 4.4.1.3). */
export function withdrawnByServer(mitigation: Mitigation, now: number, conflict: JsonObject): Mitigation {
  return { ...enter(mitigation, status.withdrawn, now), conflict };
}

/**
 * A withdrawn mitigation that its client requests again: in setup until the mitigator reports otherwise. The next
 * withdrawal takes longer.
 */
export function resumed(mitigation: Mitigation, timing: Timing, now: number): Mitigation {
  if (mitigation.status !== status.terminating) return mitigation;
  return { ...enter(mitigation, status.settingUp, now), terminatingMs: prolonged(mitigation, timing) };
}

/**
 * How long a mitigation continues after its withdrawal if the client has requested it again too soon: RFC 9132 section
 * 4.4.4.
 */
export function prolonged(mitigation: Mitigation, timing: Timing): number {
  return Math.min(2 * mitigation.terminatingMs, timing.maxTerminatingMs);
}

/**
 * The mitigation with a status that the mitigator reports. Only an active one has such a status; others stay as they
 * are.
 */
export function reported(mitigation: Mitigation, next: ReportedStatus, at: number): Mitigation {
  return isActive(mitigation) && mitigation.status !== next ? enter(mitigation, next, at) : mitigation;
}

/** The mitigation at the time `now`, as far as the server decides; undefined once it is removed. */
export function advance(mitigation: Mitigation, now: number, timing: Timing): Mitigation | undefined {
  let current: Mitigation | undefined = mitigation;
  while (current !== undefined) {
    const step: Step | undefined = nextStep(current, timing);
    if (step === undefined || step.at > now) return current;
    current = step.next === undefined ? undefined : enter(current, step.next, step.at);
  }
  return undefined;
}

/** When the server changes the status next; undefined if only a request or the mitigator can change it. */
export function nextChange(mitigation: Mitigation, timing: Timing): number | undefined {
  return nextStep(mitigation, timing)?.at;
}

/** Seconds left, rounded up; -1 for no end. */
export function remainingLifetime(mitigation: Mitigation, now: number): number {
  if (isOver(mitigation)) return 0;
  return mitigation.expiresAt === null ? -1 : Math.max(0, Math.ceil((mitigation.expiresAt - now) / 1000));
}

/** Whether the mitigation is active: what separates attack time from idle time. */
export function isActive({ status: current }: Mitigation): boolean {
  return [status.settingUp, status.mitigated, status.stopped, status.exceeded].some((active) => active === current);
}

/**
 * Whether its filters are in place; those of a withdrawn mitigation stay until it is terminated (RFC 9132 section
 * 4.4.4).
 */
export function inForce(mitigation: Mitigation): boolean {
  return isActive(mitigation) || mitigation.status === status.terminating;
}

/** Whether it has been withdrawn or has ended. */
export function isEnding(mitigation: Mitigation): boolean {
  return mitigation.status === status.terminating || isOver(mitigation);
}

/** Whether it has ended; it is shown for a short time still. */
export function isOver({ status: current }: Mitigation): boolean {
  return current === status.terminated || current === status.withdrawn;
}

/** Whether it starts at once: the default of `trigger-mitigation` is true (RFC 9132 section 4.4.1.1). */
export function triggersAtOnce({ scope }: Pick<Mitigation, 'scope'>): boolean {
  return scope['trigger-mitigation'] !== false;
}

/** For how long the attack has been successfully mitigated (status 2), milliseconds. */
export function mitigatedTime(mitigation: Mitigation, now: number): number {
  // The wall clock may have been set back.
  const current = mitigation.status === status.mitigated ? Math.max(0, now - mitigation.since) : 0;
  return mitigation.droppedForMs + current;
}

interface Step {
  at: number;
  /** undefined: it is removed */
  next: Status | undefined;
}

function nextStep(mitigation: Mitigation, timing: Timing): Step | undefined {
  const { since, expiresAt } = mitigation;
  if (mitigation.status === status.terminating)
    return { at: since + mitigation.terminatingMs, next: status.terminated };
  if (isOver(mitigation)) return { at: since + timing.terminatedMs, next: undefined };
  return expiresAt === null ? undefined : { at: expiresAt, next: status.terminated };
}

function enter(mitigation: Mitigation, next: Status, at: number): Mitigation {
  return { ...mitigation, status: next, since: at, droppedForMs: mitigatedTime(mitigation, at) };
}

function expiry(lifetime: number, now: number): number | null {
  return lifetime === -1 ? null : now + lifetime * 1000;
}
