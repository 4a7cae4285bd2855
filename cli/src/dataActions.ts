import { unusable } from '#dots/data/changes';
import { removalOf, type EntryChange } from '#dots/data/differences';
import {
  isMapping,
  isOfServer,
  checkInstallable,
  documentWith,
  entriesIn,
  entryPath,
  ownEntries,
  withoutState,
  type Container,
  type ResourcePath,
} from '#dots/data/resources';
import type { Activation, DataAnswer, DataSession } from '#dots/data/session';
import { recordActivation } from '#dots/dotsClient/installedEntries';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { safeJson } from '#dots/model/text';
import type { LedgerOfClient } from '#dots/signal/ledgerFolder';
import { writeFileAtomically } from '#dots/runtime/atomicFile';
import { fileReason } from '#dots/runtime/fileReason';
import { duration } from '#dots/words/quantities';
import { UsageError, type Arguments } from './command';
import type { DataAction } from './dataActionNames';
import type { DataReport } from './dataReport';
import { clientOf, overData, recordingInstalled } from './dataTarget';
import { readDocument } from './document';
import type { Io } from './io';
import { withOption } from './mitigationTargets';
import { namedTarget } from './namedTarget';
import { isSendable } from './sendable';
import { sendingOf } from './serverTarget';
import type { SettledTarget } from './settledTarget';

/** One run of `dots data`: the words after the action, and where its result goes. */
export interface DataRun {
  words: readonly string[];
  given: Arguments;
  report: DataReport;
  io: Io;
}

/** The actions of `dots data`, by name. Each throws a DotsError. */
export const actions: Readonly<Record<DataAction, (run: DataRun) => Promise<void>>> = {
  get,
  install,
  remove,
  activate: (run) =>
    setActivation(run, run.given.option('when-mitigating') === undefined ? 'immediate' : 'activate-when-mitigating'),
  deactivate: (run) => setActivation(run, 'deactivate'),
  refresh,
  capabilities: (run) => read(run, withoutWords(run, 'capabilities')),
};

const containers: ReadonlyMap<string, Container> = new Map([
  ['alias', 'aliases'],
  ['aliases', 'aliases'],
  ['acl', 'acls'],
  ['acls', 'acls'],
]);

/** Resources that have no names in them. */
const whole: ReadonlySet<string> = new Set(['vendor-mapping', 'own-vendor-mapping', 'capabilities']);

async function get(run: DataRun): Promise<void> {
  const [what, name, ...more] = run.words;
  const container = containers.get(what ?? '');
  if (what === undefined) return read(run, '');
  if (container !== undefined && more.length === 0)
    return read(run, name === undefined ? container : entryPath(container, name));
  if (whole.has(what) && name === undefined) return read(run, what as ResourcePath);
  throw new UsageError(
    `dots data get ${run.words.join(' ')}: this is not a part of the data channel.`,
    'Use aliases or acls with or without one name, vendor-mapping, own-vendor-mapping, or nothing for all of this client.',
  );
}

function withoutWords({ words }: DataRun, path: ResourcePath): ResourcePath {
  if (words.length === 0) return path;
  throw new UsageError(`dots data ${path} accepts nothing after it: "${words.join(' ')}".`);
}

/** Reads a resource and prints it; pending lifetimes in words as well. */
async function read({ given, report, io }: DataRun, path: ResourcePath): Promise<void> {
  // Reading changes nothing: a production server needs no confirmation.
  const target = await targetOf({ given: withOption(given, 'yes', ''), report, io }, 'nothing was read');
  const answer = await overData(target, (session) => session.get(path, target));
  if (answer.ok) {
    if (answer.body === undefined) throw unusable(answer);
    report.body = answer.body;
    await report.lines(...safeJson(answer.body, 2).split('\n'), ...lifetimeLines(answer.body));
    const file = given.option('save');
    if (file !== undefined) report.saved = await save(file, answer.body);
    if (file !== undefined) await report.lines(`Saved as ${file}.`);
  }
  await report.answered([answer], {
    ok: afterReading(path, report, target),
    refused: afterRefusedReading(answer, path),
  });
}

const dayInMinutes = 1440;

