import { printable, safeJson } from '#dots/model/text';
import type { ClientLedger, InstalledEntry, LedgerEntry, PendingControl } from '#dots/signal/ledger';
import { controlWords } from '#dots/signal/ledgerControls';
import { scopesOf } from '#dots/signal/scopes';
import { targetWords } from '#dots/words/targets';
import { ledgerOf, ledgerOption } from '../clientIdentity';
import { UsageError, type Arguments, type Command, type ExitStatus } from '../command';
import type { Io } from '../io';

/** `dots ledger`: the requests to each server, without sending any. */
export const ledger: Command = {
  name: 'ledger',
  summary: 'Print the recorded requests to each server, and their last known states.',
  usage: '[--format text|json]',
  options: [
    ledgerOption,
    { name: 'format', value: 'FORMAT', choices: ['text', 'json'], preset: 'text', description: 'The output format.' },
  ],
  details: [
    'The ledger is shared by dots send, dots session, the commands about mitigations and the editor. It contains every request with its document, and is readable by its user only; requests that have ended are kept for 30 days. Aliases and ACLs that were installed from here are listed as well, those that were removed for 30 days, and requests that dots session or the editor sends again with their ACLs later (RFC 9133 section 3.2.1). dots status queries the servers.',
    'States: unsent, it did not leave this machine; unanswered, it may have arrived; accepted; refused; withdrawn; ended, its lifetime has expired or the server no longer has it.',
  ],
  examples: ['dots ledger', 'dots ledger --format json'],
  run: runLedger,
};

async function runLedger(given: Arguments, io: Io): Promise<ExitStatus> {
  if (given.paths.length > 0)
    throw new UsageError('dots ledger accepts no file.', 'Use dots status for one mitigation.');
  const opened = await ledgerOf(given, io);
  const clients = await opened.clients();
  if (given.option('format') === 'json')
    await io.out(`${safeJson({ version: 1, ledger: opened.path, servers: clients.map(clientJson) }, 2)}\n`);
  else
    await io.out(
      clients.length === 0
        ? `The ledger in ${printable(opened.path)} is empty.\n`
        : `${clients.map(clientText).join('\n')}\nNext: dots status queries the servers.\n`,
    );
  return 0;
}

function clientJson({ entries, highest, installed = [], controls = [], ...client }: ClientLedger): object {
  const { mid = null, sid = null, tsid = null, tmid = null } = highest;
  return {
    ...client,
    highest: { mid, sid, tsid, tmid },
    requests: entries.map(requestJson),
    installed,
    controls: controls.map(controlJson),
  };
}

const controlJson = ({ mid, acls, dueAt, file, profile }: PendingControl): object => ({
  mid,
  acls,
  dueAt,
  file,
  profile,
});

const noNumber = { mid: null, sid: null, tsid: null, tmid: null };

const requestJson = ({ parameter, id, ...entry }: LedgerEntry): object => ({ ...noNumber, [parameter]: id, ...entry });

function clientText({
  server,
  cuid,
  entries,
  others,
  installed = [],
  controls = [],
  replacedBy,
}: ClientLedger): string {
  const replaced = replacedBy === null ? '' : `, replaced by ${replacedBy}`;
  return [
    `${server} as ${cuid}${replaced}`,
    ...entries.map((entry) => `  ${requestText(entry)}`),
    ...others.map(({ mid, scope }) => `  mid ${mid}  not requested from here  ${targetWords(scope)}`),
    ...controls.map((control) => `  ${controlWords(control)}`),
    ...installed.map((entry) => `  ${installedText(entry)}`),
  ]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

function installedText({ container, name, installedAt, removedAt }: InstalledEntry): string {
  const state = removedAt === null ? `installed at ${installedAt}` : `removed at ${removedAt}`;
  return `${container === 'aliases' ? 'alias' : 'acl'} ${name}  ${state}`;
}

function requestText({
  parameter,
  id,
  kind,
  state,
  code,
  document,
  status,
  statusAt,
  expiresAt,
  file,
}: LedgerEntry): string {
  const [scope] = scopesOf(document);
  return [
    `${parameter} ${id}`,
    code === null ? state : `${state} (${code})`,
    scope === undefined ? kind : targetWords(scope),
    ...(status === null || statusAt === null ? [] : [`${status} at ${statusAt}`]),
    ...(state === 'accepted' && expiresAt !== null ? [`until ${expiresAt}`] : []),
    ...(file === null ? [] : [file]),
  ].join('  ');
}
