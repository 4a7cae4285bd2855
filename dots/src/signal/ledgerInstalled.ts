import type { JsonObject } from '#dots/model/json';
import { iso, type ClientLedger, type InstalledEntry } from './ledger';

type Container = InstalledEntry['container'];

/** What was installed at once. */
export interface Installation {
  container: Container;
  entries: JsonObject[];
  address: string;
}

/** What is on the server by this ledger: aliases first, because ACLs and requests may be of later use only. */
export const installedNow = ({ installed = [] }: Pick<ClientLedger, 'installed'>): InstalledEntry[] =>
  (['aliases', 'acls'] as const).flatMap((container) =>
    installed.filter((each) => each.container === container && each.removedAt === null),
  );

/** The server has accepted these entries; those of the same name are replaced. */
export function withInstalled(
  ledger: ClientLedger,
  { container, entries, address }: Installation,
  now: number,
): ClientLedger {
  const fresh = entries.map((entry): InstalledEntry => {
    return { container, name: String(entry.name), entry, address, installedAt: iso(now), removedAt: null };
  });
  const isReplaced = (each: InstalledEntry): boolean =>
    fresh.some((other) => other.container === each.container && other.name === each.name);
  return { ...ledger, installed: [...(ledger.installed ?? []).filter((each) => !isReplaced(each)), ...fresh] };
}

/** The server has removed entries of this client: these, or all of them. */
export function withoutInstalled(
  ledger: ClientLedger,
  removed: { container: Container; name: string } | 'all',
  now: number,
): ClientLedger {
  const isRemoved = (each: InstalledEntry): boolean =>
    each.removedAt === null &&
    (removed === 'all' || (each.container === removed.container && each.name === removed.name));
  return {
    ...ledger,
    installed: (ledger.installed ?? []).map((each) => (isRemoved(each) ? { ...each, removedAt: iso(now) } : each)),
  };
}
