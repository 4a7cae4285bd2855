import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimulationView } from '#dots/orchestrator/orchestrator';
import { simulationNodes } from '../../../../client/src/ui/orchestratorTree';
import type { TreeNode } from '../../../../client/src/ui/treeNode';
import { prefixOf } from '../../../support/world';

const nothing: SimulationView = { mitigations: [], dms: [], links: [], nodes: [], traffic: [] };

const view: SimulationView = {
  mitigations: [
    {
      client: 'web-1',
      cuid: 'dz6pHjaADkaFTbjr0JGBpw',
      mid: 7,
      status: 2,
      statusLabel: 'attack-successfully-mitigated',
      lifetime: 3600,
      targets: ['192.0.2.10/32', '192.0.2.11/32'],
      dms: 'scrubber-1',
      nodes: ['edge-1'],
      strategy: 'on the premises',
    },
  ],
  dms: [
    { name: 'scrubber-1', load: 5e9, capacity: 4e9, address: 'coaps://127.0.0.1:1', fault: undefined, mitigations: 1 },
    { name: 'provider-b', load: 0, capacity: 1e11, address: undefined, fault: 'silent', mitigations: 0 },
  ],
  links: [{ name: 'transit-1', load: 9e9, capacity: 1e10 }],
  nodes: [{ name: 'edge-1', rules: 3, budget: 1000 }],
  traffic: [
    { name: 'flood', label: 'flood', kind: 'attack', vector: 'syn-flood', to: prefixOf('192.0.2.10'), rate: 1e9 },
    { name: '7 c legitimate 0', label: 'web-1: legitimate', kind: 'legitimate', to: prefixOf('192.0.2.10'), rate: 4e8 },
  ],
};

const decision = { cuid: 'c', number: 1, at: 0, client: 'web-1', action: 'scrub', reason: 'scrubber-1: fits' } as const;

const rows = (nodes: readonly TreeNode[]): string[] =>
  nodes.map(({ label, description }) => `${label}: ${description}`);

test('the rows say in words and units who carries what, and what is near its limit has a colour', () => {
  const groups = simulationNodes(view, [decision]);
  assert.deepEqual(
    groups.flatMap(({ children }) => rows(children)),
    [
      'web-1: 192.0.2.10/32 +1: by scrubber-1, mitigating',
      'scrubber-1: 125 %, 5 Gbit/s of 4 Gbit/s, 1 mitigation',
      'provider-b: does not answer, 0 %, 0 bit/s of 100 Gbit/s, 0 mitigations',
      'transit-1: 90 %, 9 Gbit/s of 10 Gbit/s',
      'edge-1: 3 of 1000 rules',
      'flood: 1 Gbit/s to 192.0.2.10/32',
      'web-1: legitimate: 400 Mbit/s to 192.0.2.10/32',
      'web-1: scrubber-1: fits',
    ],
  );
  const colours = groups.flatMap(({ children }) => children).map(({ color }) => color);
  assert.deepEqual(colours.slice(1, 5), ['charts.red', 'charts.red', 'charts.yellow', undefined]);
});

test('each row has a label for screen readers, and those with actions name their subject', () => {
  const all = simulationNodes(view, [decision]).flatMap(({ children }) => children);
  assert.ok(all.every(({ spoken = '', label }) => spoken.length > label.length));
  const acting = all.filter(({ role }) => role !== 'fact').map(({ role, subject, opens }) => [role, subject, opens]);
  assert.deepEqual(acting, [
    ['dms', 'scrubber-1', undefined],
    ['dms', 'provider-b', undefined],
    ['node', 'edge-1', 'dots.nodeFlowspec'],
    ['attack', 'flood', undefined],
  ]);
});

test('an empty group names the next step', () => {
  assert.deepEqual(rows(simulationNodes(nothing, [])).slice(0, 2), [
    'Mitigations: none yet: send a request',
    'DMSs: the policy has none',
  ]);
});
