import type { Accepted } from '#dots/data/changes';
import { documentWith, entryPath, type Container } from '#dots/data/resources';
import { describeError, DotsError } from '#dots/model/errors';
import type { InstalledEntry } from '#dots/signal/ledger';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import { installedNow } from '#dots/signal/ledgerInstalled';
import type { DataSession } from '#dots/data/session';

/** How long each step may take, milliseconds: the answer of the mitigation waits for it. */
const patience = { timeoutMs: 10_000 };

/** The same client of a server under its old and its new cuid. */
export interface CuidChange {
  from: { cuid: string; client: LedgerOfClient };
  to: { cuid: string; client: LedgerOfClient };
  /** Runs an action over a data channel session with a server, as the client with this cuid. */
  overData(at: { address: string; cuid: string }, action: (session: DataSession) => Promise<void>): Promise<void>;
}

/**
 * Installs the aliases and ACLs of a client under its new cuid, and deletes them under the old one (RFC 9132 section
 * 4.4.1.1), as far as its ledger has them. Returns what became of them, one sentence each; a failure is a sentence too,
 * because the mitigation must not wait for it. Throws a DotsError where the ledger cannot be used.
 */
export async function moveEntries(change: CuidChange): Promise<string[]> {
  const entries = installedNow(await change.from.client.read());
  if (entries.length === 0)
    return [
      'The ledger has no aliases and ACLs of the old cuid: install again those that were installed in another way.',
    ];
  const sentences: string[] = [];
  for (const address of new Set(entries.map((entry) => entry.address)))
    sentences.push(
      ...(await movedAt(
        address,
        entries.filter((entry) => entry.address === address),
        change,
      )),
    );
  return sentences;
}

async function movedAt(address: string, entries: InstalledEntry[], change: CuidChange): Promise<string[]> {
  try {
    await install(address, entries, change);
    await remove(address, entries, change);
    return [`Moved to the new cuid: ${namesOf(entries)}.`];
  } catch (error) {
    if (!(error instanceof DotsError)) throw error;
    return [
      `Not all of ${namesOf(entries)} could be moved to the new cuid: install and remove them with dots data. ${describeError(error)}`,
    ];
  }
}

const namesOf = (entries: readonly InstalledEntry[]): string =>
  entries.map(({ container, name }) => `${container === 'aliases' ? 'alias' : 'ACL'} ${name}`).join(', ');

function install(address: string, all: readonly InstalledEntry[], { to, overData }: CuidChange): Promise<void> {
  const accepted: Accepted = (container, entries) => to.client.installed({ container, entries, address });
  return overData({ address, cuid: to.cuid }, async (session) => {
    for (const container of new Set(all.map((each) => each.container))) {
      const entries = all.filter((each) => each.container === container).map(({ entry }) => entry);
      const { answer } = await session.install(documentWith(container, entries), { ...patience, accepted });
      if (!answer.ok) throw refused(`The server refused to install the ${container}`, answer.status);
    }
  });
}

function remove(address: string, all: readonly InstalledEntry[], { from, overData }: CuidChange): Promise<void> {
  return overData({ address, cuid: from.cuid }, async (session) => {
    for (const { container, name } of all) {
      const { ok, status } = await session.delete(entryPath(container, name), patience);
      if (!ok && status !== 404) throw refused(`The server refused to delete ${named(container, name)}`, status);
      await from.client.removed({ container, name });
    }
  });
}

const named = (container: Container, name: string): string => `${name} of the ${container}`;

const refused = (what: string, status: number): DotsError =>
  new DotsError('malformed', 'data/refused', `${what} (${status}).`);
