import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import type { Client, Clients } from './clients';
import type { StoredUnderCuids } from './cuidClaims';
import type { DataClient } from './dataClient';

/** How much is stored. */
export interface Holding {
  mitigations: number;
  tsid: number;
  tmid: number;
  /** Cuids that are registered on the data channel. */
  registrations: number;
  aliases: number;
  acls: number;
  /** In all ACLs. */
  aces: number;
}

const nothing: Readonly<Holding> = {
  mitigations: 0,
  tsid: 0,
  tmid: 0,
  registrations: 0,
  aliases: 0,
  acls: 0,
  aces: 0,
};

interface Owned {
  owner?: string | undefined;
}

/**
 * How much each client has stored; follows every change, so that a look-up costs the same beside any number of entries.
 */
export class Holdings {
  /** Of all clients. */
  readonly total: Holding = { ...nothing };
  private readonly byClient = new Map<Client | undefined, Holding>();

  constructor(
    readonly clients: Clients,
    readonly stored: StoredUnderCuids,
  ) {
    const follow =
      <T extends Owned>(amountOf: (entry: T) => Partial<Holding>) =>
      (before: T | undefined, after: T | undefined): void => {
        if (after !== undefined) this.count(after, amountOf(after), 1);
        if (before !== undefined) this.count(before, amountOf(before), -1);
      };
    stored.mitigations.watch(follow(() => ({ mitigations: 1 })));
    stored.telemetry.watch(follow(({ kind }) => ({ [kind]: 1 })));
    stored.clients.watch(follow(amountOfRegistration));
  }

  /** What the client of a proved identity has. @param owner `Security.identity` */
  of(owner: string | undefined): Readonly<Holding> {
    return this.byClient.get(this.clients.of(owner)) ?? nothing;
  }

  private count({ owner }: Owned, amount: Partial<Holding>, sign: 1 | -1): void {
    const client = this.clients.of(owner);
    const holding = this.byClient.get(client) ?? { ...nothing };
    this.byClient.set(client, holding);
    for (const [name, number] of Object.entries(amount) as [keyof Holding, number][]) {
      holding[name] += sign * number;
      this.total[name] += sign * number;
    }
  }
}

/** What a registration on the data channel contains. */
export function amountOfRegistration({ aliases, acls }: DataClient): Partial<Holding> {
  const aces = acls.reduce((sum, { value }) => sum + acesIn(value), 0);
  return { registrations: 1, aliases: aliases.length, acls: acls.length, aces };
}

function acesIn({ aces }: JsonObject): number {
  return isObject(aces) ? itemsOf(aces.ace).length : 0;
}
