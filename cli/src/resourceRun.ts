import { documentTypeOf, type DocumentKind } from '#dots/model/documents';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import type { Asking } from '#dots/signal/requestWithFailover';
import { ledgerAt } from './clientIdentity';
import { UsageError, type Arguments, type ExitStatus, type Option } from './command';
import { sendSignal } from './commands/sendSignal';
import { ownConnection } from './connection';
import { readDocument } from './document';
import { refuseForeign, type ForeignOptions } from './foreignOptions';
import type { Io } from './io';
import { withOption } from './mitigationTargets';
import { namedTarget } from './namedTarget';
import { ResourceReport, type Outcome } from './resourceReport';
import { isSendable } from './sendable';
import { sendingOf, targetOptions } from './serverTarget';

/** The options of a command about one resource. @param described descriptions that differ from those of `dots send` */
export const resourceOptions = (described: Readonly<Record<string, string>>): readonly Option[] => [
  ...targetOptions.map((option) => ({ ...option, description: described[option.name] ?? option.description })),
  { name: 'format', value: 'FORMAT', choices: ['text', 'json'], preset: 'text', description: 'The output format.' },
];

/** One run of a command about a resource: the words after the action, and where its result goes. */
export interface ResourceRun {
  words: readonly string[];
  given: Arguments;
  report: ResourceReport;
  io: Io;
}

/** The actions of a command, by the words that name them, such as `setup get`. Each throws a DotsError. */
export type ResourceActions = ReadonlyMap<string, (run: ResourceRun) => Promise<void>>;

/** A command about resources. */
export interface ResourceCommand {
  command: string;
  actions: ResourceActions;
  foreign: ForeignOptions;
}

/** Runs the action that the first words of a command name. Throws a DotsError. */
export async function runResource(
  { command, actions, foreign }: ResourceCommand,
  given: Arguments,
  io: Io,
): Promise<ExitStatus> {
  const { paths } = given;
  const name = [paths.slice(0, 2).join(' '), paths[0] ?? ''].find((words) => actions.has(words));
  const report = new ResourceReport(name ?? paths[0] ?? '', given.option('format') === 'json', io);
  try {
    const action = actions.get(name ?? '-');
    if (name === undefined || action === undefined) throw noAction(command, actions, paths);
    refuseForeign(command, name, given, foreign);
    const words = name === '' ? [] : paths.slice(name.split(' ').length);
    await action({ words, given, report, io: report.watched });
    return await report.end();
  } catch (error) {
    await report.failed(error);
    throw error;
  }
}

function noAction(command: string, actions: ResourceActions, paths: readonly string[]): UsageError {
  const known = [...actions.keys()].filter((name) => name !== '').join(', ');
  return new UsageError(
    paths.length === 0
      ? `dots ${command} needs an action: ${known}.`
      : `dots ${command} has no action "${paths.slice(0, 2).join(' ')}": it has ${known}.`,
    `See dots ${command} --help.`,
  );
}

/** A whole number that an action may have after it. Throws UsageError. */
export function idIn(words: readonly string[], name: string): number | undefined {
  const [word, ...more] = words;
  if (word === undefined) return undefined;
  if (more.length === 0 && /^\d{1,10}$/.test(word) && Number(word) <= 0xffff_ffff) return Number(word);
  throw new UsageError(`Name one ${name}, a number from 0 to 4294967295, or none: "${words.join(' ')}".`);
}

/** Throws UsageError where something follows an action that accepts nothing. */
export function noWords({ words }: ResourceRun, command: string): void {
  if (words.length > 0) throw new UsageError(`dots ${command} accepts nothing after it: "${words.join(' ')}".`);
}

/** A request without a document. */
export interface Asked {
  notDone: string;
  /** It changes nothing at the server, which then needs no confirmation. */
  reads?: true;
  asking: Asking;
}

/**
 * Sends a request without a document to the server that the options name. Throws a DotsError.
 * @param words what the answer means, once the ledger has it
 */
export async function askResource(
  { given, report, io }: ResourceRun,
  { notDone, reads, asking }: Asked,
  words: (answer: Outcome['answer'], client: LedgerOfClient) => Promise<Omit<Outcome, 'answer'>>,
): Promise<void> {
  const asked = reads === true ? withOption(given, 'yes', '') : given;
  const { target, ledger, notes } = await namedTarget(asked, io, notDone);
  report.target = target;
  report.notes = notes;
  const stop = new AbortController();
  void io.stopped().then(() => stop.abort());
  const connection = (io.connect ?? ownConnection)(target, { underAttack: false, signal: stop.signal });
  try {
    const { answer } = await connection.ask(asking);
    report.answered({ answer, kept: connection.kept, ...(await words(answer, ledgerAt(ledger, target))) });
  } finally {
    await connection.close();
  }
}

/**
 * Sends the only document that an action names, which is of one kind, and enters it in the ledger. Throws a DotsError.
 */
export async function sendResource(
  { words, given, report, io }: ResourceRun,
  kind: DocumentKind,
  next: (outcome: Pick<Outcome, 'answer' | 'kept'>) => string,
): Promise<void> {
  const [path, ...more] = words;
  if (path === undefined || more.length > 0) throw new UsageError('Name one file, or - for standard input.');
  const document = await readDocument(path, io);
  if (document === undefined) return;
  const type = documentTypeOf(document.value);
  if (type?.kind !== kind)
    throw new UsageError(
      `${path} contains ${type === undefined ? 'no DOTS document' : `a ${type.title}`}, which this command does not send.`,
      'Use dots send for other documents.',
    );
  const sending = await sendingOf(document, given, io);
  report.target = sending.target;
  report.notes = sending.notes ?? [];
  if (!(await isSendable(document, sending, { io, who: 'dots' }))) return;
  const { answer, kept, target, remarks } = await sendSignal({
    document,
    sending,
    connect: io.connect ?? ownConnection,
    given,
    io,
  });
  report.target = target;
  report.answered({ answer, kept, remarks, next: next({ answer, kept }) });
}
