import { DotsError } from '#dots/model/errors';
import { largestId, rollover } from './identifiers';
import {
  contentHash,
  isRunning,
  iso,
  settled,
  type ClientLedger,
  type IdName,
  type LedgerEntry,
  type NewRequest,
} from './ledger';

/** Whether a request may still be under way: it is the last one of its kind, and has no answer. */
const isOpen = ({ highest }: ClientLedger, { parameter, id, state }: LedgerEntry): boolean =>
  state === 'unanswered' && id === highest[parameter];

/**
 * Enters a request before anything of it is sent. Identical content of a running mitigation is a refresh, and keeps its
 * mid; so does a last one without an answer, of any kind. Throws a DotsError `signal/no-mid-left` where mitigations run
 * and the largest number has been used.
 */
export function begin(
  before: ClientLedger,
  request: NewRequest,
  now: number,
): { ledger: ClientLedger; entry: LedgerEntry; refreshes: boolean } {
  const ledger = settled(before, now);
  const hash = contentHash(request.document);
  const known = ledger.entries.find(
    (entry) =>
      entry.parameter === request.parameter &&
      entry.hash === hash &&
      (request.id === undefined ? isRunning(entry) || isOpen(ledger, entry) : entry.id === request.id),
  );
  const isNew = known === undefined;
  const id = request.id ?? known?.id ?? nextId(ledger, request.parameter, now);
  const entry = isNew ? newEntry({ ...request, id, hash }, now) : renewed(known, request);
  const highest = {
    ...ledger.highest,
    [request.parameter]: isNew ? highestAfter(ledger, entry) : ledger.highest[request.parameter],
  };
  return {
    ledger: { ...ledger, highest, entries: [...ledger.entries.filter((other) => other !== known), entry] },
    entry,
    refreshes: !isNew && isRunning(known),
  };
}

function newEntry(
  { kind, parameter, id, document, hash, file, profile }: NewRequest & { id: number; hash: string },
  now: number,
): LedgerEntry {
  return {
    kind,
    parameter,
    id,
    document,
    hash,
    file,
    profile,
    state: 'unsent',
    createdAt: iso(now),
    sentAt: null,
    answeredAt: null,
    acceptedAt: null,
    endedAt: null,
    code: null,
    lifetime: null,
    expiresAt: null,
    status: null,
    statusAt: null,
  };
}

/** The same request once more; where it is over, it begins anew. */
function renewed(known: LedgerEntry, { document, file, profile }: NewRequest): LedgerEntry {
  const again = { ...known, document, file: file ?? known.file, profile };
  return isRunning(known) ? again : { ...again, state: 'unsent', acceptedAt: null, endedAt: null, expiresAt: null };
}

/** A number that was chosen goes up, or starts again at 0 (RFC 9132 section 4.4.1.1). */
function highestAfter({ highest, entries }: ClientLedger, { parameter, id }: LedgerEntry): number {
  const before = highest[parameter];
  const starts = before !== undefined && before >= rollover && id === 0 && !entries.some(isRunning);
  return starts ? id : Math.max(before ?? 0, id);
}

/**
 * One more than the highest number; the clock is where they start, and has no meaning after that. From the rollover on
 * they start again at 0, in peacetime.
 */
function nextId({ highest, entries }: ClientLedger, parameter: IdName, now: number): number {
  const before = highest[parameter];
  if (before === undefined) return Math.min(Math.floor(now / 1000), rollover - 1);
  if (before >= rollover && !entries.some(isRunning)) return 0;
  if (before < largestId) return before + 1;
  throw new DotsError(
    'usage',
    'signal/no-mid-left',
    `The largest ${parameter}, ${largestId}, has been used, and they start again at 0 only while no mitigation runs (RFC 9132 section 4.4.1.1).`,
    'Withdraw the mitigations first (dots withdraw --all), or name a number with --mid.',
  );
}
