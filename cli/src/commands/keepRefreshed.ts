import { systemClock, type Clock, type TimerHandle } from '#dots/runtime/clock';
import { isRunning, type LedgerEntry } from '#dots/signal/ledger';
import type { ExitStatus } from '../command';
import type { ClientTarget, Selection } from '../mitigationTargets';

/** The shortest time between two rounds, and the longest, milliseconds. */
const shortestMs = 10_000;
const longestMs = 3_600_000;

/** What is done in each round, and what ends them. */
export interface Rounds {
  /** Refreshes the chosen mids of each client. */
  refresh(selection: Selection): Promise<ExitStatus>;
  /** Nothing that is meant runs any more. */
  over(): void;
  stopped: Promise<void>;
  clock?: Clock;
}

/**
 * Refreshes mitigations at half of their lifetime, the first time at once, until none runs any more or the command is
 * stopped. One that was not refreshed is tried again at half of what is left. Returns the highest exit status of the
 * last round. Throws a DotsError where the ledger cannot be used.
 */
export async function keepRefreshed(selection: Selection, rounds: Rounds): Promise<ExitStatus> {
  const { refresh, over, stopped, clock = systemClock } = rounds;
  let isStopped = false;
  const stop = stopped.then(() => void (isStopped = true));
  let isDue: (entry: LedgerEntry) => boolean = () => true;
  let status: ExitStatus = 0;
  for (;;) {
    const due = await dueOf(selection, isDue);
    if (due.clients.length > 0) status = await refresh(due);
    const entries = (await dueOf(selection, () => true)).clients.flatMap(({ known, mids }) =>
      known.entries.filter(({ id }) => mids?.includes(id)),
    );
    if (isStopped) return status;
    if (entries.length === 0) {
      over();
      return status;
    }
    await pause(Math.min(longestMs, ...entries.map((entry) => waitFor(entry, clock))), stop, clock);
    if (isStopped) return status;
    isDue = (entry) => halfOf(entry, clock) <= 0;
  }
}

/** The clients of a selection with the mids that run now and are due. */
async function dueOf(selection: Selection, isDue: (entry: LedgerEntry) => boolean): Promise<Selection> {
  const clients = await Promise.all(
    selection.clients.map(async (each): Promise<ClientTarget & { mids: number[] }> => {
      const known = await each.client.read();
      const meant = known.entries.filter((entry) => isRunning(entry) && (each.mids?.includes(entry.id) ?? true));
      return { ...each, known, mids: meant.filter(isDue).map(({ id }) => id) };
    }),
  );
  return { ...selection, problems: [], clients: clients.filter(({ mids }) => mids.length > 0) };
}

/** Until half of the lifetime is over, milliseconds; negative after that. An indefinite lifetime needs no refresh. */
function halfOf({ lifetime, expiresAt }: LedgerEntry, clock: Clock): number {
  return expiresAt === null ? Infinity : Date.parse(expiresAt) - clock.now() - 500 * Math.max(0, lifetime ?? 0);
}

function waitFor(entry: LedgerEntry, clock: Clock): number {
  const half = halfOf(entry, clock);
  if (half > 0) return half;
  return Math.max(shortestMs, (Date.parse(entry.expiresAt ?? '') - clock.now()) / 2);
}

async function pause(milliseconds: number, stop: Promise<void>, clock: Clock): Promise<void> {
  let timer: TimerHandle;
  const over = new Promise<void>((resolve) => (timer = clock.setTimeout(resolve, milliseconds)));
  await Promise.race([stop, over]);
  clock.clearTimeout(timer);
}
