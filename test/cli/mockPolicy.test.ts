import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test, type TestContext } from 'node:test';
import { dots, folder, startMock } from '../support/dots';
import { root } from '../support/shared';

const lab = join(root, 'examples/orchestrator/lab.orchestrator.json');
const policy = JSON.parse(readFileSync(lab, 'utf8')) as Record<'clients' | 'links' | 'nodes' | 'strategies', object[]>;

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

/** A mock whose policy can be written, and the sentences that it says after that. */
async function changeable(t: TestContext) {
  const path = folder(t, { 'a.orchestrator.json': JSON.stringify(policy) });
  const file = join(path, 'a.orchestrator.json');
  const { ready, child } = await startMock(t, '--policy', file, '--state', join(path, 'state'));
  const lines = createInterface(child.stderr);
  const said = (pattern: RegExp): Promise<void> =>
    new Promise((resolve) => {
      lines.on('line', (line) => {
        if (pattern.test(line)) resolve();
      });
    });
  const profiles = ['--profiles', String(ready.profiles)];
  const send = (prefix: string, profile = 'web-1') =>
    dots(['send', '-', ...profiles, '--profile', profile], protect(prefix)).status;
  const ask = (...words: string[]) => dots(['orchestrator', '--state', join(path, 'state'), ...words]);
  return { file, child, said, send, ask };
}

test('a policy that changes is followed by new requests, and running ones keep what was decided', async (t) => {
  const { file, child, said, send, ask } = await changeable(t);
  assert.equal(send('192.0.2.10/32'), 0);
  const filtered = {
    ...policy,
    clients: [...policy.clients, { name: 'mail', 'own-prefixes': ['198.51.100.0/24'] }],
    nodes: [...policy.nodes, { name: 'edge-3', links: ['transit-1'], rules: 10 }],
    strategies: [{ name: 'filter all', filter: ['edge-3'] }],
  };
  const read = said(/was read again/);
  writeFileSync(file, JSON.stringify(filtered));
  await read;
  assert.deepEqual([send('192.0.2.20/32'), send('198.51.100.1/32', 'mail')], [0, 0]);
  const { mitigations } = JSON.parse(ask('status', '--format', 'json').out) as {
    mitigations: { client: string; strategy: string }[];
  };
  assert.deepEqual(mitigations.map(({ client, strategy }) => `${client}: ${strategy}`).sort(), [
    'mail: filter all',
    'web-1: filter all',
    'web-1: unknown volume',
  ]);
  assert.match(ask('rules', 'edge-1').out, /dst 192\.0\.2\.10\/32/);
  assert.match(ask('rules', 'edge-3').out, /dst 192\.0\.2\.20\/32[^]*dst 198\.51\.100\.1\/32/);
  const kept = said(/The policy before stays in use\. .*has errors/);
  writeFileSync(file, JSON.stringify({ ...filtered, strategies: [{ name: 'x', use: ['scrubber-9'] }] }));
  await kept;
  assert.equal(send('192.0.2.30/32'), 0);
  const shortened = said(/was read again/);
  const [web] = policy.clients;
  const [edge] = policy.nodes;
  const less = {
    clients: [web],
    links: policy.links,
    nodes: [edge],
    strategies: [{ name: 'all', filter: ['edge-1'] }],
  };
  writeFileSync(file, JSON.stringify(less));
  await shortened;
  assert.equal(ask('rules', 'edge-3').status, 2);
  assert.match(ask('status').out, /DMSs: none/);
  assert.equal(send('192.0.2.40/32'), 0);
  const again = said(/was read again/);
  child.kill('SIGHUP');
  await again;
});
