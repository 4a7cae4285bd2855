import type { JsonObject } from '#dots/model/json';
import type { Answer } from './answer';
import { rollover } from './identifiers';
import {
  expiry,
  isRunning,
  iso,
  settled,
  type ClientLedger,
  type LedgerEntry,
  type OtherMitigation,
  type RequestState,
} from './ledger';
import { listedMids, scopesOf } from './scopes';

/** An answer to a question for mitigations. */
export type Report = Pick<Answer, 'code' | 'body' | 'broken'> & {
  /** A query has selected it: what is missing in it may exist. */
  filtered?: boolean;
};

/** Whether an answer says that the server does not have a mitigation: a list that is not whole does not. */
function saysNothing(answer: Report, mid: number, asked: number | undefined): boolean {
  if (answer.filtered === true) return false;
  if (asked !== undefined) return answer.code === '4.04' && asked === mid;
  return answer.code === '4.04' || listedMids(answer) !== undefined;
}

/** What a server said of this client's mitigations, beside what the ledger knew. */
export interface Comparison {
  ledger: ClientLedger;
  /** The mids that the server has but the ledger does not. */
  unknown: number[];
  /** The mids from the rollover on: they are not counted, because one wrong number would use all others up. */
  beyond: number[];
}

/**
 * Takes over what a server reports of this client's mitigations (RFC 9132 section 4.4.2).
 * @param asked one mid, or undefined for all of them: then those that a whole list has not have ended
 */
export function reported(before: ClientLedger, answer: Report, now: number, asked?: number): Comparison {
  const byMid = new Map<number, JsonObject>();
  for (const scope of scopesOf(answer.body)) {
    const mid = midOf(scope, asked);
    // The answer to a question for one mitigation says nothing of others: the server has confused them.
    if (mid !== undefined && mid === (asked ?? mid)) byMid.set(mid, scope);
  }
  const ledger = settled(before, now);
  const meant = new Map([...byMid].map(([mid, scope]) => [entryOf(ledger, mid), scope]));
  const entries = ledger.entries.map((entry) => {
    const scope = meant.get(entry);
    if (scope !== undefined) return statusTaken(entry, scope, now);
    const isGone = isRunning(entry) && saysNothing(answer, entry.id, asked);
    return isGone ? { ...entry, state: 'ended' as const, endedAt: iso(now) } : entry;
  });
  const mids = [...byMid.keys()];
  const highest = Math.max(...mids.filter((mid) => mid <= rollover), before.highest.mid ?? -1);
  return {
    ledger: {
      ...before,
      highest: highest < 0 ? before.highest : { ...before.highest, mid: highest },
      entries,
      others: othersOf(ledger, byMid, now, answer.filtered === true ? 'some' : (asked ?? 'all')),
    },
    unknown: mids.filter((mid) => entryOf(ledger, mid) === undefined),
    beyond: mids.filter((mid) => mid > rollover),
  };
}

function othersOf(
  ledger: ClientLedger,
  byMid: ReadonlyMap<number, JsonObject>,
  now: number,
  asked: number | 'some' | 'all',
): OtherMitigation[] {
  const found = [...byMid].flatMap(([mid, scope]): OtherMitigation[] => {
    const { status, lifetime } = scope;
    if (entryOf(ledger, mid) !== undefined || (typeof status === 'string' && status in statesOf)) return [];
    return [{ mid, scope, expiresAt: expiry(typeof lifetime === 'number' ? lifetime : null, now) }];
  });
  if (asked === 'all') return found;
  return [...ledger.others.filter(({ mid }) => mid !== asked && !byMid.has(mid)), ...found];
}

/** The mitigation request with a mid: the one that runs, or the last one that the server may have. */
export function entryOf({ entries }: ClientLedger, mid: number): LedgerEntry | undefined {
  const all = entries.filter(({ kind, id, state }) => kind === 'mitigation-scope' && id === mid && state !== 'refused');
  return all.find(isRunning) ?? all.at(-1);
}

/** The mid of a status; the answer to a question for one need not repeat it. */
export function midOf(scope: JsonObject, asked?: number): number | undefined {
  return typeof scope.mid === 'number' ? scope.mid : asked;
}

/**
 * The states that a status means (RFC 9132 section 4.4.2, table 3); any other status is one of a running mitigation.
 */
const statesOf: Readonly<Record<string, RequestState>> = {
  'dots-client-withdrawn-mitigation': 'withdrawn',
  'attack-mitigation-terminated': 'ended',
  'attack-mitigation-withdrawn': 'ended',
};

/** Whether a mitigation with this status is over, so that the server does nothing for it any more. */
export const isOverStatus = (status: string): boolean => statesOf[status] === 'ended';

function statusTaken(entry: LedgerEntry, scope: JsonObject, now: number): LedgerEntry {
  const { status, lifetime } = scope;
  const state = typeof status === 'string' ? (statesOf[status] ?? 'accepted') : 'accepted';
  const isOver = state !== 'accepted';
  return {
    ...entry,
    state,
    status: typeof status === 'string' ? status : entry.status,
    statusAt: iso(now),
    acceptedAt: entry.acceptedAt ?? iso(now),
    endedAt: isOver ? (entry.endedAt ?? iso(now)) : null,
    ...(typeof lifetime === 'number' && { lifetime, expiresAt: expiry(lifetime, now) }),
  };
}
