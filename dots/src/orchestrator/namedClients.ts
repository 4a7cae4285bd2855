import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { NamedClient } from '#dots/dotsServer/listeners/dotsServer';
import { DotsError } from '#dots/model/errors';
import { fileReason } from '#dots/runtime/fileReason';
import { keyIdentity, pskIdentity } from '#dots/transport/certificates/certificateNames';
import type { WrittenClient, WrittenIdentity } from '#dots/workspace/clientsFile';

/**
 * Clients as they are written in a file, with what each of them proves. Throws a DotsError of kind `usage`,
 * `orchestrator/client-certificate`, for a certificate that cannot be read.
 */
export function namedClients(clients: readonly WrittenClient[], file: string): Promise<NamedClient[]> {
  return Promise.all(clients.map((client) => named(client, file)));
}

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
    throw new DotsError(
      'usage',
      'orchestrator/client-certificate',
      `The certificate of the client "${name}" cannot be read from ${path}: ${reason}.`,
      'A path in a clients file that is not absolute is relative to that file.',
    );
  }
}
