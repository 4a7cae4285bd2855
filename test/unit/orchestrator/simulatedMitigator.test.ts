import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requested, resumed, withdrawn, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import { Mitigations } from '#dots/dotsServer/state/mitigations';
import { defaultTiming as timing } from '#dots/dotsServer/state/policy';
import { memoryJournal } from '#dots/dotsServer/state/journal';
import type { OpenedState } from '#dots/dotsServer/state/stateFolder';
import { Store } from '#dots/dotsServer/state/store';
import { SimulatedMitigator } from '#dots/orchestrator/simulatedMitigator';
import { FakeClock } from '../../support/protocol/fakeClock';
import { commit as commitTo, KeptJournal, type Change } from '../../support/stateScene';

interface Scene {
  clock: FakeClock;
  start: number;
  mitigations: Mitigations;
  heard: number[];
  commit: (change: Change) => Promise<void>;
  close: () => Promise<void>;
}

function open({ journal = memoryJournal, stored }: Partial<OpenedState> = {}, clock = new FakeClock()): Scene {
  const mitigator = new SimulatedMitigator(clock);
  const store = new Store(journal, stored);
  const mitigations = new Mitigations({ store, clock, timing, mitigator });
  const heard: number[] = [];
  mitigations.onDidChange((changed) => heard.push(...changed.map(({ status }) => status)));
  const close = async (): Promise<void> => {
    await mitigations.close();
    mitigator.close();
  };
  return {
    clock,
    start: clock.now(),
    mitigations,
    heard,
    commit: (change) => commitTo(store, mitigations, change),
    close,
  };
}

function mitigation(now: number, lifetime = 3600): Mitigation {
  const scope = { 'target-prefix': ['192.0.2.0/24'] };
  return requested({ cuid: 'c', mid: 7, scope, terminatingMs: timing.terminatingMs }, lifetime, now);
}

const only = (mitigations: Mitigations): Mitigation => mitigations.all()[0] as Mitigation;

test('a mitigation is set up, mitigates, sees the attack stop, and ends with its lifetime; then no timer is left', async () => {
  const { clock, start, mitigations, heard, commit, close } = open();
  await commit({ put: [mitigation(start)] });
  const statuses: (number | undefined)[] = [];
  for (const seconds of [0, 2.9, 3, 302, 303, 3599, 3600, 3605, 3606]) {
    await clock.advance(start + seconds * 1000 - clock.now());
    statuses.push(mitigations.all()[0]?.status);
  }
  assert.deepEqual(statuses, [1, 1, 2, 2, 3, 3, 6, 6, undefined]);
  assert.deepEqual(heard, [1, 2, 3, 6, 6]);
  assert.equal(clock.pending, 0);
  await close();
});

test('after a restart the status is what it would have been without', async () => {
  for (const seconds of [0, 2, 3, 100, 303, 1000, 3599, 3601, 3700]) {
    const journal = new KeptJournal();
    const first = open({ journal });
    await first.commit({ put: [mitigation(first.start)] });
    await first.close();
    assert.equal(first.clock.pending, 0);
    const watched = open({}, first.clock);
    await watched.commit({ put: [mitigation(first.start)] });
    await first.clock.advance(seconds * 1000);
    const second = open({ journal, stored: journal.stored }, first.clock);
    const shown = ({ mitigations }: Scene): unknown =>
      mitigations.all().map((entry) => {
        const { status, since } = entry;
        // The counters of one that ended in the meantime are unknown to a server that did not run then.
        return seconds < 3600 ? [entry, mitigations.counters(entry)] : [status, since];
      });
    assert.deepEqual(shown(second), shown(watched), `after ${seconds} s`);
    await watched.close();
    await second.close();
  }
});

test('an attack that goes on takes back that it has stopped, and lasts as long again', async () => {
  const { clock, mitigations, heard, commit, close } = open();
  await commit({ put: [mitigation(clock.now())] });
  await clock.advance(400_000);
  await commit({ put: [only(mitigations)], attackStatus: 'attack-successfully-mitigated' });
  assert.equal(only(mitigations).status, 3);
  await commit({ put: [only(mitigations)], attackStatus: 'under-attack' });
  assert.deepEqual([only(mitigations).status, only(mitigations).since], [2, clock.now()]);
  await clock.advance(300_000);
  assert.deepEqual(heard, [1, 2, 3, 3, 2, 3]);
  await close();
});

test('a withdrawn mitigation sees no more of the attack; requested again it goes on at once', async () => {
  const { clock, mitigations, commit, close } = open();
  await commit({ put: [mitigation(clock.now())] });
  await clock.advance(1_000);
  await commit({ put: [withdrawn(only(mitigations), clock.now())] });
  await clock.advance(100_000);
  assert.equal(only(mitigations).status, 5);
  await commit({ put: [resumed(only(mitigations), timing, clock.now())] });
  assert.deepEqual([only(mitigations).status, only(mitigations).since], [2, clock.now()]);
  await close();
});

test('what is dropped grows while the attack is mitigated, and only then', async () => {
  const { clock, start, mitigations, commit, close } = open();
  await commit({ put: [mitigation(start)] });
  const at = async (seconds: number): Promise<{ bytes: number; pkts: number; bps: number; pps: number }> => {
    await clock.advance(start + seconds * 1000 - clock.now());
    const counters = mitigations.counters(only(mitigations));
    assert.ok(counters);
    return counters;
  };
  assert.equal((await at(2)).pkts, 0);
  const early = await at(10);
  const { bytes, pkts, bps, pps } = await at(100);
  assert.ok(early.pkts > 0 && pkts > early.pkts);
  assert.ok(bytes > pkts && Math.abs(pps * 100 - pkts) < 200 && bps > pps);
  assert.equal((await at(400)).pkts, (await at(500)).pkts);
  await close();
});

test('the wall clock set back neither loses nor repeats a phase', async () => {
  const { clock, start, heard, commit, close } = open();
  await commit({ put: [mitigation(start)] });
  clock.set(start - 60_000);
  await clock.advance(10_000);
  assert.deepEqual(heard, [1]);
  await clock.advance(60_000);
  assert.deepEqual(heard, [1, 2]);
  await close();
});