function afterReading(path: ResourcePath, { body, saved }: DataReport, { profile }: SettledTarget): string {
  if (path === 'capabilities')
    return saved === undefined
      ? 'save this beside your ACLs with --save FILE: dots validate FOLDER then reports what the server would refuse.'
      : `run dots validate on the folder of your ACLs: it reports what the server would refuse.${profile === undefined ? '' : ' Where the workspace file names a profile for the ACLs, name the same one for this file.'}`;
  if (path === 'vendor-mapping') return 'use the vendor-id and attack-id of this mapping in telemetry to this server.';
  if (path === 'own-vendor-mapping') return 'dots data install FILE replaces this mapping as a whole.';
  const soon = ownEntries(body).filter(({ entry }) => Number(entry['pending-lifetime']) <= dayInMinutes);
  return soon.length === 0
    ? 'dots data install FILE adds, replaces or refreshes entries; dots data remove alias|acl NAME removes one.'
    : `dots data refresh extends what expires within a day: ${soon.map(({ entry }) => safeJson(entry.name)).join(', ')}.`;
}

function afterRefusedReading({ status }: DataAnswer, path: ResourcePath): string | undefined {
  if (status !== 404) return undefined;
  return isOfServer(path)
    ? 'the server does not offer this; dots validate works without it.'
    : 'nothing of that name is on the server for this cuid: dots data get lists what is, dots data install FILE installs.';
}

/** `pending-lifetime` is in minutes: RFC 8783 section 4.3. */
function lifetimeLines(body: JsonObject): string[] {
  return ownEntries(body).map(
    ({ container, entry: { name, 'pending-lifetime': minutes, 'activation-type': activation } }) => {
      const time =
        typeof minutes === 'number' ? `expires in ${duration(minutes * 60)}` : 'the server reports no lifetime';
      const how = typeof activation === 'string' ? `${activation}, ` : '';
      return `${container === 'acls' ? 'acl' : 'alias'} ${safeJson(name)}: ${how}${time}`;
    },
  );
}

/** Writes what was read; aliases and ACLs as a document that can be installed. Throws UsageError. */
async function save(file: string, body: JsonObject): Promise<string> {
  const container = (['aliases', 'acls'] as const).find((each) => entriesIn(each, body).length > 0);
  const document =
    container === undefined ? body : documentWith(container, entriesIn(container, body).map(withoutState));
  try {
    await writeFileAtomically(file, `${safeJson(document, 2)}\n`);
    return file;
  } catch (error) {
    throw new UsageError(`${file} cannot be written: ${fileReason(error)}.`);
  }
}

async function install({ words, given, report, io }: DataRun): Promise<void> {
  const [path, ...more] = words;
  if (path === undefined || more.length > 0)
    throw new UsageError('Name one file to install, or - for standard input.', 'See dots data --help.');
  const document = await readDocument(path, io);
  if (document === undefined) return;
  checkInstallable(document.value);
  const sending = await sendingOf(document, given, io);
  const { target } = sending;
  report.target = target;
  report.notes = sending.notes ?? [];
  if (!(await isSendable(document, sending, { io, who: 'dots data' }))) return;
  const { announce } = report;
  const accepted = recordingInstalled(sending.ledger, target);
  const installed = await overData(target, (session) =>
    session.install(document.value, { ...target, announce, accepted }),
  );
  report.registered = installed.registered;
  if (installed.registered)
    await report.lines(`The client was not registered; dots registered it first, as ${target.cuid}.`);
  if (installed.answer.ok) report.add(installed.changes);
  await report.answered(installed.answers, { ok: isMapping(document.value) ? afterMapping : afterInstalling });
}

const afterMapping =
  'use the vendor-id and attack-id of this mapping in telemetry; dots data get own-vendor-mapping shows it.';
const afterInstalling = 'entries expire on the server: dots data get shows when; repeat this command to refresh them.';

async function remove(run: DataRun): Promise<void> {
  const { words, report } = run;
  const [what, ...names] = words;
  const container = containers.get(what ?? '');
  const isNameless = (what === 'client' || what === 'own-vendor-mapping') && names.length === 0;
  if (!isNameless && (container === undefined || names.length === 0))
    throw new UsageError(
      'Name what to remove: alias NAME, acl NAME, own-vendor-mapping, or client for all of it.',
      'See dots data --help.',
    );
  const target = await targetOf(run, 'nothing was removed');
  const client = await clientOf(run, target);
  await overData(target, async (session) => {
    if (container === undefined) return deregister(session, report, target, client);
    for (const name of names) {
      const { answer, answers } = await session.remove(container, name, { ...target, announce: report.announce });
      if (answer.ok || answer.status === 404) await client.removed({ container, name });
      await report.answered(answers, { ok: afterRemoving, refused: afterMissing(answers, container) });
    }
  });
}

