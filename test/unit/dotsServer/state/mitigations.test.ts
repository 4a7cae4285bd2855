import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { requested, withdrawn, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import { Mitigations } from '#dots/dotsServer/state/mitigations';
import { defaultTiming as timing } from '#dots/dotsServer/state/policy';
import { emptyState, memoryJournal, StoreError, type Journal } from '#dots/dotsServer/state/journal';
import { readStateFolder, type OpenedState } from '#dots/dotsServer/state/stateFolder';
import { Store } from '#dots/dotsServer/state/store';
import { FakeClock, settle } from '../../../support/protocol/fakeClock';
import { commit as commitTo, openFolder, type Change } from '../../../support/stateScene';
import { TestMitigator } from '../../../support/testMitigator';

interface Scene {
  clock: FakeClock;
  mitigator: TestMitigator;
  mitigations: Mitigations;
  heard: number[];
  commit: (change: Change) => Promise<void>;
  close: () => Promise<void>;
}

function open({ journal, stored }: Partial<OpenedState> = {}, clock = new FakeClock()): Scene {
  const mitigator = new TestMitigator();
  const store = new Store(journal ?? memoryJournal, stored ?? emptyState);
  const mitigations = new Mitigations({ store, clock, timing, mitigator });
  const heard: number[] = [];
  mitigations.onDidChange((changed) => heard.push(...changed.map(({ status }) => status)));
  return {
    clock,
    mitigator,
    mitigations,
    heard,
    commit: (change) => commitTo(store, mitigations, change),
    close: async () => {
      await mitigations.close();
      await store.close();
    },
  };
}

function mitigation(mid: number, now: number, lifetime = 3600): Mitigation {
  const scope = { 'target-prefix': ['192.0.2.0/24'] };
  return requested({ cuid: 'c', mid, scope, terminatingMs: 120_000 }, lifetime, now);
}

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'dots-state-'));
  t.after(() => rm(path, { recursive: true }));
  return path;
}

/** A journal whose writes wait until the test lets them happen. */
function slowJournal(): { journal: Journal; letGo: () => void; writes: unknown[] } {
  const writes: unknown[] = [];
  let letGo = (): void => undefined;
  const append: Journal['append'] = (requests) => {
    writes.push(structuredClone(requests));
    return new Promise((resolve) => {
      letGo = resolve;
    });
  };
  return { journal: { ...memoryJournal, append }, letGo: () => letGo(), writes };
}

const statusesOf = (mitigations: Mitigations): [number, number][] =>
  mitigations.all().map(({ mid, status }) => [mid, status]);

test('what was committed comes back after a restart, and its lifetime has gone on', async (t) => {
  const path = join(await folder(t), 'deep', 'er');
  const first = open(await openFolder(path));
  const { clock } = first;
  await first.commit({ put: [mitigation(1, clock.now()), mitigation(2, clock.now()), mitigation(3, clock.now(), 60)] });
  await first.commit({ remove: [mitigation(1, clock.now())] });
  await first.close();
  assert.equal(clock.pending, 0);
  await clock.advance(100_000);
  const second = open(await openFolder(path), clock);
  assert.deepEqual(
    statusesOf(second.mitigations),
    [[2, 1]],
    'the status is the last one known until the mitigator reports another',
  );
  assert.deepEqual(second.mitigator.calls, ['start 2'], 'the mitigator takes up what is in force, and nothing else');
  await second.close();
  assert.deepEqual((await readdir(path)).sort(), ['.gitignore', 'journal', 'lock.2']);
});

test('what cannot be stored does not happen, and the mitigator is not asked', async () => {
  const append = (): Promise<void> => Promise.reject(new StoreError(true, 'The disk is full.'));
  const { clock, mitigator, mitigations, commit, close } = open({ journal: { ...memoryJournal, append } });
  await assert.rejects(commit({ put: [mitigation(1, clock.now())] }));
  assert.deepEqual([mitigations.all(), mitigator.calls], [[], []]);
  await close();
});

test('a lifetime ends by itself, the mitigation is removed, and the timer ends with the last one', async () => {
  const { clock, mitigator, mitigations, heard, commit, close } = open();
  await commit({ put: [mitigation(1, clock.now())] });
  await clock.advance(4_000_000);
  assert.deepEqual(heard, [1, 6, 6]);
  assert.deepEqual(mitigations.all(), []);
  assert.deepEqual(mitigator.calls, ['start 1', 'end 1']);
  assert.equal(clock.pending, 0);
  await close();
});

test('a lifetime longer than a timer can count still ends', async () => {
  const { clock, mitigations, commit, close } = open();
  await commit({ put: [mitigation(1, clock.now(), 0xffff_ffff)] });
  await clock.advance(0xffff_ffff * 1000 + 10_000);
  assert.deepEqual(mitigations.all(), []);
  await close();
});

test('the mitigator hears of each change of a mitigation in force, and of its end once', async () => {
  const { clock, mitigator, commit, close } = open();
  const first = mitigation(1, clock.now());
  await commit({ put: [first] });
  await commit({ put: [{ ...first, expiresAt: null }] });
  await commit({ put: [first], attackStatus: 'under-attack' });
  await commit({ put: [withdrawn(first, clock.now())] });
  await commit({ put: [mitigation(2, clock.now())] });
  await commit({ put: [mitigation(3, clock.now())], remove: [mitigation(2, clock.now())] });
  await clock.advance(130_000);
  assert.deepEqual(mitigator.calls, [
    'start 1',
    'change 1 1 -> 1',
    'change 1 1 -> 1, under-attack',
    'change 1 1 -> 5',
    'start 2',
    'end 2',
    'start 3',
    'end 1',
  ]);
  await close();
});

