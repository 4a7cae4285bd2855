import type { LedgerEntry } from '#dots/signal/ledger';
import { sendRecorded, type Recorded } from '#dots/signal/recordedRequest';
import { lifetimeOf } from '#dots/signal/scopes';
import { grantedLifetimeWords } from '#dots/words/quantities';
import type { Arguments, Command, ExitStatus } from '../command';
import type { Connection } from '../connection';
import type { Io } from '../io';
import type { MitigationLine, ServerReport } from '../mitigationReport';
import { entriesMeant, onlyOne, selectionOf, type ClientTarget } from '../mitigationTargets';
import { nextCommand } from '../nextCommand';
import { allOption, lineOf, mitigationOptions, reportOn, withEach } from './mitigations';

/** `dots refresh`: extends mitigations (RFC 9132 section 4.4.1.3). */
export const refresh: Command = {
  name: 'refresh',
  summary: 'Refresh a mitigation: send its request again under the same mid, so that its lifetime starts again.',
  usage:
    '[MID|FILE|--all] [--profile NAME] [--yes] [--format text|json]\n       dots refresh [MID|FILE|--all] --server coaps://... --ca FILE --cert FILE --key FILE [--cuid C]',
  options: [allOption, ...mitigationOptions],
  details: [
    'The request is repeated as stored in the ledger, even if its file has changed: changed content is a new request, see dots send. Without MID and FILE, the only running mitigation is refreshed.',
    'Exit status 0: the servers granted it. 1: one refused. 3: one did not answer.',
  ],
  examples: ['dots refresh', 'dots refresh request.dots.json', 'dots refresh --all --profile upstream'],
  run: runRefresh,
};

async function runRefresh(given: Arguments, io: Io): Promise<ExitStatus> {
  const selection = await selectionOf(given, io, 'nothing was refreshed');
  const meant = given.option('all') === undefined ? onlyOne(selection, 'refreshed') : selection;
  return withEach(meant, given, io, (each, connection) => refreshEach(each, connection, given));
}

async function refreshEach(each: ClientTarget, connection: Connection, given: Arguments): Promise<ServerReport> {
  const lines: MitigationLine[] = [];
  const remarks: string[] = [];
  for (const entry of entriesMeant(each)) {
    const { answer } = await sendAgain(entry, each, connection);
    const granted = lifetimeOf(answer.body) ?? null;
    lines.push({ ...lineOf(entry), lifetime: answer.ok ? granted : null, code: answer.code });
    if (!answer.ok)
      return { ...reportOn(each, lines), refusal: answer, remarks: [`Mid ${entry.id} was not refreshed.`] };
    if (granted !== null)
      remarks.push(`Mid ${entry.id}: granted ${grantedLifetimeWords(granted, lifetimeOf(entry.document))}.`);
  }
  const [first] = lines;
  remarks.push(
    first === undefined
      ? 'No mitigation is running there: nothing was refreshed.'
      : `Next: ${nextCommand('status', each.target, first.mid, given)} shows its state, ${nextCommand('withdraw', each.target, first.mid, given)} ends it.`,
  );
  return { ...reportOn(each, lines), remarks };
}

function sendAgain(entry: LedgerEntry, { client, target }: ClientTarget, connection: Connection): Promise<Recorded> {
  const { kind, parameter, id, document, file, profile } = entry;
  return sendRecorded({
    client,
    request: { kind, parameter, id, document, file, profile },
    ask: connection.ask,
    permit: target.permit,
  });
}
