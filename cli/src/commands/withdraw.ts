import { isRunning } from '#dots/signal/ledger';
import { entryOf, midOf } from '#dots/signal/ledgerReport';
import { scopesOf } from '#dots/signal/scopes';
import { ongoing } from '#dots/words/mitigationStatuses';
import type { Arguments, Command, ExitStatus } from '../command';
import type { Connection } from '../connection';
import type { Io } from '../io';
import type { MitigationLine, ServerReport } from '../mitigationReport';
import { onlyOne, selectionOf, type ClientTarget, type Selection } from '../mitigationTargets';
import { nextCommand } from '../nextCommand';
import { allOption, lineOf, mitigationOptions, reportOn, withEach } from './mitigations';

/** `dots withdraw`: ends mitigations (RFC 9132 section 4.4.4). */
export const withdraw: Command = {
  name: 'withdraw',
  summary: 'Withdraw a mitigation, or all of this client.',
  usage:
    '[MID|FILE|--all] [--profile NAME] [--yes] [--format text|json]\n       dots withdraw [MID|FILE|--all] --server coaps://... --ca FILE --cert FILE --key FILE [--cuid C]',
  options: [allOption, ...mitigationOptions],
  details: [
    'Without MID and FILE, the only running mitigation in the ledger is withdrawn. --all withdraws all running mitigations in the ledger, and all others of this client that the servers report; on a terminal it asks for confirmation.',
    'A server also confirms the withdrawal of a mitigation that it does not have, and may filter for some more minutes (RFC 9132 section 4.4.4): dots status shows that.',
    'Exit status 0: the servers confirmed it. 1: one refused. 3: one did not answer; the mitigation may continue; repeat the command.',
  ],
  examples: ['dots withdraw', 'dots withdraw 12 --profile upstream', 'dots withdraw --all'],
  run: runWithdraw,
};

async function runWithdraw(given: Arguments, io: Io): Promise<ExitStatus> {
  const selection = await selectionOf(given, io, 'nothing was withdrawn');
  const isAll = given.option('all') !== undefined;
  const meant = isAll ? selection : onlyOne(selection, 'withdrawn');
  if (isAll && !(await isConfirmed(meant, io))) return 2;
  return withEach(meant, given, io, async (each, connection) => {
    const mids = isAll ? await allMids(each, connection) : (each.mids ?? []);
    return withdrawEach(each, connection, mids, given);
  });
}

/** Asks on a terminal only. */
async function isConfirmed({ clients }: Selection, io: Io): Promise<boolean> {
  const servers = clients.map(({ known }) => known.server).join(', ');
  return clients.length === 0 || ((await io.confirm?.(`Withdraw all mitigations at ${servers}?`)) ?? true);
}

/** The running mitigations in the ledger, and those that the server reports. */
async function allMids({ client }: ClientTarget, connection: Connection): Promise<number[]> {
  const { answer } = await connection.ask((session, left) => session.status(undefined, left));
  const scopes = scopesOf(answer.body);
  if (answer.ok || answer.code === '4.04') await client.reported(answer);
  const theirs = ongoing(scopes.map((scope) => ({ mid: midOf(scope), status: String(scope.status) }))).map(
    ({ mid }) => mid,
  );
  const ours = (await client.read()).entries.filter(isRunning).map(({ id }) => id);
  return [...new Set([...ours, ...theirs])].filter((mid) => mid !== undefined);
}

/** With --all the server has listed what the ledger does not have. */
const isUnseen = (unknown: readonly number[], given: Arguments): boolean =>
  unknown.length > 0 && given.option('all') === undefined;

async function withdrawEach(
  each: ClientTarget,
  connection: Connection,
  mids: number[],
  given: Arguments,
): Promise<ServerReport> {
  const { client, target } = each;
  const lines: MitigationLine[] = [];
  for (const mid of mids) {
    const { answer } = await connection.ask((session, left) => session.withdraw(mid, left));
    if (!answer.ok) return { ...reportOn(each, lines), refusal: answer, remarks: [`Mid ${mid} was not withdrawn.`] };
    await client.withdrawn(mid, answer.code);
    const entry = entryOf(await client.read(), mid);
    const line = entry === undefined ? { mid, status: null, lifetime: null, scope: {}, entry } : lineOf(entry);
    lines.push({ ...line, code: answer.code });
  }
  const [first] = mids;
  const unknown = lines.filter(({ entry }) => entry === undefined).map(({ mid }) => mid);
  const remarks =
    first === undefined
      ? ['No mitigation is running there: nothing was withdrawn.']
      : [
          ...(isUnseen(unknown, given)
            ? [
                `The ledger does not have mid ${unknown.join(', ')}. A server also confirms a withdrawal of what it does not have.`,
              ]
            : []),
          `The server confirmed the withdrawal of mid ${mids.join(', ')}. Next: ${nextCommand('status', target, first, given)} shows whether it still filters.`,
        ];
  return { ...reportOn(each, lines), remarks };
}
