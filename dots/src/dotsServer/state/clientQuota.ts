import type { ClientLimits } from './clients';
import type { DataClient } from './dataClient';
import { amountOfRegistration, type Holding, type Holdings } from './holdings';
import type { Limits } from './policy';
import type { TelemetryEntry } from './telemetry';

/** Something that a client may not have more of. */
export interface ExceededLimit {
  what: string;
  limit: number;
}

/** A client that has less than this share of a total may use the half that is reserved. */
const reservedShare = 64;

/**
 * Whether a client may have one more of something that all clients share. Half of the total is reserved for those that
 * have little of it, so that no flood shuts them out.
 */
export function mayHaveMore(own: number, used: number, total: number): boolean {
  return used < total / 2 || (used < total && own < Math.max(1, total / reservedShare));
}

/**
 * Whether clients may store something: each has limits, for all its cuids together, and all share what the server
 * stores.
 */
export class ClientQuota {
  constructor(
    private readonly holdings: Holdings,
    private readonly limits: Limits,
  ) {}

  /** Whether a client may not have `more` mitigations than it has now. @param owner `Security.identity` */
  mitigations({ owner, cuid }: { owner: string | undefined; cuid: string }, more: number): boolean {
    if (more <= 0) return false;
    const { entriesPerClient, entriesPerCuid } = this.limits;
    const { mitigations: granted } = this.limitsOf(owner);
    const isFull = this.holdings.stored.mitigations.count(cuid) >= (granted ?? entriesPerCuid);
    return isFull || !this.mayHave('mitigations', owner, granted ?? entriesPerClient);
  }

  /** Whether a client may not store this entry of telemetry; one that exists may change. */
  telemetry({ owner, cuid, kind, id }: Omit<TelemetryEntry, 'body'>): boolean {
    const stored = this.holdings.stored.telemetry.of(cuid, kind);
    if (stored.some((entry) => entry.id === id)) return false;
    const { entriesPerClient, entriesPerCuid } = this.limits;
    const { telemetry: granted } = this.limitsOf(owner);
    return stored.length >= (granted ?? entriesPerCuid) || !this.mayHave(kind, owner, granted ?? entriesPerClient);
  }

  /** Whether a client with `own` observers may have one more. @param total how many all clients have */
  observers(owner: string | undefined, own: number, total: number): boolean {
    const { observersPerClient, observers } = this.limits;
    const all = Math.max(observers, 2 * this.holdings.clients.granted('observers'));
    return own < (this.limitsOf(owner).observers ?? observersPerClient) && mayHaveMore(own, total, all);
  }

  /** Whether a client with `own` sessions may have one more. @param total how many all clients have */
  sessions(owner: string | undefined, own: number, total: number): boolean {
    const { sessionsPerClient, sessions } = this.limits;
    const all = Math.max(sessions, 2 * this.holdings.clients.granted('sessions'));
    return own < (this.limitsOf(owner).sessions ?? sessionsPerClient) && mayHaveMore(own, total, all);
  }

  /** The largest body of a client's requests on the signal channel, bytes. */
  largestBody(owner: string | undefined): number {
    return this.limitsOf(owner).body ?? this.limits.body;
  }

  /** The largest body of a client's requests on the data channel, bytes. */
  largestDataBody(owner: string | undefined): number {
    return this.limitsOf(owner)['data-body'] ?? this.limits.dataBody;
  }

  /** What a client would have too much of with a new or changed registration. */
  registration(changed: DataClient): ExceededLimit | undefined {
    const { stored } = this.holdings;
    const known = stored.clients.find(changed.cuid);
    const { dataClients } = this.limits;
    const held = this.holdings.of(changed.owner).registrations;
    if (known === undefined && !mayHaveMore(held, this.holdings.total.registrations, dataClients))
      return { what: 'clients', limit: dataClients };
    for (const name of ['aliases', 'acls', 'aces'] as const) {
      const exceeded = this.exceeded(name, changed, known);
      if (exceeded !== undefined) return exceeded;
    }
    return undefined;
  }

  /** A registration that has fewer than before exceeds nothing. */
  private exceeded(
    name: RegisteredEntries,
    changed: DataClient,
    known: DataClient | undefined,
  ): ExceededLimit | undefined {
    const amount = (client: DataClient | undefined): number => (client && amountOfRegistration(client)[name]) ?? 0;
    const [after, more] = [amount(changed), amount(changed) - amount(known)];
    if (more <= 0) return undefined;
    const { perCuid, perClient, inAll } = this.registered(name);
    const own = this.limitsOf(changed.owner)[name];
    const held = this.holdings.of(changed.owner)[name] + more;
    if (own === undefined && after > perCuid) return { what: `${nouns[name]} under one cuid`, limit: perCuid };
    const most = own ?? perClient;
    if (held > most) return { what: `${nouns[name]} of a client`, limit: most };
    const total = Math.max(inAll, 2 * this.holdings.clients.granted(name));
    if (mayHaveMore(held - 1, this.holdings.total[name] + more - 1, total)) return undefined;
    return { what: `${nouns[name]} of all clients together, half of them for clients with few`, limit: total };
  }

  private registered(name: RegisteredEntries): { perCuid: number; perClient: number; inAll: number } {
    const { limits } = this;
    return name === 'aces'
      ? { perCuid: limits.acesPerCuid, perClient: limits.acesPerClient, inAll: limits.aces }
      : {
          perCuid: limits.aliasesOrAclsPerCuid,
          perClient: limits.aliasesOrAclsPerClient,
          inAll: limits.aliasesOrAcls,
        };
  }

  private mayHave(name: 'mitigations' | 'tsid' | 'tmid', owner: string | undefined, limit: number): boolean {
    const own = this.holdings.of(owner)[name];
    return own < limit && mayHaveMore(own, this.holdings.total[name], this.totalOf(name));
  }

  /** What the clients file grants explicitly fits in the half that is not reserved. */
  private totalOf(name: keyof Pick<Holding, 'mitigations' | 'tsid' | 'tmid'>): number {
    const granted = this.holdings.clients.granted(name === 'mitigations' ? name : 'telemetry');
    return Math.max(this.limits.entries, 2 * granted);
  }

  private limitsOf(owner: string | undefined): ClientLimits {
    return this.holdings.clients.of(owner)?.limits ?? {};
  }
}

const nouns = { aliases: 'aliases', acls: 'ACLs', aces: 'ACEs' } as const;

type RegisteredEntries = keyof typeof nouns;