const afterRemoving = 'change documents that refer to it: dots validate reports unknown names.';

/** Removes a client after what is lost with it was shown. */
async function deregister(
  session: DataSession,
  report: DataReport,
  target: SettledTarget,
  client: LedgerOfClient,
): Promise<void> {
  const known = await session.get('', target);
  const losses = known.ok ? ownEntries(known.body) : [];
  await report.announce(losses.map(({ container, entry }): EntryChange => removalOf(container, String(entry.name))));
  const answers = known.ok ? [known, await session.deregister(target)] : [known];
  if (answers.at(-1)?.ok === true) await client.removed('all');
  await report.answered(answers, { ok: 'dots data install FILE registers this client again.' });
}

async function setActivation(run: DataRun, activation: Activation): Promise<void> {
  const { words, report } = run;
  if (words.length === 0) throw new UsageError('Name the ACLs.', 'dots data get acls lists them.');
  const target = await targetOf(run, 'nothing was changed');
  const client = await clientOf(run, target);
  await overData(target, async (session) => {
    for (const name of words) {
      const { answer, answers } = await session.activate(name, activation, { ...target, announce: report.announce });
      if (answer.ok) await recordActivation(client, name, activation);
      await report.answered(answers, { ok: afterActivation[activation], refused: afterMissing(answers, 'acls') });
    }
  });
}

const afterActivation = {
  'activate-when-mitigating': 'nothing is filtered until a mitigation request is active: dots send FILE.',
  immediate: 'the ACL filters now: dots data deactivate NAME takes it out of force.',
  deactivate:
    'the ACL stays on the server: dots data activate NAME puts it in force, dots data remove acl NAME removes it.',
};

/** Installs again what the server has, so that its lifetime restarts: RFC 8783 section 4.3. */
async function refresh(run: DataRun): Promise<void> {
  const { words, report } = run;
  const target = await targetOf(run, 'nothing was refreshed');
  await overData(target, async (session) => {
    const known = await session.get('', target);
    const present = known.ok ? ownEntries(known.body) : [];
    const missing = words.filter((name) => !present.some(({ entry }) => entry.name === name));
    if (!known.ok || present.length === 0)
      return report.answered([known], { ok: nothingToRefresh, refused: afterRefusedReading(known, '') });
    if (missing.length > 0) throw noEntry(missing);
    for (const container of ['aliases', 'acls'] as const) {
      const entries = present.filter((each) => each.container === container).map(({ entry }) => entry);
      const chosen = words.length === 0 ? entries : entries.filter(({ name }) => words.includes(String(name)));
      if (chosen.length === 0) continue;
      const { announce } = report;
      const document = documentWith(container, chosen.map(withoutState));
      const { answers } = await session.install(document, { ...target, announce });
      await report.answered(answers, { ok: afterRefreshing });
    }
  });
}

const nothingToRefresh = 'nothing has to be refreshed: dots data install FILE installs aliases and ACLs.';
const afterRefreshing = 'dots data get shows when each expires; dots ready checks it every day.';

const noEntry = (names: readonly string[]): DotsError =>
  new DotsError(
    'malformed',
    'data/no-entry',
    `The server has no alias or ACL ${names.map((name) => safeJson(name)).join(', ')} of this client: nothing was refreshed.`,
    'dots data get lists what it has.',
  );

/** The words for an entry that was not found when it was read. */
function afterMissing([first]: readonly DataAnswer[], container: Container): string | undefined {
  return first?.status === 404 ? `dots data get ${container} lists what is on the server.` : undefined;
}

/** The target that the options or DOTS_PROFILE name. Throws a DotsError. */
async function targetOf(
  { given, report, io }: Pick<DataRun, 'given' | 'report' | 'io'>,
  notDone: string,
): Promise<SettledTarget> {
  const { target, notes } = await namedTarget(given, io, notDone, 'data');
  report.target = target;
  report.notes = notes;
  return target;
}
