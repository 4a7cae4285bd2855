import type { Accepted } from '#dots/data/changes';
import { DataSession } from '#dots/data/session';
import type { Ledger, LedgerOfClient } from '#dots/signal/ledgerFolder';
import { ledgerAt, ledgerOf } from './clientIdentity';
import { UsageError, type Arguments } from './command';
import type { Io } from './io';
import type { SettledTarget } from './settledTarget';

/** What the ledger has of the client of a target. Throws a DotsError. */
export async function clientOf(
  { given, io }: { given: Arguments; io: Io },
  target: SettledTarget,
): Promise<LedgerOfClient> {
  return ledgerAt(await ledgerOf(given, io), target);
}

/** Enters in the ledger the aliases or ACLs that a server accepts. Rejects with a DotsError. */
export const recordingInstalled =
  (ledger: Ledger, target: SettledTarget): Accepted =>
  (container, entries) =>
    ledgerAt(ledger, target).installed({ container, entries, address: target.server });

/** Runs an action over a data channel session with a target, which is closed afterwards. Throws a DotsError. */
export async function overData<T>(target: SettledTarget, action: (session: DataSession) => Promise<T>): Promise<T> {
  const { server, cuid, permit, credentialFiles } = target;
  const { ca, cert, key, crl, serverName, keyPasswordFile, askKeyPassword } = credentialFiles;
  if (ca === undefined)
    throw new UsageError(
      '--ca is missing: name the file of the CA that issued the certificate of the server, or a profile with it.',
      'dots mock prints the files to use.',
    );
  const files = {
    ca,
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
    ...(crl !== undefined && { crl }),
    serverName,
    keyPasswordFile,
    askKeyPassword,
  };
  const session = await DataSession.open({ server, cuid, permit, ...files });
  try {
    return await action(session);
  } finally {
    await session.close();
  }
}
