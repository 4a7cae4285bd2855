import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { NamedClient } from '#dots/dotsServer/listeners/dotsServer';
import { canonicalName } from '#dots/model/domainName';
import { fileReason } from '#dots/runtime/fileReason';
import { keyIdentity, pskIdentity } from '#dots/transport/certificates/certificateNames';
import { knownAddresses } from '#dots/transport/connect/resolve';
import { clientsOf, type WrittenClient, type WrittenIdentity } from '#dots/workspace/clientsFile';
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

/** Clients as they are written in a file, with what each of them proves. Throws UsageError for a certificate. */
export function namedClients(clients: readonly WrittenClient[], file: string): Promise<NamedClient[]> {
  return Promise.all(clients.map((client) => named(client, file)));
}

const pskIdentities = (clients: readonly WrittenClient[]): string[] =>
  clients
    .flatMap(({ identities = [] }) => identities.map((identity) => identity['psk-identity']))
    .filter((identity) => identity !== undefined);

async function named({ identities, ...client }: WrittenClient, file: string): Promise<NamedClient> {
  if (identities === undefined) return client;
  return { ...client, identities: await Promise.all(identities.map((identity) => provedBy(identity, client, file))) };
}

/** What a client of this identity proves: `Security.identity`. */
async function provedBy(identity: WrittenIdentity, { name }: { name: string }, file: string): Promise<string> {
  const { certificate, 'spki-sha256': hash, 'psk-identity': psk } = identity;
  if (hash !== undefined) return hash.toLowerCase();
  if (certificate === undefined) return pskIdentity(psk ?? '');
  const path = resolve(dirname(file), certificate);
  try {
    return keyIdentity(new X509Certificate(await readFile(path)).raw);
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).syscall === undefined ? 'it contains no certificate' : fileReason(error);
    throw new UsageError(
      `The certificate of the client "${name}" cannot be read from ${path}: ${reason}.`,
      'A path in a clients file that is not absolute is relative to that file.',
    );
  }
}
