import { evaluateRules } from '#dots/flowspec/packets/evaluate';
import type { Action, Component } from '#dots/flowspec/bgp/rule';
import { equals, source, destination } from '#dots/flowspec/packets/draft';
import { vectorNames } from '#dots/model/attackVectors';
import { parsePrefix, type Prefix } from '#dots/model/prefix';
import type { NodeRule } from '#dots/world/nodeTable';
import type { Random } from '#dots/world/random';
import type { MitigationSystem, Topology } from '#dots/world/topology';
import type { TrafficClass } from '#dots/model/trafficClass';

export const target = '192.0.2.10';

/** The seeds of property tests: one that is fixed, and a fresh one, which `DOTS_SEED` repeats. */
export function seeds(fixed: number): number[] {
  return [fixed, Number(process.env.DOTS_SEED ?? Date.now() % 2 ** 31)];
}

export function prefixOf(text: string): Prefix {
  const prefix = parsePrefix(text);
  if (prefix === undefined) throw new Error(`${text} is no prefix`);
  return prefix;
}

const discard: Action = { kind: 'traffic-rate-bytes', as: 0, rate: 0 };

/** A rule of a node; it discards unless it has other actions. */
export function nodeRule(id: string, components: Component[], actions: Action[] = [discard]): NodeRule {
  return { id, family: 'ipv4', components, actions };
}

/** A rule for UDP to the target from a port. */
export const fromPort = (port: number, actions?: Action[]): NodeRule =>
  nodeRule(`port ${port}`, [destination(prefixOf(target)), equals(3, 17), equals(6, port)], actions);

const targets = ['192.0.2.10/32', '192.0.2.0/24', '203.0.113.9/32', '2001:db8::9/128'];
const redirect: Action = { kind: 'rt-redirect', form: 'as2', administrator: 64500, value: 1 };
const actionSets: readonly (readonly Action[])[] = [
  [discard],
  [{ kind: 'traffic-rate-bytes', as: 0, rate: 1_234_567 }],
  [{ kind: 'traffic-rate-packets', as: 0, rate: 999 }],
  [redirect],
  [{ kind: 'traffic-action', sample: false, terminal: true }],
  [
    { kind: 'traffic-rate-bytes', as: 0, rate: 7_000_000 },
    { kind: 'traffic-action', sample: false, terminal: true },
  ],
  [],
];

/** A rule of few kinds, so that rules overlap often. */
export function randomRule(id: string, random: Random): NodeRule {
  const to = prefixOf(random.pick(targets));
  const from = prefixOf(to.family === 'ipv4' ? random.pick(['198.51.100.0/25', '198.51.100.64/26']) : '2001:db8::/33');
  const all: Component[] = [
    destination(to),
    source(from),
    equals(3, random.pick([6, 17])),
    equals(5, random.pick([80, 443])),
    equals(6, random.pick([53, 123, 19])),
  ];
  const components = all.filter((_, index) => random.below(index === 0 ? 5 : 3) > (index === 0 ? 0 : 1));
  return { id, family: to.family, components, actions: [...random.pick(actionSets)] };
}

const linkNames = ['transit-1', 'transit-2', 'peering'];

function randomDms(name: string, random: Random): MitigationSystem {
  return {
    name,
    carries: random.pick([linkNames, ['transit-1'], ['192.0.2.0/24'], []]),
    capacity: 1 + random.below(2_000_000_000),
    stops: vectorNames.filter(() => random.below(2) === 0),
    misses: random.below(100) / 1000,
    harms: random.below(100) / 1000,
    divert: random.pick([
      { by: 'flowspec-redirect', routeTarget: '64500:1' },
      { by: 'bgp', seconds: 3 },
    ] as const),
    reinject: random.pick([{ by: 'direct' }, { by: 'gre', link: 'peering' }] as const),
  };
}

export function randomTopology(random: Random): Topology {
  return {
    links: linkNames.map((name) => ({ name, capacity: 1 + random.below(3_000_000_000) })),
    nodes: [
      { name: 'edge-1', links: ['transit-1', 'transit-2'] },
      { name: 'edge-2', links: ['transit-2', 'peering'], installSeconds: random.below(3) },
    ],
    dms: ['scrubber-1', 'scrubber-2'].map((name) => randomDms(name, random)),
  };
}

export function randomClass(name: string, random: Random): TrafficClass {
  const isAttack = random.below(3) > 0;
  return {
    name,
    kind: isAttack ? 'attack' : 'legitimate',
    ...(isAttack && { vector: random.pick(vectorNames) }),
    to: random.pick(targets),
    fragments: random.pick([0, 0, 0.3]),
    ...(random.below(2) === 0 && { enters: { 'transit-1': 0.7, peering: random.below(100) / 100 } }),
    rate: random.pick([
      random.below(2_000_000_000),
      [
        [1, 0],
        [4, random.below(1_000_000_000)],
        [6, 13],
      ] as const,
    ]),
  };
}

/** The rules that decide a packet by the packet evaluator alone: what a node table has to agree with. */
export const decidingRules = (rules: readonly NodeRule[], packet: Parameters<typeof evaluateRules>[1]): string[] =>
  (evaluateRules(rules as never, packet).rules as unknown as NodeRule[]).map(({ id }) => id);
