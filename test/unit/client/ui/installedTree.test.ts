import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { installedNodes } from '../../../../client/src/ui/installedTree';
import { sessionTree } from '../../../../client/src/ui/sessionTree';
import { rowId } from '../../../../client/src/ui/treeNode';

const state = (...acls: JsonObject[]): Parameters<typeof installedNodes>[0] => ({
  name: 'upstream',
  cuid: 'c',
  entries: acls.map((entry) => ({ container: 'acls', entry })),
  readAt: 0,
  error: undefined,
});
const counted = (packets: string): JsonObject => ({ name: packets, statistics: { 'matched-packets': packets } });

test('an ACL: its activation, what it matched, and what is left of its lifetime', () => {
  const acl = {
    name: 'drop',
    'activation-type': 'immediate',
    'pending-lifetime': 8640,
    aces: { ace: [counted('1200000'), counted('300000')] },
  };
  const [node] = installedNodes(state(acl), 120_000);
  assert.deepEqual([node?.label, node?.description, node?.role], ['drop', 'ACL, active, 1.5 M pkt, 6 d left', 'acl']);
  assert.deepEqual(node?.entry, { container: 'acls', name: 'drop', cuid: 'c', session: 'upstream' });
  assert.match(node?.tooltip ?? '', /2 ACEs\n6 d left, unless it is refreshed\nRead 2 min ago/);
});

test('without statistics nothing is said of packets; an activation that is absent is the default', () => {
  assert.equal(installedNodes(state({ name: 'x' }), 0)[0]?.description, 'ACL, standby');
  assert.equal(installedNodes(state({ name: 'x', 'activation-type': 'deactivate' }), 0)[0]?.description, 'ACL, off');
});

test('a failed reading is said above the last known rows, and a server without a session has a row of its own', () => {
  const failed = { ...state({ name: 'x' }), error: 'The server is not reachable.' };
  const [root] = sessionTree({ sessions: [], installed: [failed], orchestrator: undefined, now: 0 });
  assert.deepEqual(
    [root?.label, root?.description, root?.children.map(({ label }) => label)],
    ['upstream', 'data channel, read 0 s ago', ['Data channel', 'x']],
  );
});

test('a row that gets its first child has another id: the editor would leave it collapsed', () => {
  const orchestrator = { addresses: ['coap://127.0.0.1:4646'], mitigations: 0, filters: [], aliases: [] };
  const waiting = [{ id: 1, document: 'a', profile: 'mock', since: 0 }];
  const alias = { cuid: 'c', name: 'web', pendingLifetime: 60, alias: { name: 'web' } };
  const ids = [[], [alias]].map((aliases) =>
    sessionTree({ sessions: [], waiting, orchestrator: { ...orchestrator, aliases }, now: 0 })
      .filter(({ role }) => role === 'orchestrator')
      .map(rowId),
  );
  assert.notDeepEqual(ids[0], ids[1]);
});
