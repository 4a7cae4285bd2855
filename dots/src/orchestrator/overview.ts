import type { JsonObject } from '#dots/model/json';
import { activationTypeOf, isActiveAcl, type ActivationType } from '#dots/dotsServer/state/activation';
import { pendingLifetime } from '#dots/dotsServer/state/dataClient';
import { remainingLifetime, statusLabels } from '#dots/dotsServer/state/lifecycle';
import type { ServerSnapshot } from '#dots/dotsServer/listeners/dotsServer';

/** A mitigation as the administrator of the orchestrator sees it. */
export interface MitigationView {
  cuid: string;
  mid: number;
  /** RFC 9132 section 4.4.2, table 3. */
  status: number;
  /** RFC 9132 section 10.6.2. */
  statusLabel: string;
  /** Seconds left; -1: indefinite. */
  lifetime: number;
  /** The scope that was requested. */
  scope: JsonObject;
  /** Seconds since 1970; absent while it waits for the loss of the session. */
  startedAt?: number;
}

/** An ACL as the administrator of the orchestrator sees it. */
export interface FilterView {
  cuid: string;
  name: string;
  activationType: ActivationType;
  /** Whether it is active now. */
  active: boolean;
  /** Minutes left. */
  pendingLifetime: number;
  /** The ACL as its client sent it; an `acl-list` may have changed its activation type (RFC 9133). */
  acl: JsonObject;
}

/** An alias as the administrator of the orchestrator sees it. */
export interface AliasView {
  cuid: string;
  name: string;
  /** Minutes left. */
  pendingLifetime: number;
  alias: JsonObject;
}

/** The mitigations of all clients; times in seconds, since 1970 for `startedAt`. */
export function mitigationViews({ mitigations, now }: Pick<ServerSnapshot, 'mitigations' | 'now'>): MitigationView[] {
  return mitigations.map((mitigation) => {
    const { cuid, mid, status, scope, startedAt } = mitigation;
    const lifetime = remainingLifetime(mitigation, now);
    const view = { cuid, mid, status, statusLabel: statusLabels[status], lifetime, scope };
    return startedAt === null ? view : { ...view, startedAt: Math.floor(startedAt / 1000) };
  });
}

/** The ACLs of all clients, those of each client in the order in which they are applied. */
export function filterViews({
  clients,
  mitigations,
  now,
}: Pick<ServerSnapshot, 'clients' | 'mitigations' | 'now'>): FilterView[] {
  return clients.flatMap((client) =>
    client.acls.map((entry): FilterView => {
      const acl = entry.value;
      return {
        cuid: client.cuid,
        name: String(acl.name),
        activationType: activationTypeOf(acl),
        active: isActiveAcl(acl, client, mitigations),
        pendingLifetime: pendingLifetime(entry, now),
        acl,
      };
    }),
  );
}

/** The aliases of all clients, with the minutes that each is still stored. */
export function aliasViews({ clients, now }: Pick<ServerSnapshot, 'clients' | 'now'>): AliasView[] {
  return clients.flatMap(({ cuid, aliases }) =>
    aliases.map((entry): AliasView => ({
      cuid,
      name: String(entry.value.name),
      pendingLifetime: pendingLifetime(entry, now),
      alias: entry.value,
    })),
  );
}
