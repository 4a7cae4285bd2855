import type { LedgerEntry } from '#dots/signal/ledger';
import { attackStatuses, efficacyUpdate, grantedLifetime, type AttackStatus } from '#dots/signal/scopes';
import { UsageError, type Arguments, type Command, type ExitStatus, type Option } from '../command';
import type { Connection } from '../connection';
import type { Io } from '../io';
import type { MitigationLine, ServerReport } from '../mitigationReport';
import { entriesMeant, onlyOne, selectionOf, type ClientTarget } from '../mitigationTargets';
import { nextCommand } from '../nextCommand';
import { allOption, lineOf, mitigationOptions, reportOn, withEach } from './mitigations';

const statusOption: Option = {
  name: 'attack-status',
  value: 'STATUS',
  choices: attackStatuses,
  description: 'What you observe behind the mitigation.',
};

/** `dots efficacy`: reports how well a mitigation works (RFC 9132 section 4.4.3). */
export const efficacy: Command = {
  name: 'efficacy',
  summary: 'Report to a server whether its mitigation works: still under attack, or mitigated.',
  usage:
    '[MID|FILE|--all] --attack-status STATUS [--profile NAME] [--yes] [--format text|json]\n       dots efficacy [MID|FILE] --attack-status STATUS --server coaps://... --ca FILE --cert FILE --key FILE',
  options: [statusOption, allOption, ...mitigationOptions],
  details: [
    'The request is repeated as stored in the ledger, with the attack status added: it may not differ otherwise, and starts the lifetime again. The server changes only a mitigation that it has (If-Match). Without MID and FILE, the only running mitigation is meant.',
    'A server does not answer an update for a mitigation that it does not have.',
    'Exit status 0: the servers accepted it. 1: one refused. 3: one did not answer.',
  ],
  examples: [
    'dots efficacy --attack-status under-attack',
    'dots efficacy request.dots.json --attack-status attack-successfully-mitigated --profile upstream',
  ],
  run: runEfficacy,
};

async function runEfficacy(given: Arguments, io: Io): Promise<ExitStatus> {
  const status = given.option('attack-status') as AttackStatus | undefined;
  if (status === undefined)
    throw new UsageError('--attack-status is missing.', `It is ${attackStatuses.join(' or ')}: what you observe.`);
  const selection = await selectionOf(given, io, 'nothing was reported');
  const meant = given.option('all') === undefined ? onlyOne(selection, 'reported') : selection;
  return withEach(meant, given, io, (each, connection) => reportEach(each, connection, status, given));
}

async function reportEach(
  each: ClientTarget,
  connection: Connection,
  status: AttackStatus,
  given: Arguments,
): Promise<ServerReport> {
  const lines: MitigationLine[] = [];
  for (const entry of entriesMeant(each)) {
    const answer = await update(entry, each, connection, status);
    lines.push({ ...lineOf(entry), lifetime: grantedLifetime(answer) ?? null, code: answer.code });
    if (!answer.ok)
      return {
        ...reportOn(each, lines),
        refusal: answer,
        remarks: [`The status of mid ${entry.id} was not reported.`],
      };
  }
  return { ...reportOn(each, lines), remarks: [next(each, status, lines[0]?.mid, given)] };
}

async function update(
  entry: LedgerEntry,
  { client, target: { permit } }: ClientTarget,
  connection: Connection,
  status: AttackStatus,
) {
  const document = efficacyUpdate(entry.document, status);
  const { answer } = await connection.ask((session, left) =>
    session.send(document, { mid: entry.id, permit, ...left }),
  );
  await client.answered(entry, { ...answer, lifetime: grantedLifetime(answer) });
  return answer;
}

function next({ target }: ClientTarget, status: AttackStatus, mid: number | undefined, given: Arguments): string {
  if (mid === undefined) return 'No mitigation is running there: nothing was reported.';
  return status === 'under-attack'
    ? `The server knows that the attack goes on. Next: ${nextCommand('watch', target, mid, given)} shows what it does about it.`
    : `The server knows that the attack is mitigated. Next: ${nextCommand('withdraw', target, mid, given)} ends the mitigation once the attack is over.`;
}
