import { DotsError } from '#dots/model/errors';
import { contentHash, isRunning, type ClientLedger, type LedgerEntry } from '#dots/signal/ledger';
import { serverName, type Ledger, type LedgerOfClient } from '#dots/signal/ledgerFolder';
import { plural } from '#dots/words/quantities';
import { absolutePath, caller } from './caller';
import { ledgerAt, ledgerName, ledgerOf } from './clientIdentity';
import { UsageError, type Arguments } from './command';
import { credentialNotes } from './credentialNotes';
import { readDocument } from './document';
import { isFile } from '#host/files';
import { asGoneMock, isGoneMock } from './goneMock';
import type { Io } from './io';
import { targetNamed, targetOfDocument } from './serverTarget';
import type { SettledTarget } from './settledTarget';
import { CommandWorkspaces } from './workspace';

/** One client of one server, and its entries in the ledger. */
export interface ClientTarget {
  target: SettledTarget;
  client: LedgerOfClient;
  known: ClientLedger;
  /** What is wrong with its credentials soon. */
  notes?: string[];
  /** The mids that the command applies to; undefined: all. */
  mids?: number[];
}

/** What a command applies to. */
export interface Selection {
  clients: ClientTarget[];
  /** Clients in the ledger that cannot be asked, and why. */
  problems: { known: ClientLedger; error: DotsError }[];
  /** The mid that was named, by number or by file. */
  named: boolean;
}

/** The mitigation that MID or FILE names. */
interface Operand {
  mid?: number;
  file?: string;
  hash?: string;
}

/**
 * What `MID or FILE` means: the clients of the server that the options name, or else of all servers in the ledger where
 * something runs, and of each the mids that are meant. Throws a DotsError.
 */
export async function selectionOf(given: Arguments, io: Io, notDone: string): Promise<Selection> {
  const operand = await operandOf(given, io);
  const workspaces = new CommandWorkspaces(given);
  const ledger = await ledgerOf(given, io);
  const base = await baseOf(given, workspaces, ledger, operand, notDone);
  const all =
    base === undefined ? await clientsInLedger(given, workspaces, ledger, notDone) : await clientsAt(base, ledger);
  for (const each of all.clients) each.notes = await credentialNotes(each.target, io);
  const named = operand.mid !== undefined || operand.file !== undefined;
  if (!named) return { ...all, named };
  const meant = all.problems.filter(({ known }) => known.entries.some((entry) => isMeant(entry, operand)));
  const isElsewhere =
    meant.length > 0 && !all.clients.some(({ known }) => known.entries.some((entry) => isMeant(entry, operand)));
  if (isElsewhere) return { clients: [], problems: meant, named };
  return { ...withMids(all.clients, operand, notDone), problems: [], named };
}

async function operandOf(given: Arguments, io: Io): Promise<Operand> {
  const [word, ...more] = given.paths;
  if (more.length > 0) throw new UsageError('Name one mid or one file.');
  if (word === undefined) return {};
  if (given.option('all') !== undefined) throw new UsageError('Name one mid or one file, or --all, not both.');
  if (/^\d+$/.test(word) && !isFile(absolutePath(word))) return { mid: Number(word) };
  const document = await readDocument(word, io);
  if (document === undefined)
    throw new UsageError(`${word} is not a DOTS document.`, 'Name the mid or the file of a mitigation.');
  return { file: word, hash: contentHash(document.value) };
}

/** The server that the options, DOTS_PROFILE, or the workspace file of a document name. */
async function baseOf(
  given: Arguments,
  workspaces: CommandWorkspaces,
  ledger: Ledger,
  { file }: Operand,
  notDone: string,
): Promise<SettledTarget | undefined> {
  if (given.option('server') !== undefined || given.option('profile') !== undefined)
    return targetNamed(given, workspaces, ledger, notDone);
  if (file !== undefined) return targetOfDocument(given, workspaces, ledger, file, notDone);
  const { DOTS_PROFILE: profile } = caller().env;
  return profile === undefined
    ? undefined
    : targetNamed(withOption(given, 'profile', profile), workspaces, ledger, notDone);
}

/** The client that is named; if none is, also those with running mitigations. */
async function clientsAt(target: SettledTarget, ledger: Ledger): Promise<Omit<Selection, 'named'>> {
  const server = ledgerName(target);
  const others = (await ledger.clients()).filter(
    (known) => known.server === server && known.cuid !== target.cuid && known.entries.some(isRunning),
  );
  const targets = [
    target,
    ...(target.cuidSource === 'configured' ? [] : others).map(({ cuid, source }) => ({
      ...target,
      cuid,
      cuidSource: source,
    })),
  ];
  return { clients: await Promise.all(targets.map((each) => clientTarget(each, ledger))), problems: [] };
}

async function clientTarget(target: SettledTarget, ledger: Ledger): Promise<ClientTarget> {
  const client = ledgerAt(ledger, target);
  return { target, client, known: await client.read() };
}

