import { formatPrefix } from '#dots/model/prefix';
import { printable } from '#dots/model/text';
import type { JsonObject } from '#dots/model/json';
import { aliasTargets } from '../signal/aliases';
import { outsideDomain, type NameResolver } from '../state/clientDomain';
import type { Client, Clients } from '../state/clients';
import type { DataClient, StoredEntry } from '../state/dataClient';
import { isActive, isOver, reported, status, type Mitigation } from '../state/lifecycle';
import type { ServerState } from '../state/serverState';

/** What is needed to compare stored state with the prefixes that clients have now. */
export interface ChangedDomains {
  state: ServerState;
  clients: Clients;
  resolve: NameResolver;
  /** Milliseconds since 1970. */
  now: number;
  log: (line: string) => void;
}

/**
 * Applies the prefixes that clients have now to what an earlier server stored: a mitigation with a target outside of
 * them is withdrawn (status 7), an alias or ACL is removed, and each is reported. A name without a known address is
 * left as it is, so that no failure of the DNS ends a mitigation. Throws a StoreError.
 */
export async function applyDomains(domains: ChangedDomains): Promise<void> {
  const { state } = domains;
  for (const mitigation of state.mitigations.all().filter((each) => !isOver(each)))
    await withdrawOutside(domains, mitigation);
  for (const registered of state.clients.all()) await removeOutside(domains, registered);
}

async function withdrawOutside(domains: ChangedDomains, mitigation: Mitigation): Promise<void> {
  const { state, clients, now, log } = domains;
  const { cuid, mid, owner, scope } = mitigation;
  const client = clients.of(owner) ?? clients.configuredFor(cuid);
  const reason = client && (await objectionTo(domains, client, aliasTargets(scope, state.clients.find(cuid))));
  if (reason === undefined) return;
  await state.exclusive(() => {
    // Status 7 is that of one that has begun, and was not withdrawn by its client.
    if (mitigation.startedAt === null || !isActive(mitigation)) state.mitigations.remove(mitigation);
    else state.mitigations.put(reported(mitigation, status.withdrawn, now));
  });
  log(`The mitigation ${mid} of ${quoted(cuid)} was withdrawn: ${reason}`);
}

async function removeOutside(domains: ChangedDomains, registered: DataClient): Promise<void> {
  const { state, clients, now } = domains;
  const { ownPrefixes: before, ...rest } = registered;
  const client = clients.of(rest.owner) ?? clients.configuredFor(rest.cuid);
  if (client === undefined) return;
  const aliases = await inside(domains, client, { ...rest, noun: 'alias', entries: rest.aliases });
  const acls = await inside(domains, client, { ...rest, noun: 'ACL', entries: rest.acls });
  const ownPrefixes = client.ownPrefixes?.map(formatPrefix);
  const isShorter = aliases.length < rest.aliases.length || acls.length < rest.acls.length;
  if (!isShorter && ownPrefixes?.join() === before?.join()) return;
  const changedAt = isShorter ? now : rest.changedAt;
  const changed = { ...rest, ...(ownPrefixes && { ownPrefixes }), ...(changedAt !== undefined && { changedAt }) };
  await state.exclusive(() => state.clients.put({ ...changed, aliases, acls }));
}

/** The entries of a list that are not outside of the prefixes of their client. */
async function inside(
  domains: ChangedDomains,
  client: Client,
  { cuid, noun, entries }: { cuid: string; noun: string; entries: StoredEntry[] },
): Promise<StoredEntry[]> {
  const left: StoredEntry[] = [];
  for (const entry of entries) {
    const reason = await objectionTo(domains, client, entry.value);
    if (reason === undefined) left.push(entry);
    else domains.log(`The ${noun} ${quoted(String(entry.value.name))} of ${quoted(cuid)} was removed: ${reason}`);
  }
  return left;
}

/** Why a client may not have something any more: a sentence; undefined: it may. */
async function objectionTo(
  { resolve }: ChangedDomains,
  client: Client,
  value: JsonObject,
): Promise<string | undefined> {
  const [own] = (client.ownPrefixes ?? []).map(formatPrefix);
  const known: NameResolver = async (name) => {
    const addresses = await resolve(name);
    return addresses.length > 0 || own === undefined ? addresses : [own];
  };
  return (await outsideDomain(client, value, known))?.sentence;
}

const quoted = (name: string): string => printable(JSON.stringify(name));
