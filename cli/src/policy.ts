import type { NamedClient } from '#dots/dotsServer/listeners/dotsServer';
import { clientsOf } from '#dots/workspace/clientsFile';
import { policyOf, type Policy } from '#dots/workspace/policy/policy';
import { octetsOf } from '#host/governingWorkspaces';
import { validationService as service } from '#service/validationService';
import { namedClients } from './clients';
import { UsageError } from './command';
import { reportFindings } from './document';
import type { Io } from './io';

/** The policy of `dots mock`, and its clients as those of the server. */
export interface ReadPolicy {
  policy: Policy;
  clients: NamedClient[];
  /** The addresses of names, by their canonical text. */
  names: ReadonlyMap<string, readonly string[]>;
}

/** Reads a policy of an orchestrator. Throws UsageError where it cannot be read or has errors. */
export async function readPolicy(file: string, io: Io): Promise<ReadPolicy> {
  const octets = octetsOf(file);
  if (typeof octets === 'string') throw new UsageError(`${file} cannot be read: ${octets}.`);
  const document = service.parse(octets, file, 'policy');
  const { findings } = service.validate(document);
  reportFindings(file, findings, io);
  if (document.value === undefined || findings.some(({ severity }) => severity === 'error'))
    throw new UsageError(`${file} has errors, so the policy is not used.`, `See dots validate ${file}.`);
  const policy = policyOf(document.value);
  const written = policy.clients.map(({ name, identities, cuid, ownPrefixes, gateway, limits }) => ({
    ...{ name, gateway, limits },
    ...(identities !== undefined && { identities }),
    ...(cuid !== undefined && { cuid }),
    ...(ownPrefixes !== undefined && { ownPrefixes }),
  }));
  const clients = await namedClients(written, file);
  const asks = new Set(policy.clients.filter(({ role }) => role === 'dms').map(({ name }) => name));
  return {
    policy,
    clients: clients.map((client) => ({ ...client, offloads: asks.has(client.name) })),
    names: clientsOf(document.value).names,
  };
}
