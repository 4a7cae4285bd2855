import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { choose, type Resources } from '#dots/orchestrator/policy/choice';
import { mismatch } from '#dots/orchestrator/policy/conditions';
import { linksTo, valueOf, type Reported, type RequestFacts } from '#dots/orchestrator/policy/facts';
import { vectorsOfRequest } from '#dots/orchestrator/policy/vectors';
import { decisionLine } from '#dots/words/simulation';
import { policyOf, type Conditions } from '#dots/workspace/policy/policy';
import { root } from '../../../support/shared';
import { prefixOf } from '../../../support/world';

const giga = 1_000_000_000;
const policy = policyOf(
  JSON.parse(readFileSync(join(root, 'examples/orchestrator/lab.orchestrator.json'), 'utf8')) as JsonObject,
);

const facts = (members: Partial<RequestFacts> = {}): RequestFacts => ({
  client: 'web-1',
  role: 'customer',
  targets: [prefixOf('192.0.2.10/32')],
  vectors: [],
  linkLoads: new Map(),
  ...members,
});

const reported = (value: number): Reported => ({ value, by: 'collector-a', secondsAgo: 4 });

const resources = (members: Partial<Resources> = {}): Resources => ({
  freeCapacity: new Map(),
  unavailable: new Map(),
  freeRules: new Map(),
  rulesNeeded: 2,
  ...members,
});

const used = (name: string, free: number): Partial<Resources> => ({ freeCapacity: new Map([[name, free]]) });

const decisions: readonly [
  what: string,
  facts: Partial<RequestFacts>,
  resources: Partial<Resources>,
  reason: string,
][] = [
  [
    'a volume that fits the first DMS',
    { volume: reported(3.1 * giga) },
    {},
    'scrubber-1, not provider-b: peak 3.1 Gbit/s (collector-a, 4 s ago) fits 4 Gbit/s free; strategy "on the premises"',
  ],
  [
    'a DMS without capacity left',
    { volume: reported(3.1 * giga) },
    used('scrubber-1', giga),
    'provider-b, not scrubber-1: scrubber-1 excluded (peak 3.1 Gbit/s (collector-a, 4 s ago) exceeds 1 Gbit/s free), peak 3.1 Gbit/s (collector-a, 4 s ago) fits 100 Gbit/s free; strategy "on the premises"',
  ],
  [
    'a volume for which another strategy is',
    { volume: reported(4 * giga) },
    {},
    'provider-b: peak 4 Gbit/s (collector-a, 4 s ago) fits 100 Gbit/s free; strategy "far away"',
  ],
  [
    'an unknown volume excludes no DMS',
    {},
    {},
    'scrubber-1, not provider-b: volume unknown, 4 Gbit/s free; strategy "unknown volume"',
  ],
  [
    'a vector that the first DMS does not stop',
    { vectors: ['udp-flood'], volume: reported(giga) },
    {},
    'provider-b, not scrubber-1: scrubber-1 excluded (does not stop udp-flood), peak 1 Gbit/s (collector-a, 4 s ago) fits 100 Gbit/s free; strategy "on the premises"',
  ],
  [
    'a DMS that cannot be asked',
    { volume: reported(giga) },
    { unavailable: new Map([['scrubber-1', 'no session']]) },
    'provider-b, not scrubber-1: scrubber-1 excluded (no session), peak 1 Gbit/s (collector-a, 4 s ago) fits 100 Gbit/s free; strategy "on the premises"',
  ],
  [
    'a request of a DMS is filtered',
    { role: 'dms' },
    {},
    'filter on edge-1 and edge-2: 2 rules, 1000 left on edge-1, 200 left on edge-2; strategy "offload"',
  ],
  [
    'a target of little value is filtered',
    { targets: [prefixOf('192.0.2.200/32')] },
    {},
    'filter on edge-2: 2 rules, 200 left on edge-2; strategy "cheap targets"',
  ],
  [
    'nodes without rules left: the next strategy that matches',
    { targets: [prefixOf('192.0.2.200/32')] },
    { freeRules: new Map([['edge-2', 1]]) },
    'scrubber-1, not provider-b: volume unknown, 4 Gbit/s free; strategy "unknown volume"',
  ],
  [
    'a target that only links carry',
    { targets: [prefixOf('198.51.100.1/32')], vectors: ['udp-flood'] },
    {},
    'no mitigation: "offload": role is customer; "cheap targets": value of the target is normal; "on the premises": volume unknown; "far away": volume unknown; "unknown volume": scrubber-1 excluded (does not stop udp-flood), provider-b excluded (does not carry the target)',
  ],
];

test('the first strategy that matches and has capacity is taken, and the decision names its inputs', () => {
  for (const [what, given, state, reason] of decisions)
    assert.equal(choose(policy, facts(given), resources(state)).reason, reason, what);
});

test('a decision says what to do', () => {
  const scrub = choose(policy, facts(), resources());
  assert.deepEqual(
    { ...scrub, reason: '' },
    { action: 'scrub', strategy: 'unknown volume', dms: 'scrubber-1', reason: '' },
  );
  const filter = choose(policy, facts({ role: 'dms' }), resources());
  assert.deepEqual(
    { ...filter, reason: '' },
    { action: 'filter', strategy: 'offload', nodes: ['edge-1', 'edge-2'], reason: '' },
  );
  const none = choose({ ...policy, strategies: [] }, facts(), resources());
  assert.deepEqual(none, { action: 'none', reason: 'no mitigation: the policy has no strategy' });
});

