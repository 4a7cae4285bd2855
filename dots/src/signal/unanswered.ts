import { systemClock, type Clock } from '#dots/runtime/clock';
import { isRunning, iso, type LedgerEntry } from './ledger';
import type { LedgerOfClient } from './ledgerFolder';
import type { Ask } from './recordedRequest';

/** How long a server may take, milliseconds: it has just answered another request. */
const patienceMs = 3_000;

/** A request that is older is not under way, milliseconds: a time-out may be without end. */
const longestMs = 60_000;

/**
 * Resolves the mitigation requests that a server has left unanswered, now that it answers: it has them, or they have
 * ended. Returns a sentence for each; without an answer they stay as they are. Throws a DotsError where the ledger
 * cannot be used.
 * @param timeoutMs how long a request waits: younger ones may be under way, in another process
 */
export async function resolveUnanswered(
  client: LedgerOfClient,
  ask: Ask,
  { timeoutMs: usual, clock = systemClock }: { timeoutMs: number; clock?: Clock },
): Promise<string[]> {
  const latest = iso(clock.now() - Math.min(usual, longestMs));
  const open = (await client.read()).entries.filter((entry) => isUnanswered(entry) && (entry.sentAt ?? '') <= latest);
  if (open.length === 0) return [];
  const listed = await ask((session, { timeoutMs = patienceMs, ...left }) =>
    session.status(undefined, { ...left, timeoutMs: Math.min(timeoutMs, patienceMs) }),
  ).catch(() => undefined);
  if (listed?.answer.ok !== true && listed?.answer.code !== '4.04') return [];
  await client.reported(listed.answer);
  const { entries } = await client.read();
  const now = (before: LedgerEntry): LedgerEntry | undefined =>
    entries.find(({ id, hash }) => id === before.id && hash === before.hash);
  return open.flatMap((entry) => resolution(entry, now(entry)?.state));
}

const isUnanswered = (entry: LedgerEntry): boolean => isRunning(entry) && entry.state === 'unanswered';

function resolution({ id }: LedgerEntry, state: LedgerEntry['state'] | undefined): string[] {
  if (state === 'unanswered') return [];
  return [
    state === 'accepted'
      ? `Mid ${id} had no answer before: the server has it.`
      : `Mid ${id} had no answer before: the server does not have it, so it never arrived, or has ended.`,
  ];
}
