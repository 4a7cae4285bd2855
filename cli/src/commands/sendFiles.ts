import { directionOf } from '#dots/model/direction';
import { documentTypeOf, type DocumentKind } from '#dots/model/documents';
import { DotsError } from '#dots/model/errors';
import { printable } from '#dots/model/text';
import { serverName } from '#dots/signal/ledgerFolder';
import type { Arguments, ExitStatus } from '../command';
import { readDocument, type ReadDocument } from '../document';
import { attempt } from '../invoke';
import type { Io } from '../io';
import { sendingOf } from '../serverTarget';
import { sharedConnections } from '../sharedConnections';
import { CommandWorkspaces } from '../workspace';
import { alwaysJson } from './sendJson';
import { resultOf, wantsJson, type SendRun } from './sendRun';

/** Sends one document. */
export type SendFile = (file: string, run: SendRun) => Promise<ExitStatus>;

/** A document, and where it goes. */
interface Placed {
  file: string;
  /** What is sent in order: all to one server, its data channel included. */
  lane: string;
  kind?: DocumentKind | undefined;
  direction?: string | undefined;
}

/**
 * Sends several documents: those to one server in order, over one session, and servers at the same time. Each has a
 * result of its own, printed as soon as it is known. Returns the highest exit status.
 */
export async function sendEach(files: readonly string[], run: SendRun, sendFile: SendFile): Promise<ExitStatus> {
  const stopped = run.io.stopped();
  let isStopped = false;
  void stopped.then(() => (isStopped = true));
  const io = { ...sharedIo(run.io), stopped: () => stopped };
  const shared = sharedConnections(run.connect);
  const each: SendRun = { ...run, io, connect: shared.connect };
  const placed = await Promise.all(files.map((file) => placeOf(file, each)));
  const lanes = lanesOf(run.given.option('all') === undefined ? placed : ofFolder(placed, io));
  try {
    const statuses = await Promise.all(
      lanes.map(async (lane) => {
        const all: ExitStatus[] = [];
        for (const { file } of lane) all.push(await sendOne(file, each, isStopped ? notStarted : sendFile));
        return all;
      }),
    );
    return Math.max(0, ...statuses.flat()) as ExitStatus;
  } finally {
    await shared.close();
  }
}

/** Where a document goes. What cannot be read, or has no target, is reported when its turn comes. */
async function placeOf(file: string, { given, io }: SendRun): Promise<Placed> {
  const silent: Io = { ...io, say: () => undefined };
  const document = await readDocument(file, silent).catch(() => undefined);
  if (document === undefined) return { file, lane: file };
  const facts = { file, kind: documentTypeOf(document.value)?.kind, direction: direction(document, given) };
  try {
    const { target } = await sendingOf(document, given, silent);
    return { ...facts, lane: serverName(target.signalServer ?? target.server) };
  } catch (error) {
    if (error instanceof DotsError) return { ...facts, lane: file };
    throw error;
  }
}

function direction({ file, value }: ReadDocument, given: Arguments): string | undefined {
  return new CommandWorkspaces(given).contextOf(file).direction ?? directionOf(value);
}

/** What a client sends on its own account, in the order in which one may refer to another. */
const sentKinds: readonly (DocumentKind | undefined)[] = [
  'aliases',
  'acls',
  'signal-config',
  'telemetry-setup',
  'mitigation-scope',
  'telemetry',
];

/** The documents of a folder that are for a server: aliases before the requests that name them. */
function ofFolder(placed: readonly Placed[], io: Io): Placed[] {
  const isSent = ({ kind, direction: way }: Placed): boolean =>
    kind === undefined || (sentKinds.includes(kind) && way !== 'status');
  const others = placed.filter((each) => !isSent(each)).map(({ file }) => file);
  if (others.length > 0) io.say(`dots send: Not for a server, so not sent: ${others.join(', ')}.`);
  return placed.filter(isSent).sort((one, other) => sentKinds.indexOf(one.kind) - sentKinds.indexOf(other.kind));
}

function lanesOf(placed: readonly Placed[]): Placed[][] {
  const lanes = new Map<string, Placed[]>();
  for (const each of placed) lanes.set(each.lane, [...(lanes.get(each.lane) ?? []), each]);
  return [...lanes.values()];
}

/** Sends one of several documents. Never throws: a failure is its result, and the others go on. */
function sendOne(file: string, run: SendRun, sendFile: SendFile): Promise<ExitStatus> {
  let text = '';
  const collected: Io = {
    ...run.io,
    out: (part) => Promise.resolve(void (text += typeof part === 'string' ? part : Buffer.from(part).toString('utf8'))),
  };
  return attempt(`dots send: ${file}`, [], collected, (io) =>
    alwaysJson({ ...run, io, json: resultOf(file) }, (watched) => sendFile(file, watched)).finally(() =>
      run.io.out(wantsJson(run) || text === '' ? text : underName(file, text)),
    ),
  );
}

const underName = (file: string, text: string): string => `${printable(file)}:\n${text.replace(/^(?=.)/gm, '  ')}`;

const notStarted: SendFile = () =>
  Promise.reject(new DotsError('unreachable', 'cli/stopped', 'Not sent: dots send was stopped before.'));

/** What several documents share: one standard input, one question at a time, and each message once. */
function sharedIo(io: Io): Io {
  const said = new Set<string>();
  let input: Promise<Uint8Array> | undefined;
  let question: Promise<unknown> = Promise.resolve();
  const { confirm } = io;
  return {
    ...io,
    say: (...lines) => {
      const text = lines.join('\n');
      if (!said.has(text)) io.say(...lines);
      said.add(text);
    },
    input: () => (input ??= io.input()),
    ...(confirm && {
      confirm: (text: string) => {
        const answer = question.then(() => confirm(text));
        question = answer.catch(() => undefined);
        return answer;
      },
    }),
  };
}