test('a decision is one line with the time and the client', () => {
  const time = Date.parse('2026-03-04T12:04:31.999Z');
  const request = facts({ volume: reported(3.1 * giga) });
  const { reason } = choose(policy, request, resources());
  assert.equal(
    decisionLine({ at: time, client: request.client, reason }),
    '12:04:31 web-1: scrubber-1, not provider-b: peak 3.1 Gbit/s (collector-a, 4 s ago) fits 4 Gbit/s free; strategy "on the premises"',
  );
});

test('conditions match at their bounds, and never where their input is unknown', () => {
  const load = (value: number): Partial<RequestFacts> => ({ linkLoads: new Map([['transit-1', reported(value)]]) });
  const cases: readonly [when: Conditions, facts: Partial<RequestFacts>, reason: string | undefined][] = [
    [{}, {}, undefined],
    [{ role: ['dms', 'customer'] }, {}, undefined],
    [{ role: ['dms'] }, {}, 'role is customer'],
    [{ vector: ['udp-flood'] }, {}, 'vector unknown'],
    [{ vector: ['udp-flood', 'syn-flood'] }, { vectors: ['syn-flood'] }, undefined],
    [{ vector: ['udp-flood'] }, { vectors: ['udp-flood', 'syn-flood'] }, 'vector is syn-flood'],
    [{ value: ['high'] }, {}, undefined],
    [{ value: ['low', 'normal'] }, {}, 'value of the target is high'],
    [{ volume: { atLeast: 5 } }, {}, 'volume unknown'],
    [{ volume: { below: 5 } }, {}, 'volume unknown'],
    [{ volume: { atLeast: giga } }, { volume: reported(giga) }, undefined],
    [{ volume: { atLeast: giga } }, { volume: reported(giga / 2) }, '500 Mbit/s is below 1 Gbit/s'],
    [{ volume: { below: giga } }, { volume: reported(giga) }, '1 Gbit/s is not below 1 Gbit/s'],
    [{ volume: { atLeast: 1, below: giga } }, { volume: reported(giga - 1) }, undefined],
    [{ linkLoad: { link: 'transit-1', atLeast: 0.8 } }, {}, 'load of transit-1 unknown'],
    [{ linkLoad: { link: 'transit-1', atLeast: 0.8 } }, load(0.8), undefined],
    [{ linkLoad: { link: 'transit-1', atLeast: 0.8 } }, load(0.5), 'load of transit-1 is 50 %'],
    [{ linkLoad: { link: 'transit-2', atLeast: 0.8 } }, load(0.9), 'load of transit-2 unknown'],
  ];
  for (const [when, given, reason] of cases)
    assert.equal(mismatch(when, facts(given), policy), reason, JSON.stringify(when));
});

test('the longest prefix decides the value of a target, the highest value that of a request', () => {
  const value = (...targets: string[]): string => valueOf(targets.map(prefixOf), policy);
  assert.equal(value('192.0.2.10'), 'high');
  assert.equal(value('192.0.2.11'), 'normal');
  assert.equal(value('192.0.2.200'), 'low');
  assert.equal(value('192.0.2.200', '192.0.2.10'), 'high');
  assert.equal(value('192.0.2.0/24'), 'high', 'it contains a target of high value');
  assert.equal(value('192.0.2.128/25'), 'low');
  assert.deepEqual([...linksTo(prefixOf('192.0.2.200'), policy)], ['transit-2']);
  assert.deepEqual([...linksTo(prefixOf('192.0.2.10'), policy)], ['transit-1', 'transit-2']);
});

test('vectors come from the attack details, else from what protocols and source ports leave no doubt of', () => {
  const none = { descriptions: [], protocols: [], sourcePorts: [] };
  const cases: readonly [object, string[]][] = [
    [{}, []],
    [{ descriptions: ['DNS amplification attack'] }, ['dns-amplification']],
    [{ descriptions: ['SYN-Flood', 'ntp Amplification'] }, ['ntp-amplification', 'syn-flood']],
    [{ descriptions: ['async flooding'], protocols: [6] }, []],
    [{ descriptions: ['SYN flood'], sourcePorts: [[53, 53]] }, ['syn-flood']],
    [
      {
        protocols: [17],
        sourcePorts: [
          [53, 53],
          [123, 123],
        ],
      },
      ['dns-amplification', 'ntp-amplification'],
    ],
    [{ sourcePorts: [[11_211, 11_211]] }, ['memcached-amplification']],
    [{ protocols: [6], sourcePorts: [[19, 19]] }, []],
    [
      {
        protocols: [17],
        sourcePorts: [
          [53, 53],
          [7, 7],
        ],
      },
      [],
    ],
    [{ protocols: [17], sourcePorts: [[1, 65_535]] }, []],
    [{ protocols: [1] }, ['icmp-flood']],
    [{ protocols: [58] }, ['icmp-flood']],
    [{ protocols: [1, 17] }, []],
    [{ protocols: [6] }, []],
  ];
  for (const [given, vectors] of cases)
    assert.deepEqual(vectorsOfRequest({ ...none, ...given }), vectors, JSON.stringify(given));
});