test('a preconfigured mitigation is not started', async () => {
  const { clock, mitigator, commit, close } = open();
  const scope = { 'target-prefix': ['192.0.2.0/24'], 'trigger-mitigation': false };
  const waiting = requested({ cuid: 'c', mid: 1, scope, terminatingMs: 120_000 }, 60, clock.now());
  await commit({ put: [waiting] });
  await clock.advance(70_000);
  assert.deepEqual(mitigator.calls, []);
  await close();
});

test('a reported status counts from the time that the mitigator names, and never from the future', async () => {
  const { clock, mitigator, mitigations, commit, close } = open();
  const start = clock.now();
  await commit({ put: [mitigation(1, start)] });
  await clock.advance(10_000);
  mitigator.reports[0]?.(2, start + 4_000);
  assert.deepEqual([mitigations.all()[0]?.status, mitigations.all()[0]?.since], [2, start + 4_000]);
  mitigator.reports[0]?.(4, start + 60_000);
  assert.deepEqual([mitigations.all()[0]?.status, mitigations.all()[0]?.since], [4, start + 10_000]);
  assert.equal(mitigations.all()[0]?.droppedForMs, 6_000);
  await close();
});

test('a report has no effect on a withdrawn, ended, removed or newer mitigation', async () => {
  const { clock, mitigator, mitigations, heard, commit, close } = open();
  const first = mitigation(1, clock.now());
  await commit({ put: [first] });
  await commit({ put: [withdrawn(first, clock.now())] });
  mitigator.reports[0]?.(2, clock.now());
  assert.deepEqual(statusesOf(mitigations), [[1, 5]]);
  await clock.advance(120_000);
  mitigator.reports[0]?.(2, clock.now());
  assert.deepEqual(statusesOf(mitigations), [[1, 6]]);
  await commit({ put: [mitigation(1, clock.now())] });
  mitigator.reports[0]?.(2, clock.now());
  assert.deepEqual(statusesOf(mitigations), [[1, 1]]);
  assert.deepEqual(heard, [1, 5, 6, 1]);
  await close();
  mitigator.reports[1]?.(2, clock.now());
  assert.deepEqual([statusesOf(mitigations), clock.pending], [[[1, 1]], 0], 'nor after the server has closed');
});

test('a mitigation that the mitigator gives up (7) is ended, shown for a while, and removed', async () => {
  const { clock, mitigator, mitigations, heard, commit, close } = open();
  await commit({ put: [mitigation(1, clock.now())] });
  mitigator.reports[0]?.(7, clock.now());
  assert.deepEqual(mitigator.calls, ['start 1', 'end 1']);
  await clock.advance(timing.terminatedMs);
  assert.deepEqual(mitigations.all(), []);
  assert.deepEqual(heard, [1, 7, 7]);
  mitigator.atStart = (report) => report(7, clock.now());
  await commit({ put: [mitigation(2, clock.now())] });
  assert.deepEqual(mitigator.calls.slice(2), ['start 2', 'end 2'], 'also when it does so at once');
  await close();
});

test('a report that arrives while a change is being stored is not overwritten by it', async () => {
  const { journal, letGo, writes } = slowJournal();
  const { clock, mitigator, mitigations, heard, commit, close } = open({ journal });
  const first = mitigation(1, clock.now());
  const created = commit({ put: [first] });
  await settle();
  letGo();
  await created;
  const refreshed = commit({ put: [{ ...first, expiresAt: null }] });
  await settle();
  mitigator.reports[0]?.(2, clock.now());
  assert.deepEqual(
    mitigations.all().map(({ status, expiresAt }) => [status, expiresAt]),
    [[1, first.expiresAt]],
    'the change applies when it is stored',
  );
  letGo();
  await settle();
  assert.equal(writes.length, 3, 'the report is stored after the change');
  letGo();
  await refreshed;
  assert.deepEqual(
    mitigations.all().map(({ status, expiresAt }) => [status, expiresAt]),
    [[2, null]],
  );
  assert.deepEqual(heard, [1, 2]);
  await close();
});

test('what the mitigator reports at once is stored before the request is answered', async (t) => {
  const path = await folder(t);
  const { clock, mitigator, heard, commit, close } = open(await openFolder(path));
  const first = mitigation(1, clock.now());
  await commit({ put: [first] });
  mitigator.atChange = (report) => report(4, clock.now());
  await commit({ put: [first], attackStatus: 'under-attack' });
  assert.deepEqual(heard, [1, 4], 'observers see the outcome once');
  const second = open({ stored: await readStateFolder(path) }, clock);
  assert.deepEqual(statusesOf(second.mitigations), [[1, 4]]);
  await close();
  await second.close();
});

test('the counters are those of the mitigator, also after the end, until the mitigation is removed', async () => {
  const { clock, mitigator, mitigations, commit, close } = open();
  const only = mitigation(1, clock.now(), 60);
  await commit({ put: [only] });
  assert.equal(mitigations.counters(only), undefined);
  mitigator.counters = { bytes: 1500, pkts: 1, bps: 1500, pps: 1 };
  await clock.advance(61_000);
  assert.deepEqual([statusesOf(mitigations), mitigations.counters(only)], [[[1, 6]], mitigator.counters]);
  await clock.advance(60_000);
  assert.equal(mitigations.counters(only), undefined);
  await close();
});
