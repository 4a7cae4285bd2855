import { isObject, itemsOf, type JsonValue } from '#dots/model/json';
import type { Clock } from '#dots/runtime/clock';
import { fileReason } from '#dots/runtime/fileReason';
import type { PrivateFolder, Notify } from '#dots/runtime/privateFolder';
import { DotsError } from '#dots/model/errors';
import { memoryJournal, unreadableState, type JournalEntry, type StoredState } from './journal';
import { mitigationKey } from './lifecycle';
import { dataClientTable } from './storedClients';
import { mitigationTable } from './storedMitigations';
import { Store } from './store';
import { telemetryKey, telemetryTable } from './telemetry';

/** A file in which version 0.1 stored all entries of one kind. */
interface EarlierFile {
  name: string;
  /** The list in it. */
  list: string;
  table: string;
  keyOf: (value: never) => string;
}

const files: readonly EarlierFile[] = [
  { name: 'mitigations.json', list: 'mitigations', table: 'mitigation', keyOf: mitigationKey },
  { name: 'data.json', list: 'clients', table: 'client', keyOf: ({ cuid }: { cuid: string }) => cuid },
  { name: 'telemetry.json', list: 'entries', table: 'telemetry', keyOf: telemetryKey },
];

/** The files of version 0.1, which had no journal. */
export const earlierNames: readonly string[] = files.map(({ name }) => name);

/**
 * The state that version 0.1 has stored in a folder, checked; undefined where there is none.
 * Throws a DotsError of kind `usage`: `orchestrator/state-unreadable`, `runtime/not-private`.
 */
export async function readEarlierState(folder: PrivateFolder): Promise<StoredState | undefined> {
  const lists = await Promise.all(files.map((file) => readList(folder, file)));
  if (lists.every((list) => list === undefined)) return undefined;
  const state: StoredState = {
    entries: lists.flatMap((list) => list ?? []),
    damaged: ({ table }, reason) => {
      const { name } = files.find((file) => file.table === table) as EarlierFile;
      return unreadableState(`The stored state ${folder.pathOf(name)}`, reason);
    },
  };
  const scratch = new Store(memoryJournal, state);
  for (const open of [mitigationTable, dataClientTable, telemetryTable]) open(scratch);
  return state;
}

/**
 * Renames files with the date, so that they are no longer used, and reports that. Rejects with an error of the file
 * system.
 */
export async function setAside(
  folder: PrivateFolder,
  names: readonly string[],
  { clock, notify }: { clock: Clock; notify: Notify },
): Promise<void> {
  const present = await folder.names();
  const date = new Date(clock.now()).toISOString().replace(/[-:]/g, '');
  for (const name of names.filter((each) => present.includes(each))) {
    const aside = `${name}.discarded-${date}`;
    await folder.rename(name, aside);
    notify(`${folder.pathOf(name)} was renamed to ${aside}; the state begins empty.`);
  }
  await folder.sync();
}

async function readList(folder: PrivateFolder, file: EarlierFile): Promise<JournalEntry[] | undefined> {
  const { name, list, table, keyOf } = file;
  const text = await readText(folder, name);
  if (text === undefined) return undefined;
  const where = `The stored state ${folder.pathOf(name)}`;
  const content = parsed(text);
  if (!isObject(content) || content.version !== 1 || !Array.isArray(content[list]))
    throw unreadableState(where, 'it is not the state of version 0.1');
  return itemsOf(content[list]).map((value) => {
    if (!isObject(value)) throw unreadableState(where, 'an entry is not an object');
    return { table, key: keyOf(value as never), value };
  });
}

async function readText(folder: PrivateFolder, name: string): Promise<string | undefined> {
  try {
    return await folder.read(name);
  } catch (cause) {
    throw cause instanceof DotsError ? cause : unreadableState(folder.pathOf(name), fileReason(cause), cause);
  }
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
