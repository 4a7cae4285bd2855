import type { Client, Clients } from './clients';
import { CountedPairs } from './countedPairs';
import type { DataClients } from './dataClients';
import { isActive, type Mitigation } from './lifecycle';
import type { Mitigations } from './mitigations';
import type { Telemetry } from './telemetry';

/**
 * Why a client may not use a cuid. taken: another client has it; configured: it has one of its own; second: it may use
 * one at a time, and has a mitigation under another one.
 */
export type CuidObjection = 'taken' | 'configured' | 'second';

/** What is stored under cuids. */
export interface StoredUnderCuids {
  mitigations: Mitigations;
  telemetry: Telemetry;
  clients: DataClients;
}

/** What is stored under a cuid, by whom, and for which domain. */
interface Owned {
  cuid: string;
  owner?: string | undefined;
  cdid?: string | undefined;
}

/** Who uses a cuid: a client of the server, or one behind it, where it is a gateway. */
interface CuidUser {
  client: Client;
  /** The domain of the client behind a gateway; undefined: the gateway has not named it (RFC 9132 section 4.4.1.2). */
  cdid?: string | undefined;
}

interface Pending extends CuidUser {
  requests: number;
}

/**
 * Which client each cuid belongs to: the one that has stored something under it (a mitigation, telemetry, a
 * registration on the data channel), or is about to (RFC 9132 section 4.4.1.3). So it is stored exactly as long as what
 * it follows from, and one answer is valid for both channels and all transports. Clients behind a gateway are different
 * ones where it names different domains for them.
 */
export class CuidClaims {
  /** Claims of requests that are not answered yet. */
  private readonly pending = new Map<string, Pending>();
  /** Who has stored mitigations or telemetry under each cuid; undefined: over a plain path. */
  private readonly owners = new CountedPairs<string, string | undefined>();
  /** For which domains gateways have stored mitigations or telemetry under each cuid; undefined: none was named. */
  private readonly domains = new CountedPairs<string, string | undefined>();
  /** Under which cuids each client has active mitigations. */
  private readonly active = new CountedPairs<Client | undefined, string>();

  constructor(
    private readonly stored: StoredUnderCuids,
    private readonly clients: Clients,
  ) {
    stored.mitigations.watch((before, after) => {
      if (before !== undefined) this.count(before, -1);
      if (after !== undefined) this.count(after, 1);
    });
    stored.telemetry.watch((before, after) => {
      if (before !== undefined) this.countOwner(before, -1);
      if (after !== undefined) this.countOwner(after, 1);
    });
  }

  /** Whether something that was stored with this proof is the client's. */
  isOwn(entry: Owned, client: Client): boolean {
    return this.ownerOf(entry) === client;
  }

  /** Whether a cuid belongs to another client. */
  isForeign(cuid: string, { client, cdid }: CuidUser): boolean {
    const configured = this.clients.configuredFor(cuid);
    if (configured !== undefined && configured !== client) return true;
    const pending = this.pending.get(cuid);
    if (pending !== undefined && pending.client !== client) return true;
    if (cdid !== undefined && this.domainsOf(cuid).some((domain) => domain !== undefined && domain !== cdid))
      return true;
    return pending === undefined && this.ownersOf(cuid).some((owner) => this.ownerOf({ cuid, owner }) !== client);
  }

  /**
   * Does the work of a request that may store something under a cuid, unless `refuse` throws for an objection. Of two
   * clients that claim a cuid at the same time the first succeeds: nothing waits between the check and the claim.
   */
  async claim<T>(
    cuid: string,
    user: CuidUser,
    refuse: (objection: CuidObjection) => never,
    work: () => Promise<T>,
  ): Promise<T> {
    const objection = this.objectionTo(cuid, user);
    if (objection !== undefined) refuse(objection);
    const pending = this.pending.get(cuid) ?? { ...user, requests: 0 };
    pending.cdid ??= user.cdid;
    pending.requests += 1;
    this.pending.set(cuid, pending);
    try {
      return await work();
    } finally {
      pending.requests -= 1;
      if (pending.requests === 0) this.pending.delete(cuid);
    }
  }

  private objectionTo(cuid: string, user: CuidUser): CuidObjection | undefined {
    const { client } = user;
    if (this.isForeign(cuid, user)) return 'taken';
    if (client.manyCuids) return undefined;
    if (client.cuid !== undefined) return client.cuid === cuid ? undefined : 'configured';
    return this.usesAnother(cuid, client) ? 'second' : undefined;
  }

  private usesAnother(cuid: string, client: Client): boolean {
    const isOther = (other: string): boolean => other !== cuid;
    return (
      [...this.pending].some(([other, pending]) => isOther(other) && pending.client === client) ||
      this.active.of(client).some(isOther)
    );
  }

  private count(mitigation: Mitigation, change: 1 | -1): void {
    const { cuid, owner } = mitigation;
    this.countOwner(mitigation, change);
    if (isActive(mitigation)) this.active.count(this.clients.of(owner), cuid, change);
  }

  private countOwner({ cuid, owner, cdid }: Owned, change: 1 | -1): void {
    this.owners.count(cuid, owner, change);
    this.domains.count(cuid, cdid, change);
  }

  /**
   * The client of what is stored. What was stored with an identity that no client has any more, such as a key that was
   * replaced, belongs to the client that the cuid is configured for.
   */
  private ownerOf({ cuid, owner }: Owned): Client | undefined {
    return this.clients.of(owner) ?? this.clients.configuredFor(cuid);
  }

  /** The domains for which something is stored under a cuid, or about to be. */
  private domainsOf(cuid: string): (string | undefined)[] {
    return [this.pending.get(cuid)?.cdid, this.stored.clients.find(cuid)?.cdid, ...this.domains.of(cuid)];
  }

  /** The identities of those who have stored something under a cuid; undefined: over a plain path. */
  private ownersOf(cuid: string): (string | undefined)[] {
    const registered = this.stored.clients.find(cuid);
    return [...(registered === undefined ? [] : [registered.owner]), ...this.owners.of(cuid)];
  }
}
