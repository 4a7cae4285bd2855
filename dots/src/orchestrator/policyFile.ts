import type { NamedClient } from '#dots/dotsServer/listeners/dotsServer';
import type { Fault } from '#dots/model/finding';
import type { JsonValue } from '#dots/model/json';
import { clientsOf } from '#dots/workspace/clientsFile';
import { configFaults } from '#dots/workspace/ownFileFaults';
import { policyFaults } from '#dots/workspace/policy/faults';
import { policyOf, type Policy } from '#dots/workspace/policy/policy';
import { namedClients } from './namedClients';

/** A policy, and its clients as those of the server. */
export interface ReadPolicy {
  policy: Policy;
  clients: NamedClient[];
  /** The addresses of names, by their canonical text. */
  names: ReadonlyMap<string, readonly string[]>;
}

/** The errors of a policy, without positions: with one it is not used. */
export function policyErrors(value: JsonValue): Fault[] {
  const shape = configFaults('policy', value);
  return [...shape, ...policyFaults(value, shape.length === 0)].filter(({ severity }) => severity === 'error');
}

/**
 * Reads a policy without errors. Throws as `namedClients` does.
 * @param file its path: those of certificates are relative to its folder
 */
export async function readPolicyValue(value: JsonValue, file: string): Promise<ReadPolicy> {
  const policy = policyOf(value);
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
    names: clientsOf(value).names,
  };
}
