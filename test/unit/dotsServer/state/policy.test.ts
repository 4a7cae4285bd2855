import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultPolicy, grantedLifetime } from '#dots/dotsServer/state/policy';

const { limits } = defaultPolicy;

test('lifetimes are granted by policy', () => {
  assert.equal(grantedLifetime(3600, defaultPolicy), 3600);
  assert.equal(grantedLifetime(1_000_000, defaultPolicy), 86_400);
  assert.equal(grantedLifetime(-1, defaultPolicy), 86_400);
  assert.equal(grantedLifetime(-1, { ...defaultPolicy, indefinite: true }), -1);
});

/** What version 0.1 allowed: under one cuid, and one client with as many cuids as it could have. */
const earlier: [what: string, limit: number, now: number][] = [
  ['mitigations or telemetry under one cuid', 64, limits.entriesPerCuid],
  ['mitigations or telemetry of a client', 1024, Math.min(limits.entriesPerClient, limits.entries / 2)],
  ['observers of a session', 32, limits.observersPerSession],
  ['observers of a client', 512, Math.min(limits.observersPerClient, limits.observers / 2)],
  ['octets of a body, signal channel', 16_384, limits.body],
  ['octets of a body, data channel', 1_048_576, limits.dataBody],
  ['registrations of a client', 64, limits.dataClients / 2],
  ['aliases or ACLs under one cuid', 256, limits.aliasesOrAclsPerCuid],
  ['aliases or ACLs of a client', 64 * 256, Math.min(limits.aliasesOrAclsPerClient, limits.aliasesOrAcls / 2)],
  ['ACEs under one cuid', 2048, limits.acesPerCuid],
  ['ACEs of a client', 64 * 2048, Math.min(limits.acesPerClient, limits.aces / 2)],
  ['sessions of a client', 128, limits.sessionsPerClient],
  ['sessions', 1024, limits.sessions / 2],
];

for (const [what, limit, now] of earlier)
  test(`by default one client may have no less than in version 0.1, beside any flood: ${what}`, () => {
    assert.ok(now >= limit, `${now} is less than ${limit}`);
  });