/** The clients with running mitigations, according to the ledger. */
async function clientsInLedger(
  given: Arguments,
  workspaces: CommandWorkspaces,
  ledger: Ledger,
  notDone: string,
): Promise<Omit<Selection, 'named'>> {
  const found: Omit<Selection, 'named'> = { clients: [], problems: [] };
  for (const known of await ledger.clients()) {
    if (!known.entries.some(isRunning)) continue;
    try {
      const { cuid, source } = known;
      const target = await targetNamed(wayTo(known, given), workspaces, ledger, notDone);
      if (ledgerName(target) !== known.server) throw elsewhere(known, target);
      found.clients.push(await clientTarget({ ...target, cuid, cuidSource: source }, ledger));
    } catch (error) {
      if (!(error instanceof DotsError)) throw error;
      found.problems.push({ known, error: asGoneMock(error, known) });
    }
  }
  return found;
}

/**
 * The options that lead to a server again: its profile, or its address, for which a credential may be on the command
 * line.
 */
function wayTo({ server, address, entries }: ClientLedger, given: Arguments): Arguments {
  const profile = entries.findLast((entry) => entry.profile !== null)?.profile;
  if (typeof profile === 'string') return withOption(given, 'profile', profile);
  const isNamed = ['ca', 'psk-identity'].some((option) => given.option(option) !== undefined);
  if (!/^coap:/i.test(address) && !isNamed)
    throw new UsageError(
      `No profile leads to ${server}.`,
      'Name the server and its credentials: --server with --ca, --cert and --key, or with --psk-identity and --psk-key-file.',
    );
  const reached = withOption(given, 'server', address);
  return serverName(address) === server ? reached : withOption(reached, 'server-name', server.replace(/:\d+$/, ''));
}

/** A profile may have changed, and the mock of the editor is not a `dots mock`. */
function elsewhere({ server }: ClientLedger, { profile = '', server: other }: SettledTarget): UsageError {
  return new UsageError(
    `The profile "${profile}" leads to ${other}, not to ${server}.`,
    'Name the server and its credentials with --server.',
  );
}

/** The same arguments with one more option. */
export const withOption = (given: Arguments, name: string, value: string): Arguments => ({
  ...given,
  option: (asked) => (asked === name ? value : given.option(asked)),
});

/** A mid that is not in the ledger is requested from the named client, if there is exactly one. */
function withMids(clients: ClientTarget[], operand: Operand, notDone: string): Pick<Selection, 'clients'> {
  const chosen = clients.flatMap((each) => {
    const mids = each.known.entries.filter((entry) => isMeant(entry, operand)).map(({ id }) => id);
    const last = mids.at(-1);
    return last === undefined ? [] : [{ ...each, mids: [last] }];
  });
  const [only] = clients;
  if (chosen.length === 0 && operand.mid !== undefined && only !== undefined && clients.length === 1)
    return { clients: [{ ...only, mids: [operand.mid] }] };
  if (chosen.length === 1) return { clients: chosen };
  const what = operand.file ?? `mid ${String(operand.mid)}`;
  throw chosen.length === 0
    ? new UsageError(
        `The ledger has no mitigation of ${what}: ${notDone}.`,
        'See dots ledger, or specify the server or its --profile.',
      )
    : new UsageError(
        `The ledger has ${what} at ${plural(chosen.length, 'server')}: ${notDone}.`,
        'Name one with --profile or --server.',
      );
}

function isMeant(entry: LedgerEntry, { mid, file, hash }: Operand): boolean {
  if (entry.kind !== 'mitigation-scope' || entry.state === 'refused') return false;
  if (mid !== undefined) return entry.id === mid;
  return entry.hash === hash || (isRunning(entry) && file !== undefined && entry.file === absolutePath(file));
}

/**
 * The only running mitigation, if none is named, also where its server cannot be asked. Throws UsageError if there is
 * none or several.
 * @param done what the command does with it, such as `withdrawn`
 */
export function onlyOne(selection: Selection, done: string): Selection {
  if (selection.named) return selection;
  const running = selection.clients.flatMap((each) =>
    each.known.entries.filter(isRunning).map(({ id }) => ({ ...each, mids: [id] })),
  );
  // What ran on a mock that has ended keeps nobody from naming the only other one.
  const others = selection.problems.filter(({ error }) => running.length === 0 || !isGoneMock(error));
  const elsewhere = others.flatMap(({ known }) => known.entries.filter(isRunning).map(({ id }) => id));
  const mids = [...running.flatMap((each) => each.mids), ...elsewhere];
  if (mids.length === 1) return { ...selection, clients: running };
  if (mids.length === 0)
    throw new UsageError(
      `No mitigation in the ledger is running: nothing was ${done}.`,
      'See dots ledger, or specify a mid and its server.',
    );
  throw new UsageError(
    `${plural(mids.length, 'mitigation')} are running, mid ${mids.join(', ')}: nothing was ${done}.`,
    'Specify one by its mid or file, or all with --all.',
  );
}

/**
 * The running requests of a client that are meant, to be sent again. Throws a DotsError for a mid whose request the
 * ledger does not have: it cannot be repeated.
 */
export function entriesMeant({ known, mids }: ClientTarget): LedgerEntry[] {
  const running = known.entries.filter((entry) => isRunning(entry) && (mids?.includes(entry.id) ?? true));
  if (mids === undefined || running.length > 0) return running;
  throw new DotsError(
    'usage',
    'cli/not-running',
    `Mid ${mids.join(', ')} is not running according to the ledger, so its request cannot be repeated.`,
    'Send its document with dots send and --mid.',
  );
}
