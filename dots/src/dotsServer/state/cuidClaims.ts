import type { Client } from './clients';
import type { Holdings } from './holdings';
import { isActive } from './lifecycle';

/**
 * Why a client may not use a cuid. taken: another client has it; configured: it has one of its own; second: it may use one at a time, and
 * has a mitigation under another one.
 */
export type CuidObjection = 'taken' | 'configured' | 'second';

interface Pending {
  client: Client | undefined;
  requests: number;
}

/**
 * Which client each cuid belongs to: the one that has stored something under it (a mitigation, telemetry, a registration on the data
 * channel), or is about to (RFC 9132 section 4.4.1.3). So it is stored exactly as long as what it follows from, and one answer is valid for
 * both channels and all transports.
 */
export class CuidClaims {
  /** Claims of requests that are not answered yet. */
  private readonly pending = new Map<string, Pending>();

  constructor(private readonly holdings: Holdings) {}

  /** Whether something that was stored with this proof is the client's. */
  isOwn({ owner }: { owner?: string | undefined }, client: Client): boolean {
    return this.holdings.clients.of(owner) === client;
  }

  /** Whether a cuid belongs to another client. */
  isForeign(cuid: string, client: Client): boolean {
    const pending = this.pending.get(cuid);
    if (pending !== undefined) return pending.client !== client;
    return [...this.holdings.clientsUnder(cuid)].some((other) => other !== client);
  }

  /**
   * Does the work of a request that may store something under a cuid, unless `refuse` throws for an objection. Of two clients that claim a
   * cuid at the same time the first succeeds: nothing waits between the check and the claim.
   */
  async claim<T>(
    cuid: string,
    client: Client,
    refuse: (objection: CuidObjection) => never,
    work: () => Promise<T>,
  ): Promise<T> {
    const objection = this.objectionTo(cuid, client);
    if (objection !== undefined) refuse(objection);
    const pending = this.pending.get(cuid) ?? { client, requests: 0 };
    pending.requests += 1;
    this.pending.set(cuid, pending);
    try {
      return await work();
    } finally {
      pending.requests -= 1;
      if (pending.requests === 0) this.pending.delete(cuid);
    }
  }

  private objectionTo(cuid: string, client: Client): CuidObjection | undefined {
    if (this.isForeign(cuid, client)) return 'taken';
    if (client.manyCuids) return undefined;
    if (client.cuid !== undefined) return client.cuid === cuid ? undefined : 'configured';
    return this.usesAnother(cuid, client) ? 'second' : undefined;
  }

  private usesAnother(cuid: string, client: Client): boolean {
    const { stored } = this.holdings;
    const others = [...this.holdings.cuidsOf(client)].filter((other) => other !== cuid);
    return (
      [...this.pending].some(([other, pending]) => other !== cuid && pending.client === client) ||
      others.some((other) => stored.mitigations.of(other).some(isActive))
    );
  }
}
