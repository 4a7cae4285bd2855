import assert from 'node:assert/strict';
import { test } from 'node:test';
import { storedEntry, type DataClient } from '#dots/dotsServer/state/dataClient';
import { requested, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import { aliasViews, filterViews, mitigationViews } from '#dots/orchestrator/overview';

const now = Date.UTC(2030, 0, 1);

function mitigation(scope: Mitigation['scope']): Mitigation {
  return requested({ cuid: 'c', mid: 7, scope, terminatingMs: 120_000 }, 60, now);
}

function client(cuid: string): DataClient {
  const acl = { name: 'web', type: 'ipv4-acl-type' };
  return { cuid, owner: 'o', aliases: [storedEntry({ name: 'site' }, now)], acls: [storedEntry(acl, now)] };
}

test('a mitigation is shown with its status, lifetime and start; one that waits has no start', () => {
  const scope = { 'target-prefix': ['192.0.2.0/24'] };
  assert.deepEqual(mitigationViews({ mitigations: [mitigation(scope)], now: now + 10_000 }), [
    {
      cuid: 'c',
      mid: 7,
      status: 1,
      statusLabel: 'attack-mitigation-in-progress',
      lifetime: 50,
      scope,
      startedAt: now / 1000,
    },
  ]);
  const waiting = mitigation({ ...scope, 'trigger-mitigation': false });
  assert.equal(mitigationViews({ mitigations: [waiting], now })[0]?.startedAt, undefined);
});

test('an ACL is active while a mitigation of its own client is in force', () => {
  const snapshot = { clients: [client('c'), client('d')], mitigations: [mitigation({})], now: now + 60_000 };
  assert.deepEqual(
    filterViews(snapshot).map(({ cuid, name, active, pendingLifetime }) => [cuid, name, active, pendingLifetime]),
    [
      ['c', 'web', true, 10_079],
      ['d', 'web', false, 10_079],
    ],
  );
  assert.deepEqual(
    aliasViews(snapshot).map(({ cuid, name }) => [cuid, name]),
    [
      ['c', 'site'],
      ['d', 'site'],
    ],
  );
});
