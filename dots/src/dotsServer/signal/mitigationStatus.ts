import type { JsonObject } from '#dots/model/json';
import { remainingLifetime, status, statusLabels, type Mitigation } from '../state/lifecycle';
import type { DropCounters } from '../state/mitigator';

export interface StatusOptions {
  /** Milliseconds since 1970. */
  now: number;
  /** `c`: configuration; `n`: what changes by itself; `a`: all (RFC 9132 section 4.4.2, table 2). */
  content: 'a' | 'c' | 'n';
  /** Undefined where they are unknown; they are optional. */
  counters: DropCounters | undefined;
  /** The `conflict-information`, if there is a conflict. */
  conflict?: JsonObject | undefined;
}

/** A mitigation as its client sees it: RFC 9132 section 4.4.2, figure 14. */
export function mitigationStatus(mitigation: Mitigation, options: StatusOptions): JsonObject {
  const { now, content, counters, conflict } = options;
  return {
    mid: mitigation.mid,
    ...(content === 'n' ? {} : mitigation.scope),
    lifetime: remainingLifetime(mitigation, now),
    ...(content === 'c' ? {} : dynamicPart(mitigation, counters)),
    ...(content === 'c' || conflict === undefined ? {} : { 'conflict-information': conflict }),
  };
}

function dynamicPart({ status: current, startedAt }: Mitigation, counters: DropCounters | undefined): JsonObject {
  const label = statusLabels[current];
  if (current === status.waiting || startedAt === null) return { status: label };
  return {
    'mitigation-start': String(Math.floor(startedAt / 1000)),
    status: label,
    ...(counters === undefined ? {} : counterMembers(counters)),
  };
}

/** 64-bit numbers are strings in JSON: RFC 7951 section 6.1. */
function counterMembers({ bytes, bps, pkts, pps }: DropCounters): JsonObject {
  return {
    'bytes-dropped': String(bytes),
    'bps-dropped': String(bps),
    'pkts-dropped': String(pkts),
    'pps-dropped': String(pps),
  };
}
