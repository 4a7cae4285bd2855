import type { NamedClient } from '#dots/dotsServer/listeners/dotsServer';
import { canonicalName } from '#dots/model/domainName';
import { namedClients } from '#dots/orchestrator/namedClients';
import { knownAddresses } from '#dots/transport/connect/resolve';
import { clientsOf, type WrittenClient } from '#dots/workspace/clientsFile';
import { octetsOf } from '#host/governingWorkspaces';
import { validationService as service } from '#service/validationService';
import { UsageError } from './command';
import { reportFindings } from './document';
import type { Io } from './io';

/** The clients of `dots mock`, and the addresses of names in their requests. */
export interface ReadClients {
  clients: NamedClient[];
  /** By their canonical text. */
  names: ReadonlyMap<string, readonly string[]>;
}

/** Resolves the names of a clients file, and with `dns` others by the system. */
export function resolver(names: ReadClients['names'], dns: boolean): (name: string) => Promise<readonly string[]> {
  return async (name) => names.get(canonicalName(name)) ?? (dns ? knownAddresses(name) : []);
}

/**
 * Reads a clients file, and says which pre-shared keys in it are unknown. Throws UsageError where it cannot be read,
 * has errors, or names a certificate that cannot be read.
 * @param knownPsk the one identity whose key is known
 */
export async function readClients(file: string, knownPsk: string | undefined, io: Io): Promise<ReadClients> {
  const octets = octetsOf(file);
  if (typeof octets === 'string') throw new UsageError(`${file} cannot be read: ${octets}.`);
  const document = service.parse(octets, file, 'clients');
  const { findings } = service.validate(document);
  reportFindings(file, findings, io);
  if (document.value === undefined || findings.some(({ severity }) => severity === 'error'))
    throw new UsageError(`${file} has errors, so the clients are unknown.`, `See dots validate ${file}.`);
  const { clients, names } = clientsOf(document.value);
  for (const identity of pskIdentities(clients).filter((each) => each !== knownPsk))
    io.say(
      `${file}: the key of the psk-identity "${identity}" is missing, so it cannot be used (--psk-identity, --psk-key-file).`,
    );
  return { clients: await namedClients(clients, file), names };
}

const pskIdentities = (clients: readonly WrittenClient[]): string[] =>
  clients
    .flatMap(({ identities = [] }) => identities.map((identity) => identity['psk-identity']))
    .filter((identity) => identity !== undefined);
