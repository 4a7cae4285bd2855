import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { requested, withdrawn, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import { Mitigations } from '#dots/dotsServer/state/mitigations';
import { defaultTiming as timing } from '#dots/dotsServer/state/policy';
import { folderStore, memoryStore, type Store } from '#dots/dotsServer/state/store';
import { FakeClock, settle } from '../../../support/protocol/fakeClock';
import { TestMitigator } from '../../../support/testMitigator';

interface Scene {
  clock: FakeClock;
  mitigator: TestMitigator;
  mitigations: Mitigations;
  heard: number[];
}

async function open(store: Store = memoryStore, clock = new FakeClock()): Promise<Scene> {
  const mitigator = new TestMitigator();
  const mitigations = await Mitigations.open({ store, clock, timing, mitigator });
  const heard: number[] = [];
  mitigations.onDidChange((changed) => heard.push(...changed.map(({ status }) => status)));
  return { clock, mitigator, mitigations, heard };
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

/** A store whose writes wait until the test lets them happen. */
function slowStore(): { store: Store; letGo: () => void; writes: unknown[] } {
  const writes: unknown[] = [];
  let letGo = (): void => undefined;
  const write = (_name: string, value: unknown): Promise<void> => {
    writes.push(structuredClone(value));
    return new Promise((resolve) => {
      letGo = resolve;
    });
  };
  return { store: { read: memoryStore.read, write }, letGo: () => letGo(), writes };
}

const statusesOf = (mitigations: Mitigations): [number, number][] =>
  mitigations.all().map(({ mid, status }) => [mid, status]);

test('what was committed comes back after a restart, and its lifetime has gone on', async (t) => {
  const path = join(await folder(t), 'deep', 'er');
  const { clock, mitigations: first } = await open(await folderStore(path));
  await first.commit({ put: [mitigation(1, clock.now()), mitigation(2, clock.now()), mitigation(3, clock.now(), 60)] });
  await first.commit({ remove: [mitigation(1, clock.now())] });
  await first.close();
  assert.equal(clock.pending, 0);
  await clock.advance(100_000);
  const { mitigations: second, mitigator } = await open(await folderStore(path), clock);
  assert.deepEqual(
    statusesOf(second),
    [[2, 1]],
    'the status is the last one known until the mitigator reports another',
  );
  assert.deepEqual(mitigator.calls, ['start 2'], 'the mitigator takes up what is in force, and nothing else');
  await second.close();
  assert.deepEqual((await readdir(path)).sort(), ['.gitignore', 'mitigations.json']);
});

test('a state that cannot be read stops the start with a sentence', async (t) => {
  const path = await folder(t);
  for (const text of ['{', '[]', '{"version":1,"mitigations":[{"cuid":"c"}]}', '{"version":2,"mitigations":[]}']) {
    await writeFile(join(path, 'mitigations.json'), text);
    await assert.rejects(
      open(await folderStore(path)),
      (error: unknown) => error instanceof DotsError && error.code === 'orchestrator/state-unreadable',
    );
  }
  await assert.rejects(
    folderStore(join(path, 'mitigations.json')),
    (error: unknown) => error instanceof DotsError && error.code === 'orchestrator/state-folder',
  );
});

test('what cannot be stored does not happen, and the mitigator is not asked', async () => {
  const { clock, mitigator, mitigations } = await open({
    read: memoryStore.read,
    write: () => Promise.reject(new DotsError('usage', 'test/full', 'The disk is full.')),
  });
  await assert.rejects(mitigations.commit({ put: [mitigation(1, clock.now())] }));
  assert.deepEqual([mitigations.all(), mitigator.calls], [[], []]);
  await mitigations.close();
});

test('a lifetime ends by itself, the mitigation is removed, and the timer ends with the last one', async () => {
  const { clock, mitigator, mitigations, heard } = await open();
  await mitigations.commit({ put: [mitigation(1, clock.now())] });
  await clock.advance(4_000_000);
  assert.deepEqual(heard, [1, 6, 6]);
  assert.deepEqual(mitigations.all(), []);
  assert.deepEqual(mitigator.calls, ['start 1', 'end 1']);
  assert.equal(clock.pending, 0);
  await mitigations.close();
});

test('a lifetime longer than a timer can count still ends', async () => {
  const { clock, mitigations } = await open();
  await mitigations.commit({ put: [mitigation(1, clock.now(), 0xffff_ffff)] });
  await clock.advance(0xffff_ffff * 1000 + 10_000);
  assert.deepEqual(mitigations.all(), []);
  await mitigations.close();
});

test('the mitigator hears of each change of a mitigation in force, and of its end once', async () => {
  const { clock, mitigator, mitigations } = await open();
  const first = mitigation(1, clock.now());
  await mitigations.commit({ put: [first] });
  await mitigations.commit({ put: [{ ...first, expiresAt: null }] });
  await mitigations.commit({ put: [first], attackStatus: 'under-attack' });
  await mitigations.commit({ put: [withdrawn(first, clock.now())] });
  await mitigations.commit({ put: [mitigation(2, clock.now())] });
  await mitigations.commit({ put: [mitigation(3, clock.now())], remove: [mitigation(2, clock.now())] });
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
  await mitigations.close();
});

test('a preconfigured mitigation is not started', async () => {
  const { clock, mitigator, mitigations } = await open();
  const scope = { 'target-prefix': ['192.0.2.0/24'], 'trigger-mitigation': false };
  const waiting = requested({ cuid: 'c', mid: 1, scope, terminatingMs: 120_000 }, 60, clock.now());
  await mitigations.commit({ put: [waiting] });
  await clock.advance(70_000);
  assert.deepEqual(mitigator.calls, []);
  await mitigations.close();
});

test('a reported status counts from the time that the mitigator names, and never from the future', async () => {
  const { clock, mitigator, mitigations } = await open();
  const start = clock.now();
  await mitigations.commit({ put: [mitigation(1, start)] });
  await clock.advance(10_000);
  mitigator.reports[0]?.(2, start + 4_000);
  assert.deepEqual([mitigations.all()[0]?.status, mitigations.all()[0]?.since], [2, start + 4_000]);
  mitigator.reports[0]?.(4, start + 60_000);
  assert.deepEqual([mitigations.all()[0]?.status, mitigations.all()[0]?.since], [4, start + 10_000]);
  assert.equal(mitigations.all()[0]?.droppedForMs, 6_000);
  await mitigations.close();
});

test('a report has no effect on a withdrawn, ended, removed or newer mitigation', async () => {
  const { clock, mitigator, mitigations, heard } = await open();
  const first = mitigation(1, clock.now());
  await mitigations.commit({ put: [first] });
  await mitigations.commit({ put: [withdrawn(first, clock.now())] });
  mitigator.reports[0]?.(2, clock.now());
  assert.deepEqual(statusesOf(mitigations), [[1, 5]]);
  await clock.advance(120_000);
  mitigator.reports[0]?.(2, clock.now());
  assert.deepEqual(statusesOf(mitigations), [[1, 6]]);
  await mitigations.commit({ put: [mitigation(1, clock.now())] });
  mitigator.reports[0]?.(2, clock.now());
  assert.deepEqual(statusesOf(mitigations), [[1, 1]]);
  assert.deepEqual(heard, [1, 5, 6, 1]);
  await mitigations.close();
  mitigator.reports[1]?.(2, clock.now());
  assert.deepEqual([statusesOf(mitigations), clock.pending], [[[1, 1]], 0], 'nor after the server has closed');
});

test('a mitigation that the mitigator gives up (7) is ended, shown for a while, and removed', async () => {
  const { clock, mitigator, mitigations, heard } = await open();
  await mitigations.commit({ put: [mitigation(1, clock.now())] });
  mitigator.reports[0]?.(7, clock.now());
  assert.deepEqual(mitigator.calls, ['start 1', 'end 1']);
  await clock.advance(timing.terminatedMs);
  assert.deepEqual(mitigations.all(), []);
  assert.deepEqual(heard, [1, 7, 7]);
  mitigator.atStart = (report) => report(7, clock.now());
  await mitigations.commit({ put: [mitigation(2, clock.now())] });
  assert.deepEqual(mitigator.calls.slice(2), ['start 2', 'end 2'], 'also when it does so at once');
  await mitigations.close();
});

test('a report that arrives while a change is being stored is not overwritten by it', async () => {
  const { store, letGo, writes } = slowStore();
  const { clock, mitigator, mitigations, heard } = await open(store);
  const first = mitigation(1, clock.now());
  const created = mitigations.commit({ put: [first] });
  letGo();
  await created;
  const refreshed = mitigations.commit({ put: [{ ...first, expiresAt: null }] });
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
  await mitigations.close();
});

test('what the mitigator reports at once is stored before the request is answered', async (t) => {
  const path = await folder(t);
  const { clock, mitigator, mitigations, heard } = await open(await folderStore(path));
  const first = mitigation(1, clock.now());
  await mitigations.commit({ put: [first] });
  mitigator.atChange = (report) => report(4, clock.now());
  await mitigations.commit({ put: [first], attackStatus: 'under-attack' });
  assert.deepEqual(heard, [1, 4], 'observers see the outcome once');
  const { mitigations: second } = await open(await folderStore(path), clock);
  assert.deepEqual(statusesOf(second), [[1, 4]]);
  await mitigations.close();
  await second.close();
});

test('the counters are those of the mitigator, also after the end, until the mitigation is removed', async () => {
  const { clock, mitigator, mitigations } = await open();
  const only = mitigation(1, clock.now(), 60);
  await mitigations.commit({ put: [only] });
  assert.equal(mitigations.counters(only), undefined);
  mitigator.counters = { bytes: 1500, pkts: 1, bps: 1500, pps: 1 };
  await clock.advance(61_000);
  assert.deepEqual([statusesOf(mitigations), mitigations.counters(only)], [[[1, 6]], mitigator.counters]);
  await clock.advance(60_000);
  assert.equal(mitigations.counters(only), undefined);
  await mitigations.close();
});
