import type { JsonObject } from '#dots/model/json';
import { isRunning, type ClientLedger } from '#dots/signal/ledger';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import { scopesOf } from '#dots/signal/scopes';

/**
 * Why a client that another one's cuid collides with may not choose a new one (RFC 9132 sections 4.4.1.1 and 4.4.1.3):
 * the user has configured it, or mitigations run under it. undefined: it may. Throws a DotsError where the ledger
 * cannot be used.
 */
export async function whyCuidStays(
  source: ClientLedger['source'],
  client: Pick<LedgerOfClient, 'read'>,
): Promise<'configured' | 'in-use' | undefined> {
  if (source === 'configured') return source;
  return (await client.read()).entries.some(isRunning) ? 'in-use' : undefined;
}

/** The sentence for a cuid that stays because mitigations run under it. */
export const cuidInUse = (cuid: string): string =>
  `Another client uses the cuid ${cuid}, and it must not change while mitigations run under it (RFC 9132 section 4.4.1.1). Withdraw them first, then send again.`;

/** Whether a mitigation request names aliases or ACLs, which it needs under its cuid. */
export const namesEntries = (document: JsonObject): boolean =>
  scopesOf(document).some((scope) => 'alias-name' in scope || 'ietf-dots-signal-control:acl-list' in scope);
