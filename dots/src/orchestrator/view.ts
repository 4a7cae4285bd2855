import type { JsonObject } from '#dots/model/json';
import { remainingLifetime, status, statusLabels, type Mitigation } from './lifecycle';
import { dropped } from './simulation';

/** A mitigation as the owner of the orchestrator sees it. */
export interface MitigationView {
  cuid: string;
  mid: number;
  /** RFC 9132 section 4.4.2, table 3. */
  status: number;
  /** RFC 9132 section 10.6.2. */
  statusLabel: string;
  /** Seconds left; -1: no end. */
  lifetime: number;
  /** What was asked for. */
  scope: JsonObject;
  /** Seconds since 1970; absent while it waits for the loss of the session. */
  startedAt?: number;
}

export function viewOf(mitigation: Mitigation, now: number): MitigationView {
  const { cuid, mid, scope, startedAt } = mitigation;
  const view = { cuid, mid, status: mitigation.status, statusLabel: statusLabels[mitigation.status], lifetime: remainingLifetime(mitigation, now), scope };
  return startedAt === null ? view : { ...view, startedAt: Math.floor(startedAt / 1000) };
}

/**
 * A mitigation as its client sees it: RFC 9132 section 4.4.2, figure 14.
 * @param content `c`: what was configured; `n`: what changes by itself; `a`: both.
 */
export function scopeText(mitigation: Mitigation, now: number, content: 'a' | 'c' | 'n'): JsonObject {
  const lifetime = remainingLifetime(mitigation, now);
  return { mid: mitigation.mid, ...(content === 'n' ? {} : mitigation.scope), lifetime, ...(content === 'c' ? {} : dynamicPart(mitigation, now)) };
}

/** 64-bit numbers are strings in JSON: RFC 7951 section 6.1. */
function dynamicPart(mitigation: Mitigation, now: number): JsonObject {
  const label = statusLabels[mitigation.status];
  if (mitigation.status === status.waiting || mitigation.startedAt === null) return { status: label };
  const { bytes, bps, pkts, pps } = dropped(mitigation, now);
  return {
    'mitigation-start': String(Math.floor(mitigation.startedAt / 1000)), status: label,
    'bytes-dropped': String(bytes), 'bps-dropped': String(bps), 'pkts-dropped': String(pkts), 'pps-dropped': String(pps),
  };
}
