import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { ClientQuota, mayHaveMore } from '#dots/dotsServer/state/clientQuota';
import { Clients, type ClientDefinition } from '#dots/dotsServer/state/clients';
import { storedEntry, type DataClient } from '#dots/dotsServer/state/dataClient';
import { Holdings } from '#dots/dotsServer/state/holdings';
import { requested } from '#dots/dotsServer/state/lifecycle';
import { defaultPolicy, type Limits } from '#dots/dotsServer/state/policy';
import { ServerState } from '#dots/dotsServer/state/serverState';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { TestMitigator } from '../../../support/testMitigator';

interface Scene {
  state: ServerState;
  quota: ClientQuota;
  holdings: Holdings;
  /**
   * Requests mitigations until one is refused, at most `most`, each under a cuid of its own or all under one; returns
   * how many there are.
   */
  flood: (owner: string, most: number, oneCuid?: boolean) => Promise<number>;
}

async function open(t: TestContext, limits: Partial<Limits>, definitions?: ClientDefinition[]): Promise<Scene> {
  const clock = new FakeClock();
  const state = await ServerState.open({ clock, policy: defaultPolicy, mitigator: new TestMitigator() });
  t.after(() => state.close());
  const holdings = new Holdings(new Clients(definitions), state);
  const quota = new ClientQuota(holdings, { ...defaultPolicy.limits, ...limits });
  const put = (owner: string, mid: number, oneCuid: boolean): boolean => {
    const cuid = oneCuid ? owner : `${owner}-${mid}`;
    if (quota.mitigations({ owner, cuid }, 1)) return false;
    const request = { cuid, mid, owner, scope: {}, terminatingMs: 1 };
    state.mitigations.put(requested(request, 3600, clock.now()));
    return true;
  };
  const flood: Scene['flood'] = async (owner, most, oneCuid = false) => {
    for (let mid = 0; mid < most; mid++) if (!(await state.exclusive(() => put(owner, mid, oneCuid)))) return mid;
    return most;
  };
  return { state, quota, holdings, flood };
}

test('a client has its limit once, under however many cuids', async (t) => {
  const { flood } = await open(t, { entriesPerClient: 10 });
  assert.equal(await flood('aa', 100), 10);
  assert.equal(await flood('bb', 100), 10);
});

test('one cuid has its limit too, except for a client whose limit is defined', async (t) => {
  const definitions = [
    { name: 'large', identities: ['aa'], limits: { mitigations: 30 } },
    { name: 'other', identities: ['bb'] },
  ];
  const { flood } = await open(t, { entriesPerClient: 20, entriesPerCuid: 8 }, definitions);
  assert.equal(await flood('aa', 100, true), 30);
  assert.equal(await flood('bb', 100, true), 8);
});

test('clients that flood get half of a total; the other half is for those that have little', async (t) => {
  const { flood, holdings } = await open(t, { entriesPerClient: 1000, entries: 256 });
  assert.equal(await flood('aa', 1000), 128);
  assert.equal(await flood('bb', 1000), 4);
  for (let client = 0; client < 31; client++) assert.equal(await flood(`c${client}`, 3), 3, `client ${client}`);
  assert.equal(holdings.total.mitigations, 225);
});

test('the limits of a clients file are those of its client, and fit in what is not reserved', async (t) => {
  const limits = { mitigations: 300 };
  const definitions = [
    { name: 'large', identities: ['aa', 'ab'], limits },
    { name: 'small', identities: ['bb'], limits: { mitigations: 2 } },
    { name: 'other', identities: ['cc'] },
  ];
  const { flood, holdings } = await open(t, { entriesPerClient: 20, entries: 20 }, definitions);
  assert.equal(await flood('aa', 200), 200);
  assert.equal(await flood('ab', 1000), 100);
  assert.equal(await flood('bb', 100), 2);
  assert.equal(await flood('cc', 100), 10, 'the share of the reserved half');
  assert.equal(holdings.of('ab').mitigations, 300);
});

test('what is removed no longer counts', async (t) => {
  const { flood, state, holdings } = await open(t, { entriesPerClient: 10 });
  await flood('aa', 100);
  await state.exclusive(() => state.mitigations.remove({ cuid: 'aa-3', mid: 3 }));
  assert.equal(holdings.of('aa').mitigations, 9);
});

test('the reserved half is never closed to a client that has nothing', () => {
  assert.ok(mayHaveMore(0, 9, 10));
  assert.ok(!mayHaveMore(1, 9, 10));
  assert.ok(!mayHaveMore(0, 10, 10));
});

/** A registration with so many ACLs of two ACEs each. */
function registration(owner: string, cuid: string, count: number): DataClient {
  const aces = { ace: [{ name: 'a' }, { name: 'b' }] };
  const acls = Array.from({ length: count }, (_, number) =>
    storedEntry({ name: `acl ${number}`, aces }, Date.UTC(2030, 0, 1)),
  );
  return { cuid, owner, aliases: [], acls };
}

test('ACLs and ACEs have limits under one cuid, of a client, and in all, of which half is reserved', async (t) => {
  const limits = {
    ...{ aliasesOrAclsPerCuid: 4, aliasesOrAclsPerClient: 6, aliasesOrAcls: 22 },
    ...{ acesPerCuid: 100, acesPerClient: 100, aces: 1000 },
  };
  const { state, quota } = await open(t, limits, [
    ...['aa', 'bb', 'cc'].map((name) => ({ name, identities: [name] })),
    { name: 'defined', identities: ['dd'], limits: { acls: 5, aces: 8 } },
  ]);
  const put = (client: DataClient): Promise<string> =>
    state.exclusive(() => {
      const exceeded = quota.registration(client);
      if (exceeded === undefined) state.clients.put(client);
      return exceeded === undefined ? 'stored' : `${exceeded.limit} ${exceeded.what}`;
    });
  assert.equal(await put(registration('aa', 'a1', 5)), '4 ACLs under one cuid');
  assert.equal(await put(registration('aa', 'a1', 4)), 'stored');
  assert.equal(await put(registration('aa', 'a2', 3)), '6 ACLs of a client');
  assert.equal(await put(registration('aa', 'a2', 2)), 'stored');
  assert.equal(await put(registration('dd', 'd1', 5)), '8 ACEs of a client');
  assert.equal(await put(registration('dd', 'd1', 4)), 'stored');
  assert.match(await put(registration('bb', 'b1', 2)), /^22 ACLs of all clients together/);
  assert.equal(await put(registration('cc', 'c1', 1)), 'stored');
  assert.equal(await put(registration('bb', 'b1', 1)), 'stored', 'of the reserved half');
  assert.equal(await put(registration('aa', 'a1', 3)), 'stored', 'fewer than before');
});
