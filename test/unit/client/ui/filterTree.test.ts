import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DataAnswer } from '#dots/data/session';
import type { FilterView } from '#dots/orchestrator/orchestrator';
import { aliasNodes, filterNodes } from '../../../../client/src/ui/filterTree';
import { installText } from '../../../../client/src/ui/installText';
import { sessionTree } from '../../../../client/src/ui/sessionTree';

const filter = (activationType: FilterView['activationType'], active: boolean): FilterView => ({
  cuid: 'c',
  name: 'drop',
  activationType,
  active,
  pendingLifetime: 10_080,
  acl: { name: 'drop', aces: { ace: [{}, {}] } },
});

test('the activation of an ACL in words', () => {
  const words = (type: FilterView['activationType'], active: boolean): string =>
    filterNodes([filter(type, active)])[0]?.description ?? '';
  assert.equal(words('activate-when-mitigating', false), 'ACL, standby');
  assert.equal(words('activate-when-mitigating', true), 'ACL, active');
  assert.equal(words('immediate', true), 'ACL, active');
  assert.equal(words('deactivate', false), 'ACL, off');
  assert.match(filterNodes([filter('immediate', true)])[0]?.tooltip ?? '', /2 ACEs\nKept for 7 d without a refresh/);
});

test('an alias shows its targets', () => {
  const [node] = aliasNodes([
    {
      cuid: 'c',
      name: 'web',
      pendingLifetime: 60,
      alias: { name: 'web', 'target-prefix': ['192.0.2.1/32'], 'target-fqdn': ['www.example.com'] },
    },
  ]);
  assert.deepEqual([node?.label, node?.description], ['web', 'alias of 192.0.2.1/32 +1']);
});

test('what is installed is in the view without a session', () => {
  const orchestrator = {
    addresses: ['coap://127.0.0.1:4646', 'https://127.0.0.1:4443'],
    mitigations: 0,
    filters: [filter('immediate', true)],
    aliases: [],
  };
  const [root] = sessionTree({ sessions: [], orchestrator, now: 0 });
  assert.deepEqual([root?.label, root?.children.map(({ label }) => label)], ['Mock orchestrator', ['drop']]);
  assert.match(root?.tooltip ?? '', /https:\/\/127\.0\.0\.1:4443/);
});

test('a refusal to install in words, with what the server says', () => {
  const answer: DataAnswer = {
    status: 409,
    ok: false,
    errors: [{ tag: 'resource-denied', message: 'It conflicts.' }],
    roundTripMs: 3,
    request: { method: 'POST', path: '/restconf', octets: 2, payload: '{}' },
  };
  const text = installText({
    installed: { answer, answers: [answer], registered: false, replaced: false, changes: [] },
    difference: ['acl "a" replaces the one with that name:', '  type: 1 -> 2'],
    document: 'a.dots.json',
    server: 'https://127.0.0.1:1',
    cuid: 'c',
    profile: 'mock',
  });
  assert.match(text, /^# 409 Conflict: refused\n/);
  assert.match(text, /It conflicts\. \(resource-denied\)/);
  assert.match(
    text,
    /Difference to what was on the server:\n {2}acl "a" replaces the one with that name:\n {4}type: 1 -> 2\n/,
  );
  assert.match(text, /POST \/restconf -> 409/);
});
