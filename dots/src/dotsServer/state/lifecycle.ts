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

/** One mitigation, as it was when its status last changed; what it is now follows from the time. Times in milliseconds since 1970. */
export interface Mitigation {
  cuid: string;
  mid: number;
  /** Who asked for it, as far as that was proved. */
  owner?: string;
  /** What the client asked for, without lifetime and attack-status. */
  scope: JsonObject;
  status: Status;
  /** When the status began. */
  since: number;
  /** When the mitigation started; null while it waits for the loss of the session. */
  startedAt: number | null;
  /** When the lifetime runs out; null: never. */
  expiresAt: number | null;
  /** For how long, before `since`, attack traffic was dropped, milliseconds. */
  droppedForMs: number;
  /** How long it will go on after a withdrawal, milliseconds. */
  terminatingMs: number;
}

/** A new mitigation: it starts at once, or waits for the loss of the session when `trigger-mitigation` is false. */
export function requested(
  request: Pick<Mitigation, 'cuid' | 'mid' | 'owner' | 'scope' | 'terminatingMs'>,
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

/** The same mitigation with a new lifetime in seconds, -1 for no end. */
export function refreshed(mitigation: Mitigation, lifetime: number, now: number): Mitigation {
  return { ...mitigation, expiresAt: expiry(lifetime, now) };
}

/** A withdrawn mitigation goes on for a while; one that never started ends at once (RFC 9132 section 4.4.4). */
export function withdrawn(mitigation: Mitigation, now: number): Mitigation {
  if (isEnding(mitigation)) return mitigation;
  return enter(mitigation, mitigation.status === status.waiting ? status.terminated : status.terminating, now);
}

/** A withdrawn mitigation that its client asks for again; the next withdrawal will take longer. */
export function resumed(mitigation: Mitigation, timing: Timing, now: number): Mitigation {
  if (mitigation.status !== status.terminating) return mitigation;
  return { ...enter(mitigation, status.mitigated, now), terminatingMs: prolonged(mitigation, timing) };
}

/** How long a mitigation goes on after its withdrawal when the client has asked again too soon: RFC 9132 section 4.4.4. */
export function prolonged(mitigation: Mitigation, timing: Timing): number {
  return Math.min(2 * mitigation.terminatingMs, timing.maxTerminatingMs);
}

/** What a client still sees of the attack counts: one that goes on takes back "the attack has stopped". */
export function afterEfficacy(mitigation: Mitigation, attackStatus: unknown, now: number): Mitigation {
  return mitigation.status === status.stopped && attackStatus === 'under-attack'
    ? enter(mitigation, status.mitigated, now)
    : mitigation;
}

/** Brings a mitigation up to `now`; undefined once it is gone. */
export function advance(mitigation: Mitigation, now: number, timing: Timing): Mitigation | undefined {
  let current: Mitigation | undefined = mitigation;
  while (current !== undefined) {
    const step: Step | undefined = nextStep(current, timing);
    if (step === undefined || step.at > now) return current;
    current = step.next === undefined ? undefined : enter(current, step.next, step.at);
  }
  return undefined;
}

/** When the status changes next, or undefined when nothing but a request can change it. */
export function nextChange(mitigation: Mitigation, timing: Timing): number | undefined {
  return nextStep(mitigation, timing)?.at;
}

/** Seconds left, rounded up; -1 for no end. */
export function remainingLifetime(mitigation: Mitigation, now: number): number {
  if (mitigation.status === status.terminated) return 0;
  return mitigation.expiresAt === null ? -1 : Math.max(0, Math.ceil((mitigation.expiresAt - now) / 1000));
}

/** Whether it protects something: what makes an attack time of an idle one. */
export function isActive({ status: now }: Mitigation): boolean {
  return now === status.settingUp || now === status.mitigated || now === status.stopped || now === status.exceeded;
}

/** Whether its filters are in place; those of a withdrawn mitigation stay until it is terminated (RFC 9132 section 4.4.4). */
export function inForce(mitigation: Mitigation): boolean {
  return isActive(mitigation) || mitigation.status === status.terminating;
}

/** Whether it has been withdrawn or has ended. */
export function isEnding({ status: now }: Mitigation): boolean {
  return now === status.terminating || now === status.terminated || now === status.withdrawn;
}

/** Whether it starts at once: `trigger-mitigation` is true unless told otherwise (RFC 9132 section 4.4.1.1). */
export function triggersAtOnce({ scope }: Pick<Mitigation, 'scope'>): boolean {
  return scope['trigger-mitigation'] !== false;
}

/** For how long attack traffic has been dropped, milliseconds. */
export function droppingTime(mitigation: Mitigation, now: number): number {
  return mitigation.droppedForMs + (mitigation.status === status.mitigated ? now - mitigation.since : 0);
}

interface Step {
  at: number;
  /** undefined: gone */ next: Status | undefined;
}

function nextStep(mitigation: Mitigation, timing: Timing): Step | undefined {
  const own = ownStep(mitigation, timing);
  const { expiresAt } = mitigation;
  if (expiresAt === null || isEnding(mitigation) || (own !== undefined && own.at <= expiresAt)) return own;
  return { at: expiresAt, next: status.terminated };
}

function ownStep(mitigation: Mitigation, timing: Timing): Step | undefined {
  const { since } = mitigation;
  switch (mitigation.status) {
    case status.settingUp:
      return { at: since + timing.setupMs, next: status.mitigated };
    case status.mitigated:
      return { at: since + timing.attackMs, next: status.stopped };
    case status.terminating:
      return { at: since + mitigation.terminatingMs, next: status.terminated };
    case status.terminated:
      return { at: since + timing.terminatedMs, next: undefined };
    default:
      return undefined;
  }
}

function enter(mitigation: Mitigation, next: Status, at: number): Mitigation {
  return { ...mitigation, status: next, since: at, droppedForMs: droppingTime(mitigation, at) };
}

function expiry(lifetime: number, now: number): number | null {
  return lifetime === -1 ? null : now + lifetime * 1000;
}
