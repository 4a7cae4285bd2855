import type { Activation } from '#dots/data/session';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import { installedNow } from '#dots/signal/ledgerInstalled';

/** Enters in the ledger when an ACL is in force from now on, if the ledger has it. Throws a DotsError. */
export async function recordActivation(client: LedgerOfClient, name: string, activation: Activation): Promise<void> {
  const known = installedNow(await client.read()).find((each) => each.container === 'acls' && each.name === name);
  if (known === undefined) return;
  const { container, entry, address } = known;
  await client.installed({ container, entries: [{ ...entry, 'activation-type': activation }], address });
}
