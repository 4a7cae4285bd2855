import { isRunning } from '#dots/signal/ledger';
import { entryOf } from '#dots/signal/ledgerReport';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import { seenMitigations, type SeenMitigation } from '#dots/signal/mitigationChanges';
import { mitigationQueries } from '#dots/signal/queries';
import { mitigate } from '#dots/signal/resources';
import { ongoing } from '#dots/words/mitigationStatuses';
import type { Arguments, Command, ExitStatus } from '../command';
import type { Connection } from '../connection';
import type { Io } from '../io';
import type { MitigationLine, ServerReport } from '../mitigationReport';
import { selectionOf, withOption, type ClientTarget } from '../mitigationTargets';
import { nextCommand } from '../nextCommand';
import { questionOf, questionOptions } from '../questionOptions';
import { lineOf, mitigationOptions, reportedLine, reportOn, withEach } from './mitigations';

/** `dots status`: the mitigations of this client at its servers, compared with the ledger. */
export const status: Command = {
  name: 'status',
  summary: 'Query servers for the mitigations of this client, and compare them with the ledger.',
  usage:
    '[MID|FILE] [--profile NAME] [--format text|json]\n       dots status [MID|FILE] --server coaps://... --ca FILE --cert FILE --key FILE [--cuid C]',
  options: [...mitigationOptions.filter(({ name }) => name !== 'yes'), ...questionOptions],
  details: [
    'Without a server, all servers with a running mitigation in the ledger are queried, each with the profile that was used. MID or FILE selects one mitigation.',
    'A request that was not answered is resolved: the server has it, or it has ended.',
    '--content and --query select what the answer contains (RFC 9132 section 4.4.2, RFC 9244 section 9): config leaves out what changes, non-config what was requested. What a query leaves out is not taken as ended.',
    'Exit status 0: the servers answered. 1: one refused, or does not have the requested mitigation. 3: one did not answer; its last known states are printed.',
  ],
  examples: ['dots status', 'dots status 12 --profile upstream', 'dots status request.dots.json --format json'],
  run: runStatus,
};

async function runStatus(given: Arguments, io: Io): Promise<ExitStatus> {
  const asked = questionOf(given, mitigationQueries);
  // A query changes nothing, so a production server needs no confirmation.
  const selection = await selectionOf(withOption(given, 'yes', ''), io, 'nothing was queried');
  if (selection.clients.length + selection.problems.length === 0)
    io.say('dots status: No mitigation in the ledger is running. Specify a server or its --profile to query it.');
  return withEach(selection, given, io, (each, connection) => askStatus(each, connection, asked, given));
}

async function askStatus(
  each: ClientTarget,
  connection: Connection,
  { query, filtered, content }: ReturnType<typeof questionOf>,
  given: Arguments,
): Promise<ServerReport> {
  const mid = each.mids?.[0];
  const { answer } = await connection.ask((session, left) => session.get({ resource: mitigate, id: mid, query }, left));
  const before = filtered ? [] : linesBefore(each, mid);
  const isNone = answer.code === '4.04';
  if (!answer.ok && !isNone) return { ...reportOn(each, before), refusal: answer };
  // Without the status of a mitigation, the ledger would take one that has ended for one that runs.
  const { beyond } = content === 'config' ? { beyond: [] } : await each.client.reported({ ...answer, filtered }, mid);
  const { present, gone } = await linesAfter(each.client, seenMitigations(answer, mid), before);
  const remarks = [
    ...(beyond.length === 0
      ? []
      : [`Not counted, because it is above 3221225471 (RFC 9132 section 4.4.1.1): mid ${beyond.join(', ')}.`]),
    ...(isNone && filtered ? ['The server has no mitigation that matches.'] : next(each, present, gone, given)),
  ];
  return { ...reportOn(each, [...present, ...gone]), remarks, ...(isNone && mid !== undefined && { refusal: answer }) };
}

function linesBefore({ known }: ClientTarget, mid: number | undefined): MitigationLine[] {
  return known.entries.filter((entry) => isRunning(entry) && (mid === undefined || entry.id === mid)).map(lineOf);
}

/** The mitigations that the server has, and those that it has lost. */
async function linesAfter(
  client: LedgerOfClient,
  seen: readonly SeenMitigation[],
  before: MitigationLine[],
): Promise<{ present: MitigationLine[]; gone: MitigationLine[] }> {
  const ledger = await client.read();
  const gone = before.filter(({ mid }) => seen.every((other) => other.mid !== mid));
  return {
    present: seen.map((mitigation) => reportedLine(mitigation, ledger)),
    gone: gone.map((line) => ({ ...line, entry: entryOf(ledger, line.mid) })),
  };
}

function next(
  { target }: ClientTarget,
  present: readonly MitigationLine[],
  gone: readonly MitigationLine[],
  given: Arguments,
): string[] {
  if (present.length + gone.length === 0) return ['The server has no mitigation of this client.'];
  const lost = gone.filter(({ entry }) => entry !== undefined).map(({ mid }) => mid);
  // Where the answer has no status, it is as if the mitigation ran.
  const [running] = ongoing(present.map((line) => ({ ...line, status: line.status ?? '' })));
  return [
    ...(lost.length === 0
      ? []
      : [
          `The server does not have mid ${lost.join(', ')}: it has ended, or never arrived. Send its document again if it is needed.`,
        ]),
    ...(running === undefined
      ? []
      : [
          `Next: ${nextCommand('withdraw', target, running.mid, given)} ends mid ${running.mid}, ${nextCommand('refresh', target, running.mid, given)} extends it, ${nextCommand('watch', target, running.mid, given)} prints each change.`,
        ]),
  ];
}
