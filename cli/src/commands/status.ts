import type { JsonObject } from '#dots/model/json';
import { isRunning } from '#dots/signal/ledger';
import { entryOf, midOf } from '#dots/signal/ledgerReport';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import { scopesOf } from '#dots/signal/scopes';
import { ongoing } from '#dots/words/mitigationStatuses';
import type { Arguments, Command, ExitStatus } from '../command';
import type { Connection } from '../connection';
import type { Io } from '../io';
import type { MitigationLine, ServerReport } from '../mitigationReport';
import { selectionOf, withOption, type ClientTarget } from '../mitigationTargets';
import { nextCommand } from '../nextCommand';
import { lineOf, mitigationOptions, reportOn, withEach } from './mitigations';

/** `dots status`: the mitigations of this client at its servers, compared with the ledger. */
export const status: Command = {
  name: 'status',
  summary: 'Query servers for the mitigations of this client, and compare them with the ledger.',
  usage:
    '[MID|FILE] [--profile NAME] [--format text|json]\n       dots status [MID|FILE] --server coaps://... --ca FILE --cert FILE --key FILE [--cuid C]',
  options: mitigationOptions.filter(({ name }) => name !== 'yes'),
  details: [
    'Without a server, all servers with a running mitigation in the ledger are queried, each with the profile that was used. MID or FILE selects one mitigation.',
    'A request that was not answered is resolved: the server has it, or it has ended.',
    'Exit status 0: the servers answered. 1: one refused, or does not have the requested mitigation. 3: one did not answer; its last known states are printed.',
  ],
  examples: ['dots status', 'dots status 12 --profile upstream', 'dots status request.dots.json --format json'],
  run: runStatus,
};

async function runStatus(given: Arguments, io: Io): Promise<ExitStatus> {
  // A query changes nothing, so a production server needs no confirmation.
  const selection = await selectionOf(withOption(given, 'yes', ''), io, 'nothing was queried');
  if (selection.clients.length + selection.problems.length === 0)
    io.say('dots status: No mitigation in the ledger is running. Specify a server or its --profile to query it.');
  return withEach(selection, given, io, (each, connection) => askStatus(each, connection, given));
}

async function askStatus(each: ClientTarget, connection: Connection, given: Arguments): Promise<ServerReport> {
  const mid = each.mids?.[0];
  const { answer } = await connection.ask((session, left) => session.status(mid, left));
  const isNone = answer.code === '4.04';
  if (!answer.ok && !isNone) return { ...reportOn(each, linesBefore(each, mid)), refusal: answer };
  const scopes = scopesOf(answer.body);
  const { beyond } = await each.client.reported(answer, mid);
  const mitigations = await linesAfter(each.client, scopes, linesBefore(each, mid), mid);
  const remarks = [
    ...(beyond.length === 0
      ? []
      : [`Not counted, because it is above 3221225471 (RFC 9132 section 4.4.1.1): mid ${beyond.join(', ')}.`]),
    ...next(each, mitigations, given),
  ];
  return { ...reportOn(each, mitigations), remarks, ...(isNone && mid !== undefined && { refusal: answer }) };
}

function linesBefore({ known }: ClientTarget, mid: number | undefined): MitigationLine[] {
  return known.entries.filter((entry) => isRunning(entry) && (mid === undefined || entry.id === mid)).map(lineOf);
}

/** The mitigations that the server has, and those that it has lost. */
async function linesAfter(
  client: LedgerOfClient,
  scopes: readonly JsonObject[],
  before: MitigationLine[],
  asked: number | undefined,
): Promise<MitigationLine[]> {
  const ledger = await client.read();
  const present = scopes.flatMap((scope): MitigationLine[] => {
    const mid = midOf(scope, asked);
    if (mid === undefined) return [];
    const { status: label, lifetime } = scope;
    return [
      {
        mid,
        status: typeof label === 'string' ? label : null,
        lifetime: typeof lifetime === 'number' ? lifetime : null,
        scope,
        entry: entryOf(ledger, mid),
      },
    ];
  });
  const gone = before.filter(({ mid }) => present.every((line) => line.mid !== mid));
  return [...present, ...gone.map((line) => ({ ...line, entry: entryOf(ledger, line.mid) }))];
}

function next({ target }: ClientTarget, lines: MitigationLine[], given: Arguments): string[] {
  if (lines.length === 0) return ['The server has no mitigation of this client.'];
  const isOurs = ({ entry }: MitigationLine): boolean => entry !== undefined;
  const present = lines.flatMap((line) => (line.status === null ? [] : [{ ...line, status: line.status }]));
  const [running] = ongoing(present);
  const lost = lines.filter((line) => line.status === null && isOurs(line)).map(({ mid }) => mid);
  return [
    ...(lost.length === 0
      ? []
      : [
          `The server does not have mid ${lost.join(', ')}: it has ended, or never arrived. Send its document again if it is needed.`,
        ]),
    ...(running === undefined
      ? []
      : [
          `Next: ${nextCommand('withdraw', target, running.mid, given)} ends mid ${running.mid}, ${nextCommand('refresh', target, running.mid, given)} extends it.`,
        ]),
  ];
}
