import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { FileJournal } from '#dots/dotsServer/state/fileJournal';
import { StoreError } from '#dots/dotsServer/state/journal';
import { Store } from '#dots/dotsServer/state/store';
import { wholeValues } from '#dots/dotsServer/state/storedForm';
import type { Table } from '#dots/dotsServer/state/table';
import { MemoryFolder, type Fault, type FaultPlan } from '../../../support/memoryFolder';
import { settle } from '../../../support/protocol/fakeClock';

interface Entry {
  cuid: string;
  request: number;
  /** Makes the journal grow, so that it is compacted. */
  ballast: string;
}

const requests = 18;
const atOnce = 3;
const ballast = 'x'.repeat(60_000);

interface Opened {
  store: Store;
  table: Table<Entry>;
}

async function open(folder: MemoryFolder): Promise<Opened> {
  const { journal, stored } = await FileJournal.open(
    folder,
    () => Promise.resolve([]),
    () => undefined,
  );
  const store = new Store(journal, stored);
  return {
    store,
    table: store.table(wholeValues<Entry>('entry', { keyOf: ({ cuid }) => cuid, faultOf: () => undefined })),
  };
}

type Outcome = 'acknowledged' | 'refused' | 'unanswered';

/** Each request stores an entry of its own, and replaces one that all share. Those of a wave arrive together. */
async function run(folder: MemoryFolder): Promise<Outcome[]> {
  const outcomes = Array.from({ length: requests }, (): Outcome => 'unanswered');
  const opened = await settled(open(folder).catch(() => undefined));
  for (let first = 0; opened !== undefined && first < requests; first += atOnce) {
    for (let request = first; request < first + atOnce; request++) {
      void ask(opened, request).then((outcome) => {
        outcomes[request] = outcome;
      });
    }
    await settle();
  }
  return outcomes;
}

async function ask({ store, table }: Opened, request: number): Promise<Outcome> {
  try {
    await store.exclusive(() => {
      table.put({ cuid: `own ${request}`, request, ballast: '' });
      table.put({ cuid: 'shared', request, ballast });
    });
    return 'acknowledged';
  } catch (error) {
    assert.ok(error instanceof StoreError, String(error));
    return error.isCertain ? 'refused' : 'unanswered';
  }
}

/** The result, or undefined where the process has ended before. */
async function settled<T>(work: Promise<T>): Promise<T | undefined> {
  return Promise.race([work, settle().then(() => undefined)]);
}

async function stored(files: ReadonlyMap<string, Buffer>): Promise<{ own: number[]; shared: number }> {
  const { table } = await open(new MemoryFolder(() => undefined, files));
  const entries = [...table.values()] as (Entry & JsonObject)[];
  return {
    own: entries.filter(({ cuid }) => cuid !== 'shared').map(({ request }) => request),
    shared: entries.find(({ cuid }) => cuid === 'shared')?.request ?? -1,
  };
}

/**
 * Nothing acknowledged is lost, nothing refused has an effect, and no request has half of its effect, however the
 * server ends.
 */
async function verify(what: string, plan: FaultPlan): Promise<void> {
  const folder = new MemoryFolder(plan);
  const outcomes = await run(folder);
  for (const end of ['process', 'machine'] as const) {
    const label = `${what}, end of the ${end}: ${outcomes.join(' ')}`;
    const { own, shared } = await stored(folder.after(end));
    outcomes.forEach((outcome, request) => {
      if (outcome === 'acknowledged') assert.ok(own.includes(request), `request ${request} is lost; ${label}`);
      if (outcome === 'refused') assert.ok(!own.includes(request), `request ${request} has an effect; ${label}`);
    });
    assert.equal(shared, Math.max(-1, ...own), `half of a request; ${label}`);
  }
}

async function operationsOfARun(): Promise<string[]> {
  const folder = new MemoryFolder();
  assert.ok((await run(folder)).every((outcome) => outcome === 'acknowledged'));
  return folder.operations;
}

for (const fault of ['fails', 'half', 'done', 'ends'] satisfies Fault[])
  test(`one operation on the disk ${fault}, whichever it is`, async () => {
    const operations = await operationsOfARun();
    assert.ok(operations.filter((name) => name === 'rename').length > 1, 'the journal is compacted meanwhile');
    for (const [at, name] of operations.entries())
      await verify(`${name} ${at} ${fault}`, (index) => (index === at ? fault : undefined));
  });

for (const fault of ['fails', 'half', 'done'] satisfies Fault[])
  test(`every operation from one on ${fault}, whichever it is`, async () => {
    for (const [at, name] of (await operationsOfARun()).entries())
      await verify(`${name} ${at} and all after it: ${fault}`, (index) => (index >= at ? fault : undefined));
  });

test('two operations in a row fail, whichever they are', async () => {
  for (const at of (await operationsOfARun()).keys())
    await verify(`${at} and ${at + 1}`, (index) => (index === at || index === at + 1 ? 'done' : undefined));
});

test('what a server has read at its start is there after the next crash, though the one before was killed at a write', async () => {
  for (const at of (await operationsOfARun()).keys()) {
    const first = new MemoryFolder((index) => (index === at ? 'ends' : undefined));
    await run(first);
    const second = first.restarted();
    const { table } = await open(second);
    const read = [...table.values()].map(({ cuid }) => cuid);
    const { table: third } = await open(new MemoryFolder(() => undefined, second.after('machine')));
    assert.deepEqual([...third.values()].map(({ cuid }) => cuid).sort(), read.sort(), `after operation ${at}`);
  }
});

test('once the disk works again, so does the server', async () => {
  for (const at of (await operationsOfARun()).keys()) {
    let isBroken = true;
    const folder = new MemoryFolder((index) => (isBroken && index >= at ? 'fails' : undefined));
    const opened = await settled(open(folder).catch(() => undefined));
    if (opened === undefined) continue;
    const first = await ask(opened, 0);
    isBroken = false;
    assert.equal(await ask(opened, 1), 'acknowledged', `after operation ${at}`);
    const { own } = await stored(folder.after('machine'));
    assert.deepEqual(own, first === 'acknowledged' ? [0, 1] : [1]);
  }
});
