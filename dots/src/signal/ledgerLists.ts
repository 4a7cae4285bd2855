import { rollover } from './identifiers';
import { iso, type ClientLedger, type IdName, type LedgerEntry } from './ledger';

/** Whether the server has a request, or may have it. */
const isThere = ({ state }: LedgerEntry): boolean => state === 'accepted' || state === 'unanswered';

/**
 * The server has deleted the configuration or telemetry with a sid, tsid or tmid, or all of one kind (RFC 9132 section
 * 4.5.4, RFC 9244 sections 7.4 and 8.2).
 */
export function deleted(
  ledger: ClientLedger,
  parameter: IdName,
  id: number | undefined,
  code: string,
  now: number,
): ClientLedger {
  const isMeant = (entry: LedgerEntry): boolean =>
    entry.parameter === parameter && (id === undefined || entry.id === id) && isThere(entry);
  return {
    ...ledger,
    entries: ledger.entries.map((entry) =>
      isMeant(entry) ? { ...entry, state: 'withdrawn', code, endedAt: iso(now) } : entry,
    ),
  };
}

/**
 * The server has listed the numbers of one kind that it has: later ones are higher, those that are missing have ended,
 * and one without an answer has arrived (RFC 9244 section 8.2).
 * @param isWhole whether the list has all of them
 */
export function listedIds(
  ledger: ClientLedger,
  parameter: IdName,
  ids: ReadonlySet<number>,
  isWhole: boolean,
  now: number,
): ClientLedger {
  const counted = [...ids].filter((id) => id <= rollover);
  const highest = Math.max(...counted, ledger.highest[parameter] ?? -1);
  return {
    ...ledger,
    highest: highest < 0 ? ledger.highest : { ...ledger.highest, [parameter]: highest },
    entries: ledger.entries.map((entry) => {
      if (entry.parameter !== parameter || !isThere(entry)) return entry;
      if (ids.has(entry.id)) return { ...entry, state: 'accepted' as const, acceptedAt: entry.acceptedAt ?? iso(now) };
      return isWhole ? { ...entry, state: 'ended' as const, endedAt: iso(now) } : entry;
    }),
  };
}
