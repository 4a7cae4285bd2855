import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Clients, type Client, type ClientDefinition } from '#dots/dotsServer/state/clients';
import { CuidClaims } from '#dots/dotsServer/state/cuidClaims';
import { requested } from '#dots/dotsServer/state/lifecycle';
import { defaultPolicy } from '#dots/dotsServer/state/policy';
import { ServerState } from '#dots/dotsServer/state/serverState';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { TestMitigator } from '../../../support/testMitigator';

const definitions: ClientDefinition[] = [
  { name: 'web', identities: ['aa'], cuid: 'web-cuid' },
  { name: 'edge', identities: ['bb'] },
  { name: 'gateway', identities: ['cc'], gateway: true },
];

interface Scene {
  state: ServerState;
  claims: CuidClaims;
  clientOf: (identity: string) => Client;
  /** Stores a mitigation and a registration under a cuid, as an earlier server may have done. */
  store: (cuid: string, owner: string) => Promise<void>;
}

async function open(t: TestContext): Promise<Scene> {
  const clock = new FakeClock();
  const state = await ServerState.open({ clock, policy: defaultPolicy, mitigator: new TestMitigator() });
  t.after(() => state.close());
  const clients = new Clients(definitions);
  return {
    state,
    claims: new CuidClaims(state, clients),
    clientOf: (identity) => clients.of(identity) ?? assert.fail(),
    store: (cuid, owner) =>
      state.exclusive(() => {
        state.mitigations.put(requested({ cuid, mid: 1, owner, scope: {}, terminatingMs: 1 }, 3600, clock.now()));
        state.clients.put({ cuid, owner, aliases: [], acls: [] });
      }),
  };
}

/** What is objected to the claim of a client. */
async function objection({ claims, clientOf }: Scene, cuid: string, identity: string): Promise<string | undefined> {
  const refuse = (reason: string): never => {
    throw new Error(reason);
  };
  return claims
    .claim(cuid, { client: clientOf(identity) }, refuse, () => Promise.resolve())
    .then(
      () => undefined,
      (error: unknown) => (error as Error).message,
    );
}

test('a configured cuid is reserved for its client, before that has used it and while others ask', async (t) => {
  const scene = await open(t);
  for (const identity of ['bb', 'cc']) {
    assert.equal(await objection(scene, 'web-cuid', identity), 'taken', identity);
    assert.ok(scene.claims.isForeign('web-cuid', { client: scene.clientOf(identity) }), identity);
  }
  assert.equal(await objection(scene, 'web-cuid', 'aa'), undefined);
  assert.equal(await objection(scene, 'another', 'aa'), 'configured');
});

test('a client with a configured cuid has what was stored with a key that it no longer has', async (t) => {
  const scene = await open(t);
  await scene.store('web-cuid', 'old');
  assert.equal(await objection(scene, 'web-cuid', 'aa'), undefined);
  assert.ok(scene.claims.isOwn({ cuid: 'web-cuid', owner: 'old' }, scene.clientOf('aa')));
  assert.equal(await objection(scene, 'web-cuid', 'bb'), 'taken');
});

test('what is stored with an unknown key under any other cuid belongs to no client', async (t) => {
  const scene = await open(t);
  await scene.store('free', 'old');
  for (const identity of ['bb', 'cc']) assert.equal(await objection(scene, 'free', identity), 'taken', identity);
});

test('a configured cuid under which another known client has stored something stays closed to both', async (t) => {
  const scene = await open(t);
  await scene.store('web-cuid', 'bb');
  for (const identity of ['aa', 'bb']) assert.equal(await objection(scene, 'web-cuid', identity), 'taken', identity);
});

test('clients of different domains behind a gateway are different clients', async (t) => {
  const { state, claims, clientOf } = await open(t);
  const client = clientOf('cc');
  const mitigation = requested({ cuid: 'x', cdid: 'a', mid: 1, owner: 'cc', scope: {}, terminatingMs: 1 }, 3600, 0);
  const isForeign = (cdid?: string): boolean => claims.isForeign('x', { client, cdid });
  await state.exclusive(() => state.mitigations.put(mitigation));
  assert.deepEqual([isForeign('a'), isForeign('b'), isForeign()], [false, true, false]);
  await state.exclusive(() => state.mitigations.remove({ cuid: 'x', mid: 1 }));
  assert.deepEqual([isForeign('a'), isForeign('b')], [false, false]);
  const refuse = (): never => assert.fail();
  await claims.claim('x', { client }, refuse, () =>
    claims.claim('x', { client, cdid: 'b' }, refuse, () => {
      assert.deepEqual([isForeign('a'), isForeign('b')], [true, false], 'while the first claim is not answered');
      return Promise.resolve();
    }),
  );
});
