import { chosenCuid } from '#dots/signal/cuids';
import { cuidOf, cuidOfCertificate, cuidOnPlainPath } from '#dots/signal/identifiers';
import type { ClientLedger } from '#dots/signal/ledger';
import { Ledger, serverName, type LedgerOfClient, type ServerProof } from '#dots/signal/ledgerFolder';
import { refuseLinks } from '#dots/runtime/privateFolder';
import { stateFolder } from '#dots/runtime/stateFolder';
import { credentialsFor, readPem } from '#dots/transport/certificates/credentialFiles';
import { absolutePath, caller } from './caller';
import type { Arguments, Option } from './command';
import type { Io } from './io';
import type { AnonymousTarget, SettledTarget } from './settledTarget';

/** The folder of the ledger. */
export const ledgerOption: Option = {
  name: 'ledger',
  value: 'DIR',
  description: "The folder of the ledger (default dots in the folder of the user's state).",
};

/** Opens the ledger that the command line names, or the user's. Throws a DotsError. */
export async function ledgerOf(given: Arguments, io: Io): Promise<Ledger> {
  const named = given.option('ledger');
  if (named !== undefined) refuseLinks(named, caller().folder);
  const path = named === undefined ? stateFolder(caller()) : absolutePath(named);
  return Ledger.open(path, (sentence) => io.say(`dots: ${sentence}`));
}

/** What the client of a target asked of its server. */
export const ledgerAt = (
  ledger: Ledger,
  { server, signalServer = server, cuid, cuidSource, credentialFiles: { serverName: name } }: SettledTarget,
): LedgerOfClient => ledger.client({ address: signalServer, serverName: name, cuid, source: cuidSource });

/** The name of the server of a target in the ledger. Throws a DotsError for an address that is none. */
export const ledgerName = ({ server, credentialFiles }: AnonymousTarget): string => serverName(server, credentialFiles);

/** Whether an address is one of a data channel. */
export const isData = (server: string): boolean => /^https:/i.test(server);

/**
 * A target as the client that the user names, or as the one that follows from its credentials and the ledger. Throws a
 * DotsError.
 */
export async function withCuid(target: AnonymousTarget, ledger: Ledger): Promise<SettledTarget> {
  if (target.cuid !== undefined) return { ...target, cuid: target.cuid, cuidSource: 'configured' };
  const derived = await derivedCuid(target);
  const known = await ledgersAt(ledger, target.signalServer, target.credentialFiles);
  const { cuid, source } = chosenCuid(known, derived, target.profile);
  return { ...target, cuid, cuidSource: source };
}

/** What is known of a server; nothing where only its data channel is known. */
async function ledgersAt(ledger: Ledger, address: string | undefined, proof: ServerProof): Promise<ClientLedger[]> {
  if (address === undefined) return [];
  const name = serverName(address, proof);
  return (await ledger.clients()).filter(({ server }) => server === name);
}

/** What cannot be read proves nothing, which the connection attempt reports. */
async function derivedCuid({ server, credentialFiles }: AnonymousTarget): Promise<string> {
  if (isData(server)) {
    const { cert } = credentialFiles;
    const certificate = cert === undefined ? '' : await readPem(cert, 'certificate').catch(() => '');
    return cuidOfCertificate(certificate) ?? cuidOnPlainPath();
  }
  const { credentials } = await credentialsFor(server, credentialFiles);
  return (credentials && cuidOf(credentials)) ?? cuidOnPlainPath();
}
