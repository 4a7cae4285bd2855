import type { JsonObject } from '#dots/model/json';
import { activationTypeOf, isActiveAcl, type ActivationType } from './activation';
import { pendingLifetime, type DataClient } from './dataClients';
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

/** An ACL as the owner of the orchestrator sees it. */
export interface FilterView {
  cuid: string;
  name: string;
  activationType: ActivationType;
  /** Whether it filters now. */
  active: boolean;
  /** Minutes left. */
  pendingLifetime: number;
  /** The ACL as its client wrote it; an `acl-list` may have changed its activation type (RFC 9133). */
  acl: JsonObject;
}

/** An alias as the owner of the orchestrator sees it. */
export interface AliasView {
  cuid: string;
  name: string;
  /** Minutes left. */
  pendingLifetime: number;
  alias: JsonObject;
}

/** The ACLs of all clients, each client's in the order in which they are tried. */
export function filterViews(
  clients: readonly DataClient[],
  mitigations: readonly Mitigation[],
  now: number,
): FilterView[] {
  return clients.flatMap((client) =>
    client.acls.map((kept): FilterView => {
      const acl = kept.value;
      return {
        cuid: client.cuid,
        name: String(acl.name),
        activationType: activationTypeOf(acl),
        active: isActiveAcl(acl, client, mitigations),
        pendingLifetime: pendingLifetime(kept, now),
        acl,
      };
    }),
  );
}

export function aliasViews(clients: readonly DataClient[], now: number): AliasView[] {
  return clients.flatMap(({ cuid, aliases }) =>
    aliases.map((kept): AliasView => ({
      cuid,
      name: String(kept.value.name),
      pendingLifetime: pendingLifetime(kept, now),
      alias: kept.value,
    })),
  );
}

export function viewOf(mitigation: Mitigation, now: number): MitigationView {
  const { cuid, mid, scope, startedAt } = mitigation;
  const view = {
    cuid,
    mid,
    status: mitigation.status,
    statusLabel: statusLabels[mitigation.status],
    lifetime: remainingLifetime(mitigation, now),
    scope,
  };
  return startedAt === null ? view : { ...view, startedAt: Math.floor(startedAt / 1000) };
}

/**
 * A mitigation as its client sees it: RFC 9132 section 4.4.2, figure 14.
 * @param content `c`: what was configured; `n`: what changes by itself; `a`: both.
 */
export function scopeText(mitigation: Mitigation, now: number, content: 'a' | 'c' | 'n'): JsonObject {
  const lifetime = remainingLifetime(mitigation, now);
  return {
    mid: mitigation.mid,
    ...(content === 'n' ? {} : mitigation.scope),
    lifetime,
    ...(content === 'c' ? {} : dynamicPart(mitigation, now)),
  };
}

/** 64-bit numbers are strings in JSON: RFC 7951 section 6.1. */
function dynamicPart(mitigation: Mitigation, now: number): JsonObject {
  const label = statusLabels[mitigation.status];
  if (mitigation.status === status.waiting || mitigation.startedAt === null) return { status: label };
  const { bytes, bps, pkts, pps } = dropped(mitigation, now);
  return {
    'mitigation-start': String(Math.floor(mitigation.startedAt / 1000)),
    status: label,
    'bytes-dropped': String(bytes),
    'bps-dropped': String(bps),
    'pkts-dropped': String(pkts),
    'pps-dropped': String(pps),
  };
}
