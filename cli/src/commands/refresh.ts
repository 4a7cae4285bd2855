import type { Answer } from '#dots/signal/answer';
import type { LedgerEntry } from '#dots/signal/ledger';
import { sendRecorded, type Recorded } from '#dots/signal/recordedRequest';
import { lifetimeOf } from '#dots/signal/scopes';
import { codeWords } from '#dots/words/codes';
import { grantedLifetimeWords } from '#dots/words/quantities';
import type { Arguments, Command, ExitStatus } from '../command';
import type { Connection } from '../connection';
import type { Io } from '../io';
import type { ServerReport } from '../mitigationReport';
import {
  entriesMeant,
  onlyOne,
  selectionOf,
  withOption,
  type ClientTarget,
  type Selection,
} from '../mitigationTargets';
import { nextCommand } from '../nextCommand';
import { preconfiguredWords } from '../preconfigured';
import { keepRefreshed } from './keepRefreshed';
import { allOption, lineOf, mitigationOptions, reportOn, withEach } from './mitigations';

/** `dots refresh`: extends mitigations (RFC 9132 section 4.4.1.3). */
export const refresh: Command = {
  name: 'refresh',
  summary: 'Refresh a mitigation: send its request again under the same mid, so that its lifetime starts again.',
  usage:
    '[MID|FILE|--all] [--keep] [--profile NAME] [--yes] [--format text|json]\n       dots refresh [MID|FILE|--all] --server coaps://... --ca FILE --cert FILE --key FILE [--cuid C]',
  options: [
    allOption,
    {
      name: 'keep',
      description: 'Continue until Ctrl-C, and refresh each mitigation again when half of its lifetime is over.',
    },
    ...mitigationOptions,
  ],
  details: [
    'The request is repeated as stored in the ledger, even if its file has changed: changed content is a new request, see dots send. Without MID and FILE, the only running mitigation is refreshed.',
    'Where a server refuses to refresh one mitigation, the others are refreshed all the same.',
    'With --keep the command ends when no mitigation is running any more, or with Ctrl-C; the mitigations then end with their lifetimes. One that was not refreshed is tried again at half of the time that is left. A lifetime of -1 is indefinite and needs no refresh.',
    'Exit status 0: the servers granted it. 1: one refused. 3: one did not answer. With --keep: that of the last time; with --format json there is one object per line each time.',
  ],
  examples: [
    'dots refresh',
    'dots refresh request.dots.json',
    'dots refresh --all --profile upstream',
    'dots refresh --all --keep',
  ],
  run: runRefresh,
};

async function runRefresh(given: Arguments, io: Io): Promise<ExitStatus> {
  const selection = await selectionOf(given, io, 'nothing was refreshed');
  const meant = given.option('all') === undefined ? onlyOne(selection, 'refreshed') : selection;
  const refreshOnce = (chosen: Selection, asked: Arguments, own: Io): Promise<ExitStatus> =>
    withEach(chosen, asked, own, (each, connection) => refreshEach(each, connection, given));
  if (given.option('keep') === undefined) return refreshOnce(meant, given, io);
  const stopped = io.stopped();
  const lines = given.option('format') === 'json' ? withOption(given, 'format', 'json-lines') : given;
  return keepRefreshed(meant, {
    refresh: (due) => refreshOnce(due, lines, { ...io, stopped: () => stopped }),
    over: () => io.say('dots refresh: No mitigation is running any more.'),
    stopped,
  });
}

/** Refreshes each mitigation of one client; a refusal of one does not stop the others. */
async function refreshEach(each: ClientTarget, connection: Connection, given: Arguments): Promise<ServerReport> {
  const report = reportOn(each, []);
  for (const entry of entriesMeant(each)) {
    const { answer } = await sendAgain(entry, each, connection);
    const granted = answer.ok ? (lifetimeOf(answer.body) ?? null) : null;
    report.mitigations.push({ ...lineOf(entry), lifetime: granted, code: answer.code });
    if (!answer.ok) report.refusal = answer;
    else report.remarks.push(...preconfiguredWords(entry.document, connection.kept));
    report.remarks.push(...resultOf(entry, answer, granted));
  }
  const [first] = report.mitigations;
  report.remarks.push(
    first === undefined
      ? 'No mitigation is running there: nothing was refreshed.'
      : `Next: ${nextCommand('status', each.target, first.mid, given)} shows its state, ${nextCommand('withdraw', each.target, first.mid, given)} ends it.`,
  );
  return report;
}

function resultOf({ id, document }: LedgerEntry, { ok, code }: Answer, granted: number | null): string[] {
  if (!ok) return [`Mid ${id} was not refreshed: ${code} ${codeWords(code).name}.`];
  return granted === null ? [] : [`Mid ${id}: granted ${grantedLifetimeWords(granted, lifetimeOf(document))}.`];
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
