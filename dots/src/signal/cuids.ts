import { isRunning, type ClientLedger } from './ledger';

/** A cuid, and where it is from. */
export type ChosenCuid = Pick<ClientLedger, 'cuid' | 'source'>;

/**
 * The cuid that a client uses with a server where the user names none: the one derived from what proves it, or the one
 * that was generated when the server refused that. While mitigations of the same profile run under another one, which
 * was not configured, it stays: a cuid must not change as long as that is so (RFC 9132 section 4.4.1.1), even where a
 * new key is used.
 * @param ledgers what is known of this server
 */
export function chosenCuid(ledgers: readonly ClientLedger[], derived: string, profile: string | undefined): ChosenCuid {
  const cuid = currentCuid(ledgers, derived);
  const own = ledgers.find((ledger) => ledger.cuid === cuid);
  const isInUse = ({ source, entries }: ClientLedger): boolean =>
    source !== 'configured' && entries.some((entry) => isRunning(entry) && entry.profile === profile);
  if (profile === undefined || (own !== undefined && isInUse(own))) return { cuid, source: sourceOf(cuid, derived) };
  const { cuid: kept = cuid } = ledgers.find(isInUse) ?? {};
  return { cuid: kept, source: sourceOf(kept, derived) };
}

const sourceOf = (cuid: string, derived: string): 'derived' | 'generated' =>
  cuid === derived ? 'derived' : 'generated';

/** Follows the replacements of a cuid; none is followed twice. */
function currentCuid(ledgers: readonly ClientLedger[], first: string): string {
  const replacements = new Map(ledgers.map(({ cuid, replacedBy }) => [cuid, replacedBy]));
  let cuid = first;
  for (let next = replacements.get(cuid); next !== undefined && next !== null; next = replacements.get(cuid)) {
    replacements.delete(cuid);
    cuid = next;
  }
  return cuid;
}
