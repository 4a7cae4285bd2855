import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MitigationOverlaps } from '#dots/dotsServer/signal/mitigationOverlaps';
import { storedEntry, type DataClient } from '#dots/dotsServer/state/dataClient';
import { requested, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import { defaultPolicy as policy } from '#dots/dotsServer/state/policy';
import { ServerState } from '#dots/dotsServer/state/serverState';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { TestMitigator } from '../../../support/testMitigator';

const clock = new FakeClock();

function mitigation(cuid: string, mid: number, scope: Mitigation['scope']): Mitigation {
  return requested({ cuid, mid, scope, terminatingMs: 120_000 }, 60, clock.now());
}

function client(prefix: string): DataClient {
  const alias = storedEntry({ name: 'web', 'target-prefix': [prefix] }, clock.now());
  return { cuid: 'c', owner: 'o', aliases: [alias], acls: [] };
}

test('overlaps follow mitigations and the aliases in them, from the start and through every change', async () => {
  const state = await ServerState.open({ clock, policy, mitigator: new TestMitigator() });
  const put = (entry: Mitigation): Promise<void> => state.exclusive(() => state.mitigations.put(entry));
  await state.exclusive(() => state.clients.put(client('192.0.2.0/24')));
  await put(mitigation('c', 1, { 'alias-name': ['web'] }));
  const overlaps = new MitigationOverlaps(state);
  const midsAt = (prefix: string): number[] =>
    [...overlaps.of({ cuid: 'other', scope: { 'target-prefix': [prefix] } })].map(({ mid }) => mid);
  assert.deepEqual([midsAt('192.0.2.1/32'), midsAt('203.0.113.1/32')], [[1], []]);
  await state.exclusive(() => state.clients.put(client('203.0.113.0/24')));
  assert.deepEqual([midsAt('192.0.2.1/32'), midsAt('203.0.113.1/32')], [[], [1]]);
  await put(mitigation('d', 2, { 'target-prefix': ['203.0.113.1/32', '203.0.113.0/25'] }));
  assert.deepEqual(midsAt('0.0.0.0/0'), [1, 2], 'each once');
  await state.exclusive(() => {
    state.mitigations.remove({ cuid: 'd', mid: 2 });
    assert.deepEqual(midsAt('0.0.0.0/0'), [1], 'a decision sees its own changes');
  });
  await state.exclusive(() => state.clients.remove('c'));
  assert.deepEqual(midsAt('0.0.0.0/0'), []);
  await put(mitigation('d', 3, { 'target-fqdn': ['WWW.example.com'] }));
  const named = { cuid: 'c', scope: { 'target-fqdn': ['www.example.com'] } };
  assert.deepEqual(
    [...overlaps.of(named)].map(({ mid }) => mid),
    [3],
  );
  await clock.advance(3_600_000);
  assert.deepEqual([...overlaps.of(named)], [], 'what has ended is gone');
  await state.close();
});
