import { DotsError } from '#dots/model/errors';
import { isRunning, type ClientLedger, type LedgerEntry } from '#dots/signal/ledger';
import { entryOf } from '#dots/signal/ledgerReport';
import type { SeenMitigation } from '#dots/signal/mitigationChanges';
import { scopesOf } from '#dots/signal/scopes';
import { resolveUnanswered } from '#dots/signal/unanswered';
import type { Arguments, ExitStatus, Option } from '../command';
import { ownConnection, type Connection } from '../connection';
import { asGoneMock } from '../goneMock';
import type { Io } from '../io';
import { printReports, type MitigationLine, type ServerReport } from '../mitigationReport';
import type { ClientTarget, Selection } from '../mitigationTargets';
import { targetOptions } from '../serverTarget';

/** The options of commands about mitigations that were requested before. */
export const mitigationOptions: readonly Option[] = [
  ...targetOptions
    .filter(({ name }) => name !== 'mid')
    .map((option) =>
      option.name === 'profile'
        ? {
            ...option,
            description: 'The server profile; without it the one that DOTS_PROFILE names, or all in the ledger.',
          }
        : option,
    ),
  {
    name: 'format',
    value: 'FORMAT',
    choices: ['text', 'json'],
    preset: 'text',
    description: 'How the result is written.',
  },
];

/** The same mitigations, once more or no more. */
export const allOption: Option = { name: 'all', description: 'All mitigations that run.' };

/** What is done with the mitigations of one client, over one connection. Throws a DotsError. */
export type Action = (each: ClientTarget, connection: Connection) => Promise<ServerReport>;

/**
 * Does something with each client that is meant, with all at the same time, and prints what came of it. Throws a
 * DotsError.
 */
export async function withEach(
  { clients, problems }: Selection,
  given: Arguments,
  io: Io,
  action: Action,
): Promise<ExitStatus> {
  const stop = new AbortController();
  void io.stopped().then(() => stop.abort());
  const connect = io.connect ?? ownConnection;
  const reports = await Promise.all(
    clients.map(async (each) => {
      const connection = connect(each.target, { underAttack: false, signal: stop.signal });
      return { ...(await withOne(each, connection, action)), notes: each.notes ?? [] };
    }),
  );
  const unasked = problems.map(({ known, error }) => ({ known, profile: null, ...lastKnown(known.entries), error }));
  return printReports([...reports, ...unasked], given.option('format'), io);
}

async function withOne(each: ClientTarget, connection: Connection, action: Action): Promise<ServerReport> {
  try {
    const report = await action(each, connection);
    const resolved = await resolveUnanswered(each.client, connection.ask, each.target);
    return { ...report, remarks: [...report.remarks, ...resolved] };
  } catch (error) {
    if (!(error instanceof DotsError)) throw error;
    const known = await each.client.read();
    const asked = known.entries.filter(({ id }) => each.mids?.includes(id) ?? true);
    return { ...reportOn(each, []), ...lastKnown(asked), error: asGoneMock(error, known) };
  } finally {
    await connection.close();
  }
}

/** What the ledger has of what runs at a server that did not answer, or was not asked. */
function lastKnown(entries: readonly LedgerEntry[]): Pick<ServerReport, 'mitigations' | 'remarks'> {
  const running = entries.filter(isRunning);
  const remarks = running.length === 0 ? [] : ['The states above are the last ones known, from the ledger.'];
  return { mitigations: running.map(lineOf), remarks };
}

export const reportOn = ({ target, known }: ClientTarget, mitigations: MitigationLine[]): ServerReport => ({
  known,
  profile: target.profile ?? null,
  mitigations,
  remarks: [],
});

/** What a server reports of a mitigation; its targets are from the ledger where the answer leaves them out. */
export function reportedLine(seen: SeenMitigation, ledger: ClientLedger): MitigationLine {
  const entry = entryOf(ledger, seen.mid);
  return { ...seen, scope: { ...scopesOf(entry?.document)[0], ...seen.scope }, entry };
}

/** What the ledger has of a mitigation. */
export const lineOf = (entry: LedgerEntry): MitigationLine => ({
  mid: entry.id,
  status: null,
  lifetime: null,
  scope: scopesOf(entry.document)[0] ?? {},
  entry,
});
