import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { FilterConflicts } from '#dots/dotsServer/data/filterConflicts';
import { storedEntry, type DataClient } from '#dots/dotsServer/state/dataClient';
import { defaultPolicy } from '#dots/dotsServer/state/policy';
import { ServerState } from '#dots/dotsServer/state/serverState';
import type { JsonObject } from '#dots/model/json';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { TestMitigator } from '../../../support/testMitigator';

const ace = (forwarding: string, destination?: string): JsonObject => ({
  name: 'udp',
  matches: {
    ipv4: { protocol: 17, ...(destination !== undefined && { 'destination-ipv4-network': destination }) },
  },
  actions: { forwarding },
});

type Put = (cuid: string, aces: JsonObject[], ownPrefixes?: string[]) => Promise<void>;

async function open(t: TestContext): Promise<{ conflicts: FilterConflicts; put: Put }> {
  const state = await ServerState.open({
    clock: new FakeClock(),
    policy: defaultPolicy,
    mitigator: new TestMitigator(),
  });
  t.after(() => state.close());
  const put: Put = (cuid, aces, ownPrefixes) => {
    const acl = storedEntry({ name: 'a', type: 'ipv4-acl-type', aces: { ace: aces } }, 0);
    const client: DataClient = { cuid, owner: cuid, ...(ownPrefixes && { ownPrefixes }), aliases: [], acls: [acl] };
    return state.exclusive(() => state.clients.put(client));
  };
  return { conflicts: new FilterConflicts(state.clients), put };
}

test('entries without a destination conflict only where their clients have a prefix in common', async (t) => {
  const { conflicts, put } = await open(t);
  await put('a', [ace('drop')], ['192.0.2.0/24', '203.0.113.0/24']);
  const clash = (...ownPrefixes: string[]): boolean =>
    conflicts.firstOf([ace('accept')], { cuid: 'b', ownPrefixes }) !== undefined;
  assert.equal(clash('198.51.100.0/24'), false);
  assert.equal(clash('198.51.100.0/24', '203.0.113.0/24'), true);
});

test('clients without own prefixes, and entries with a destination, are compared as they are', async (t) => {
  const { conflicts, put } = await open(t);
  await put('a', [ace('drop'), ace('drop', '192.0.2.7/32')]);
  const clash = (wanted: JsonObject): boolean => conflicts.firstOf([wanted], { cuid: 'b' }) !== undefined;
  assert.equal(clash(ace('accept')), true);
  assert.equal(clash(ace('accept', '192.0.2.7/32')), true);
  assert.equal(clash(ace('accept', '192.0.2.8/32')), false);
});

test('a client whose prefixes have changed is compared by the new ones', async (t) => {
  const { conflicts, put } = await open(t);
  const prefixes = ['192.0.2.0/24', '198.51.100.0/24'];
  for (const prefix of prefixes) await put('a', [ace('drop')], [prefix]);
  const clashes = prefixes.filter((prefix) => conflicts.firstOf([ace('accept')], { cuid: 'b', ownPrefixes: [prefix] }));
  assert.deepEqual(clashes, ['198.51.100.0/24']);
});

test('many ACEs are read in several turns, between which others have theirs', async (t) => {
  const { conflicts } = await open(t);
  let [turns, isOver] = [0, false];
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  count();
  await conflicts.prepare(Array.from({ length: 2048 }, (_, number) => ace('drop', `192.0.2.${number & 255}/32`)));
  isOver = true;
  assert.ok(turns >= 8, `${turns} turns`);
});
