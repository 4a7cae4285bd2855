import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryJournal, StoreError, type Journal, type JournalChange } from '#dots/dotsServer/state/journal';
import { Store } from '#dots/dotsServer/state/store';
import { wholeValues } from '#dots/dotsServer/state/storedForm';
import type { Table } from '#dots/dotsServer/state/table';
import { settle } from '../../../support/protocol/fakeClock';

interface Entry {
  cuid: string;
  id: number;
  value?: string;
}

interface Scene {
  store: Store;
  table: Table<Entry>;
  /** The requests of each write. */
  writes: JournalChange[][][];
  /** Ends the current write; with an error it fails. */
  end: (error?: Error) => Promise<void>;
}

/** A store whose writes end when the test says so. */
function open(): Scene {
  const writes: JournalChange[][][] = [];
  let end: (error?: Error) => void = () => undefined;
  const append: Journal['append'] = (requests) => {
    writes.push(requests.map((changes) => [...changes]));
    return new Promise((resolve, reject) => {
      end = (error) => (error === undefined ? resolve() : reject(error));
    });
  };
  const store = new Store({ ...memoryJournal, append });
  const table = store.table(
    wholeValues<Entry>('entry', { keyOf: ({ cuid, id }) => `${id} ${cuid}`, faultOf: () => undefined }),
  );
  const ended = async (error?: Error): Promise<void> => {
    await settle();
    end(error);
    await settle();
  };
  return { store, table, writes, end: ended };
}

const full = new StoreError(true, 'The disk is full.');

/** What becomes of a request. */
function outcomeOf(request: Promise<unknown>): { now: unknown } {
  const outcome: { now: unknown } = { now: 'pending' };
  request.then(
    (value) => (outcome.now = value),
    (error: unknown) => (outcome.now = error),
  );
  return outcome;
}

test('a request is one record, and is seen and answered once it is stored', async () => {
  const { store, table, writes, end } = open();
  const outcome = outcomeOf(
    store.exclusive(() => {
      table.put({ cuid: 'c', id: 1 });
      table.put({ cuid: 'c', id: 2 });
      table.remove('1 c');
      return table.of('c').map(({ id }) => id);
    }),
  );
  await settle();
  assert.deepEqual([outcome.now, table.size, table.of('c')], ['pending', 0, []], 'nobody sees what is not stored');
  await end();
  assert.deepEqual([outcome.now, table.size], [[2], 1], 'the decision saw its own changes');
  assert.deepEqual(writes, [
    [
      [
        ['entry', '1 c', { cuid: 'c', id: 1 }],
        ['entry', '2 c', { cuid: 'c', id: 2 }],
        ['entry', '1 c', null],
      ],
    ],
  ]);
});

test('requests that arrive while others are stored share one write, and see one another', async () => {
  const { store, table, writes, end } = open();
  const claim = (id: number): { now: unknown } =>
    outcomeOf(
      store.exclusive(() => {
        if (table.countOf('c') === 2) throw new Error('taken');
        table.put({ cuid: 'c', id });
        return id;
      }),
    );
  const first = claim(1);
  await settle();
  const others = [2, 3, 4].map(claim);
  await end();
  assert.deepEqual([first.now, ...others.map(({ now }) => now)], [1, 'pending', 'pending', 'pending']);
  await end();
  assert.deepEqual(
    [others[0]?.now, String(others[1]?.now), String(others[2]?.now)],
    [2, 'Error: taken', 'Error: taken'],
  );
  assert.deepEqual(
    writes.map((requests) => requests.length),
    [1, 1],
  );
});

test('a request that throws has no effect, and those beside it have', async () => {
  const { store, table, end } = open();
  const failed = outcomeOf(
    store.exclusive(() => {
      table.put({ cuid: 'c', id: 1 });
      throw new Error('refused');
    }),
  );
  const other = outcomeOf(store.exclusive(() => table.put({ cuid: 'c', id: 2 })));
  await end();
  assert.deepEqual([String(failed.now), other.now], ['Error: refused', undefined]);
  assert.deepEqual(table.of('c'), [{ cuid: 'c', id: 2 }]);
});

test('what cannot be stored has no effect, nor has what was decided upon it; the next request works', async () => {
  const { store, table, end } = open();
  const before = outcomeOf(store.exclusive(() => table.size));
  const lost = outcomeOf(store.exclusive(() => table.put({ cuid: 'c', id: 1 })));
  const seen = outcomeOf(store.exclusive(() => table.size));
  await end(full);
  assert.deepEqual([before.now, lost.now, seen.now], [0, full, full], 'what was decided before does not depend on it');
  assert.equal(table.size, 0);
  const next = outcomeOf(store.exclusive(() => table.put({ cuid: 'c', id: 2 })));
  await end();
  assert.deepEqual([next.now, table.size], [undefined, 1]);
});

test('a table is changed in a decision only', () => {
  const { table } = open();
  assert.throws(() => table.put({ cuid: 'c', id: 1 }), /in a decision only/);
});

test('a watcher sees each change, and each that is taken back', async () => {
  const { store, table, end } = open();
  const values = new Map<string, Entry>();
  table.watch((key, _before, after) => {
    if (after === undefined) values.delete(key);
    else values.set(key, after);
  });
  const put = (value: string): Promise<void> => store.exclusive(() => table.put({ cuid: 'c', id: 1, value }));
  void put('first');
  await end();
  const lost = put('lost').catch(() => 'failed');
  await settle();
  assert.equal(values.get('1 c')?.value, 'first');
  await end(full);
  assert.deepEqual([await lost, values.get('1 c')?.value], ['failed', 'first']);
});

test('decisions that take long are made in several turns, between which others have theirs', async () => {
  let now = 0;
  const store = new Store(memoryJournal, undefined, () => now);
  const order: string[] = [];
  const decide = (name: string): Promise<void> =>
    store.exclusive(() => {
      now += 6;
      order.push(name);
    });
  const all = Promise.all(['a', 'b', 'c', 'd', 'e'].map(decide));
  setImmediate(() => order.push('another turn'));
  await all;
  assert.deepEqual(order, ['a', 'b', 'another turn', 'c', 'd', 'e']);
});
