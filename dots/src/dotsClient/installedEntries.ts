import { contentOf, isMapping } from '#dots/data/resources';
import type { Activation } from '#dots/data/session';
import type { JsonObject } from '#dots/model/json';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import { installedNow } from '#dots/signal/ledgerInstalled';

/**
 * Enters in the ledger the aliases or ACLs that a server has accepted; a vendor mapping is not in it. Throws a
 * DotsError.
 * @param address that of the data channel
 */
export async function recordInstalled(client: LedgerOfClient, address: string, document: JsonObject): Promise<void> {
  if (!isMapping(document)) await client.installed({ ...contentOf(document), address });
}

/** Enters in the ledger when an ACL is in force from now on, if the ledger has it. Throws a DotsError. */
export async function recordActivation(client: LedgerOfClient, name: string, activation: Activation): Promise<void> {
  const known = installedNow(await client.read()).find((each) => each.container === 'acls' && each.name === name);
  if (known === undefined) return;
  const { container, entry, address } = known;
  await client.installed({ container, entries: [{ ...entry, 'activation-type': activation }], address });
}
