import { changeLines, changeOf } from '#dots/data/differences';
import { contentOf, lists, ownEntries, type OwnEntry } from '#dots/data/resources';
import type { DataAnswer } from '#dots/data/session';
import { safeJson } from '#dots/model/text';
import { httpStatusWords } from '#dots/words/httpStatuses';
import { duration } from '#dots/words/quantities';
import { commandLine, type Way } from './commandLines';
import { nearSeconds } from './days';
import type { OwnDocument } from './documents';
import { checked, type Check } from './report';

/** Aliases and ACLs of the workspace, each with its file. */
type Wanted = OwnEntry & { file: string };

const wantedOf = (documents: readonly OwnDocument[]): Wanted[] =>
  documents
    .filter(({ kind }) => kind === 'aliases' || kind === 'acls')
    .flatMap(({ file, value }) => {
      const { container, entries } = contentOf(value);
      return entries.map((entry) => ({ file, container, entry }));
    });

/** What the server has of this client, compared with the workspace. Nothing is registered or changed. */
export function dataChecks(answer: DataAnswer, documents: readonly OwnDocument[], way: Way): Check[] {
  const wanted = wantedOf(documents);
  const files = [...new Set(wanted.map(({ file }) => file))];
  const install = (file: string): string => commandLine(['data', 'install', file], way, true);
  if (answer.status === 404)
    return [
      checked(
        'data channel',
        wanted.length === 0 ? 'ok' : 'not-ready',
        'The server answers; this client is not registered.',
        {
          details: wanted.length === 0 ? ['dots data install registers it with the first alias or ACL.'] : [],
          todo: files.map(install),
        },
      ),
    ];
  if (!answer.ok) {
    const { name, meaning } = httpStatusWords(answer.status);
    const said = answer.errors.map(({ message }) => message).join(' ') || meaning;
    return [checked('data channel', 'not-ready', `The server refuses: ${answer.status} ${name}: ${said}`)];
  }
  const present = ownEntries(answer.body);
  return [
    checked('data channel', 'ok', 'The server answers, and this client is registered.'),
    ...differences(wanted, present, install, way),
    lifetimes(present, way),
  ];
}

const isSame = (one: OwnEntry, other: OwnEntry): boolean =>
  one.container === other.container && one.entry.name === other.entry.name;

function differences(
  wanted: readonly Wanted[],
  present: readonly OwnEntry[],
  install: (file: string) => string,
  way: Way,
): Check[] {
  const changes = wanted
    .map((each) => ({
      file: each.file,
      change: changeOf(each.container, present.find((other) => isSame(each, other))?.entry, each.entry),
    }))
    .filter(({ change }) => change.change !== 'unchanged');
  const extra = present.filter((each) => !wanted.some((other) => isSame(each, other)));
  const check = 'aliases and ACLs';
  return [
    changes.length === 0
      ? checked(check, 'ok', wanted.length === 0 ? 'The workspace has none for this profile.' : 'As in the workspace.')
      : checked(check, 'not-ready', 'The server has others than the workspace.', {
          details: changes.flatMap(({ file, change }) => changeLines([change]).map((line) => `${file}: ${line}`)),
          todo: [...new Set(changes.map(({ file }) => install(file)))],
        }),
    ...(extra.length === 0 ? [] : [onServerOnly(extra, way)]),
  ];
}

const nameOf = ({ container, entry }: OwnEntry): string => `${lists[container]} ${safeJson(entry.name)}`;

function onServerOnly(extra: readonly OwnEntry[], way: Way): Check {
  const words = ({ container, entry }: OwnEntry): string[] => ['data', 'remove', lists[container], String(entry.name)];
  return checked('aliases and ACLs', 'soon', `On the server and in no document: ${extra.map(nameOf).join(', ')}.`, {
    todo: extra.map((each) => commandLine(words(each), way, true)),
  });
}

/** `pending-lifetime` is in minutes: RFC 8783 section 4.3. */
function lifetimes(present: readonly OwnEntry[], way: Way): Check {
  const left = ({ entry }: OwnEntry): number =>
    typeof entry['pending-lifetime'] === 'number' ? entry['pending-lifetime'] * 60 : Infinity;
  const near = present.filter((each) => left(each) < nearSeconds);
  const soonest = Math.min(...present.map(left));
  if (near.length > 0)
    return checked('lifetimes', 'not-ready', 'The server removes some within two days.', {
      details: near.map((each) => `${nameOf(each)} expires in ${duration(left(each))}`),
      todo: [commandLine(['data', 'refresh'], way, true)],
    });
  return checked(
    'lifetimes',
    'ok',
    soonest === Infinity
      ? 'The server reports no pending lifetime.'
      : `The first alias or ACL expires in ${duration(soonest)}.`,
  );
}
