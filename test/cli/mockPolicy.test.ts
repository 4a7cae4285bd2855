import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { dots, folder, startMock } from '../support/dots';
import { root } from '../support/shared';

const lab = join(root, 'examples/orchestrator/lab.orchestrator.json');
const policy = JSON.parse(readFileSync(lab, 'utf8')) as { strategies: { use?: string[] }[] };

const protect = (prefix: string): string =>
  JSON.stringify({
    'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': [prefix], lifetime: 3600 }] },
  });

test('with a policy each of its clients has a profile, its DMSs run, and a request is decided by its strategies', async (t) => {
  const state = folder(t);
  const { ready } = await startMock(t, '--policy', lab, '--state', state);
  assert.deepEqual(ready.clients, { 'web-1': 'web-1', 'collector-a': 'collector-a', 'scrubber-1': 'scrubber-1' });
  assert.deepEqual(Object.keys(ready.dms as object), ['scrubber-1', 'provider-b']);
  const send = (prefix: string): number | null =>
    dots(['send', '-', '--profiles', String(ready.profiles), '--profile', 'web-1'], protect(prefix)).status;
  assert.deepEqual([send('192.0.2.10/32'), send('192.0.2.200/32'), send('203.0.113.1/32')], [0, 0, 1]);
  const rules = (node: string): string[] => {
    const { out } = dots(['flowspec', '--state', state, '--node', node, '--format', 'json']);
    const found = JSON.parse(out) as { rules: { text: string }[]; equivalence: { proved: boolean } };
    assert.equal(found.equivalence.proved, true);
    return found.rules.map(({ text }) => text);
  };
  assert.deepEqual(rules('edge-1'), ['dst 192.0.2.10/32 -> redirect 64500:1']);
  assert.deepEqual(rules('edge-2').sort(), ['dst 192.0.2.10/32 -> redirect 64500:1', 'dst 192.0.2.200/32 -> discard']);
});

test('a policy with errors is not used, and neither is one beside a clients file', (t) => {
  const wrong = { ...policy, strategies: [{ name: 'nowhere', use: ['scrubber-9'] }] };
  const path = folder(t, { 'a.orchestrator.json': JSON.stringify(wrong) });
  const refused = dots(['mock', '--policy', join(path, 'a.orchestrator.json')]);
  assert.equal(refused.status, 2);
  assert.match(refused.err, /No DMS is called "scrubber-9"/);
  const both = dots(['mock', '--policy', lab, '--clients', lab]);
  assert.deepEqual([both.status, /--clients and --policy cannot be combined/.test(both.err)], [2, true]);
});
