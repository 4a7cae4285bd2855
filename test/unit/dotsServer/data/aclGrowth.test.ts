import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DataResources } from '#dots/dotsServer/data/dataResources';
import type { ListTarget } from '#dots/dotsServer/data/resourcePath';
import { Holdings } from '#dots/dotsServer/state/holdings';
import { ClientQuota } from '#dots/dotsServer/state/clientQuota';
import { Clients } from '#dots/dotsServer/state/clients';
import { CuidClaims } from '#dots/dotsServer/state/cuidClaims';
import { defaultPolicy, type Policy } from '#dots/dotsServer/state/policy';
import { ServerState } from '#dots/dotsServer/state/serverState';
import { nothingKnown } from '#dots/dotsServer/state/clientDomain';
import type { JsonObject } from '#dots/model/json';
import { operationsOf } from '../../../support/operations';
import { acl, acls } from '../../../support/protocol/dataScene';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { TestMitigator } from '../../../support/testMitigator';

const many = 1_000_000;
const limits = {
  ...defaultPolicy.limits,
  ...{ aliasesOrAclsPerCuid: many, aliasesOrAclsPerClient: many, aliasesOrAcls: many },
  ...{ acesPerCuid: many, acesPerClient: many, aces: many },
};
const policy: Policy = { ...defaultPolicy, limits };
const listOf = (cuid: string): ListTarget => ({ kind: 'list', cuid, container: 'acls' });

function ace(number: number, forwarding: string): JsonObject {
  const [high, low] = [number >> 8, number & 255];
  return {
    name: `a${number}`,
    matches: { ipv4: { 'source-ipv4-network': `198.51.${high}.${low}/32`, protocol: 17 } },
    actions: { forwarding },
  };
}

const aces = (size: number, forwarding: string): JsonObject[] =>
  Array.from({ length: size }, (_, number) => ace(number, forwarding));

/** A server with the clients `a` and `b`. */
async function open(): Promise<{ put: (cuid: string, body: JsonObject) => Promise<unknown> }> {
  const clock = new FakeClock();
  const state = await ServerState.open({ clock, policy, mitigator: new TestMitigator() });
  const clients = new Clients();
  const holdings = new Holdings(clients, state);
  const [claims, quota] = [new CuidClaims(state, clients), new ClientQuota(holdings, policy.limits)];
  const { clients: registered } = state;
  const resources = new DataResources({
    ...{ clients: registered, mitigator: {}, claims, quota, clock },
    resolve: nothingKnown,
    hint: () => '',
  });
  for (const cuid of ['a', 'b'])
    await state.exclusive(() => registered.put({ cuid, owner: cuid, aliases: [], acls: [] }));
  const requester = (cuid: string): Parameters<DataResources['register']>[1] => {
    const client = clients.of(cuid);
    assert.ok(client);
    return { client, identity: cuid };
  };
  return {
    put: (cuid, body) => state.exclusive(() => resources.replaceList(listOf(cuid), body, requester(cuid))),
  };
}

for (const [what, bodyOf] of [
  ['ACEs', (size: number, action: string) => acls(acl('big', ...aces(size, action)))],
  ['ACLs', (size: number, action: string) => acls(...aces(size, action).map((each, n) => acl(`l${n}`, each)))],
] as const)
  test(`filters of two clients are compared in time linear in the number of ${what}`, async () => {
    const counts: number[] = [];
    for (const size of [100, 1_000, 10_000]) {
      const { put } = await open();
      await put('a', bodyOf(size, 'drop'));
      const [same, other] = [bodyOf(size, 'drop'), bodyOf(size, 'accept')];
      counts.push((await operationsOf(() => put('b', same))) / size);
      await assert.rejects(put('b', other), /conflicts with a filter of another client/);
    }
    assert.ok(Math.max(...counts) <= 1.5 * Math.min(...counts), `operations for each: ${counts.join(', ')}`);
  });
