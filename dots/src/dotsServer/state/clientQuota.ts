import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import type { ClientLimits, Clients } from './clients';
import type { StoredUnderCuids } from './cuidClaims';
import type { DataClient } from './dataClients';
import type { TelemetryEntry } from './telemetry';

/** Something that a client may not have more of. */
export interface ExceededLimit {
  what: string;
  limit: number;
}

/** Whether clients with limits of their own may store something. */
export class ClientQuota {
  constructor(
    private readonly clients: Clients,
    private readonly stored: StoredUnderCuids,
  ) {}

  /** Whether a client may not have `more` mitigations than it has now. @param owner `Security.identity` */
  mitigations(owner: string | undefined, more: number): boolean {
    const limit = this.limitsOf(owner).mitigations;
    return limit !== undefined && this.ofClient(owner, this.stored.mitigations.all()).length + more > limit;
  }

  /** Whether a client may not store this entry of telemetry; one that exists may change. */
  telemetry({ owner, cuid, kind, id }: Omit<TelemetryEntry, 'body'>): boolean {
    const limit = this.limitsOf(owner).telemetry;
    if (limit === undefined || this.stored.telemetry.of(cuid, kind, id).length > 0) return false;
    return this.ofClient(owner, this.stored.telemetry.all()).filter((entry) => entry.kind === kind).length >= limit;
  }

  /** What a client would have too much of with a new or changed registration. */
  registration(changed: DataClient): ExceededLimit | undefined {
    const limits = this.limitsOf(changed.owner);
    const others = this.ofClient(changed.owner, this.stored.clients.all()).filter(({ cuid }) => cuid !== changed.cuid);
    const all = [...others, changed];
    const acls = all.flatMap((client) => client.acls);
    const counts = [
      ['aliases', limits.aliases, all.reduce((sum, { aliases }) => sum + aliases.length, 0)],
      ['ACLs', limits.acls, acls.length],
      ['ACEs', limits.aces, acls.reduce((sum, { value }) => sum + acesIn(value), 0)],
    ] as const;
    const exceeded = counts.find(([, limit, count]) => limit !== undefined && count > limit);
    return exceeded && { what: `${exceeded[0]} of this client`, limit: exceeded[1] ?? 0 };
  }

  private limitsOf(owner: string | undefined): ClientLimits {
    return this.clients.of(owner)?.limits ?? {};
  }

  private ofClient<T extends { owner?: string | undefined }>(owner: string | undefined, all: readonly T[]): T[] {
    const client = this.clients.of(owner);
    return all.filter((entry) => this.clients.of(entry.owner) === client);
  }
}

function acesIn({ aces }: JsonObject): number {
  return isObject(aces) ? itemsOf(aces.ace).length : 0;
}
