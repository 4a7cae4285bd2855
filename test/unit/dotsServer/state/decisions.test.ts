import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decisions, type NewDecision } from '#dots/dotsServer/state/decisions';
import { requested } from '#dots/dotsServer/state/lifecycle';
import { memoryJournal } from '#dots/dotsServer/state/journal';
import { Store } from '#dots/dotsServer/state/store';
import { mitigationTable } from '#dots/dotsServer/state/storedMitigations';
import { operationsOf } from '../../../support/operations';

const decision = (mid: number | undefined, action: NewDecision['action'] = 'filter'): NewDecision => ({
  ...{ cuid: 'c', at: 1, client: 'c', action, reason: '' },
  ...(mid !== undefined && { mid }),
});

function scene() {
  const store = new Store(memoryJournal);
  const table = mitigationTable(store);
  const decisions = new Decisions(store, table);
  const decide = (mid: number): Promise<void> =>
    store.exclusive(() => {
      decisions.put(decision(mid));
      table.put(requested({ cuid: 'c', mid, scope: {}, terminatingMs: 1 }, 60, 1));
    });
  return { store, table, decisions, decide };
}

test('the last decision of each mitigation is kept, and of all others the latest', async () => {
  const { store, table, decisions, decide } = scene();
  for (let mid = 1; mid <= 20; mid++) await decide(mid);
  for (let number = 0; number < 1500; number++) decisions.record(decision(undefined, 'refuse'));
  assert.equal(decisions.all().length, 1000);
  assert.equal(decisions.of({ cuid: 'c', mid: 1 })?.number, 1);
  await store.exclusive(() => table.remove('1 c'));
  for (let number = 0; number < 1500; number++) decisions.record(decision(undefined, 'refuse'));
  assert.equal(decisions.of({ cuid: 'c', mid: 1 }), undefined);
  assert.equal(decisions.of({ cuid: 'c', mid: 2 })?.number, 2);
  assert.equal(decisions.all().length, 1000);
});

test('a decision that is taken back leaves what there was', async () => {
  const { store, decisions, decide } = scene();
  for (let mid = 1; mid <= 1000; mid++) await decide(mid);
  decisions.record(decision(undefined, 'refuse'));
  const before = decisions.all();
  await assert.rejects(
    store.exclusive(() => {
      decisions.put(decision(2000));
      throw new Error('refused');
    }),
  );
  assert.deepEqual(decisions.all(), before);
});

test('a decision costs the same beside 1,000 and 10,000 that mitigations depend on', async () => {
  const { decide } = scene();
  await decide(0);
  const counts: number[] = [];
  let mid = 0;
  for (const size of [1000, 10_000]) {
    while (mid < size) await decide(++mid);
    counts.push(
      await operationsOf(async () => {
        for (let more = 0; more < 10; more++) await decide(++mid);
      }),
    );
  }
  assert.ok(Math.max(...counts) <= 1.5 * Math.min(...counts), counts.join(', '));
});
