import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StoredDecision } from '#dots/dotsServer/state/decisions';
import type { DataClient } from '#dots/dotsServer/state/dataClient';
import { requested, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import type { JsonObject } from '#dots/model/json';
import { rulesInForce } from '#dots/orchestrator/rulesInForce';

const now = Date.UTC(2030, 0, 1);

const mitigation = (cuid: string, mid: number, scope: JsonObject): Mitigation =>
  requested({ cuid, mid, scope: { 'target-prefix': ['192.0.2.2/32'], ...scope }, terminatingMs: 1 }, 60, now);

const acl = (name: string, port: number): JsonObject => ({
  name,
  type: 'ipv4-acl-type',
  'activation-type': 'immediate',
  aces: {
    ace: [
      {
        name: 'drop',
        matches: {
          ipv4: { 'destination-ipv4-network': '192.0.2.2/32' },
          udp: { 'source-port-range-or-operator': { operator: 'eq', port } },
        },
        actions: { forwarding: 'drop' },
      },
    ],
  },
});

const client = (cuid: string, port: number): DataClient => ({
  cuid,
  owner: 'a',
  aliases: [],
  acls: [{ value: acl('same name', port), expiresAt: now + 1000 }],
});

const decision = (members: Partial<StoredDecision>): StoredDecision => ({
  ...{ cuid: 'c', number: 1, at: now, client: 'c', action: 'filter', reason: '' },
  ...members,
});

const texts = (mitigations: Mitigation[], made?: StoredDecision, clients: DataClient[] = []): string[] =>
  rulesInForce({ clients, mitigations, decisionOf: () => made }).rules.map(({ text }) => text);

test('a request that switches ACLs has their rules alone: its scope adds none', () => {
  const list = { 'ietf-dots-signal-control:acl-list': [{ 'acl-name': 'same name', 'activation-type': 'immediate' }] };
  const found = texts([mitigation('c', 1, { 'target-protocol': [17], ...list })], undefined, [client('c', 123)]);
  assert.deepEqual(found, ['dst 192.0.2.2/32, udp, src port 123 -> discard']);
});

test('what is scrubbed is redirected with all traffic of its targets, or has no rule where BGP diverts it', () => {
  const scrubbed = [mitigation('c', 1, { 'target-protocol': [17] })];
  const by = decision({ action: 'scrub', dms: 'scrubber-1', redirect: '64500:1' });
  assert.deepEqual(texts(scrubbed, by), ['dst 192.0.2.2/32 -> redirect 64500:1']);
  assert.deepEqual(texts(scrubbed, decision({ action: 'scrub', dms: 'provider-b' })), []);
  assert.deepEqual(texts(scrubbed, decision({ action: 'none' })), []);
});

test('the table is that of all clients: names that two of them use are those of each', () => {
  const found = rulesInForce({
    clients: [client('c', 123), client('d', 53)],
    mitigations: [],
    decisionOf: () => undefined,
  });
  assert.deepEqual(found.rules.map(({ text }) => text).sort(), [
    'dst 192.0.2.2/32, udp, src port 123 -> discard',
    'dst 192.0.2.2/32, udp, src port 53 -> discard',
  ]);
  assert.deepEqual(found.equivalence, { proved: true });
});
