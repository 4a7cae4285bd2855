import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Action } from '#dots/flowspec/bgp/rule';
import { destination, equals } from '#dots/flowspec/packets/draft';
import type { MitigationSystem, Topology } from '#dots/world/topology';
import type { TrafficClass } from '#dots/model/trafficClass';
import { World } from '#dots/world/world';
import { fromPort, nodeRule, prefixOf, target } from '../../support/world';

const mega = 1_000_000;
const redirect: Action = { kind: 'rt-redirect', form: 'as2', administrator: 64_500, value: 1 };

const scrubber: MitigationSystem = {
  name: 'scrubber-1',
  carries: ['transit-1'],
  capacity: 1000 * mega,
  stops: ['dns-amplification'],
  divert: { by: 'bgp', seconds: 3 },
  reinject: { by: 'direct' },
};

function worldWith(dms: Partial<MitigationSystem> = {}, topology: Partial<Topology> = {}): World {
  return new World(
    {
      links: [
        { name: 'transit-1', capacity: 1000 * mega },
        { name: 'tunnel', capacity: 60 * mega },
      ],
      nodes: [{ name: 'edge-1', links: ['transit-1'] }],
      dms: [{ ...scrubber, ...dms }],
      ...topology,
    },
    1,
  );
}

const entering = { to: target, enters: { 'transit-1': 1 } };
const dns: TrafficClass = { ...entering, name: 'dns', kind: 'attack', vector: 'dns-amplification', rate: 400 * mega };
const ntp: TrafficClass = { ...dns, name: 'ntp', vector: 'ntp-amplification' };
const web: TrafficClass = { ...entering, name: 'web', kind: 'legitimate', rate: 100 * mega };

function withTraffic(world: World, ...classes: TrafficClass[]): World {
  for (const traffic of classes) world.addClass(traffic);
  return world;
}

/** What became of a class in the next second, in Mbit/s, rounded. */
function next(world: World, name: string): Record<string, number> {
  world.step();
  return last(world, name);
}

function last(world: World, name: string): Record<string, number> {
  const { delivered, dropped } = world.account(name);
  const all = [...dropped.map(({ by, bits }) => [by, bits] as const), ['delivered', delivered] as const];
  return Object.fromEntries(all.map(([by, bits]) => [by, Math.round(bits / mega)]).filter(([, bits]) => bits !== 0));
}

test('a rule drops exactly what it describes, and its counters say so', () => {
  const world = withTraffic(worldWith(), dns, ntp, web);
  world.addRule('edge-1', fromPort(53));
  assert.deepEqual(next(world, 'dns'), { 'rule port 53 of edge-1': 400 });
  assert.deepEqual(last(world, 'ntp'), { delivered: 400 });
  assert.deepEqual(last(world, 'web'), { delivered: 100 });
  world.step();
  const counters = world.ruleCounters('edge-1', 'port 53');
  assert.deepEqual(counters?.dropped, { bits: 800_000_000n, packets: 800_000_000n / (8n * 1400n) });
  assert.deepEqual(counters.matched, counters.dropped);
});

test('a rule that no packet meets drops nothing', () => {
  const world = withTraffic(worldWith(), dns, web);
  world.addRule('edge-1', nodeRule('tcp 19', [equals(3, 6), equals(6, 19)]));
  world.step();
  assert.deepEqual(world.ruleCounters('edge-1', 'tcp 19'), {
    matched: { bits: 0n, packets: 0n },
    dropped: { bits: 0n, packets: 0n },
  });
});

test('a rule drops its share of the samples: those of its sources in one half of their prefix', () => {
  const world = withTraffic(worldWith(), { ...dns, sources: { prefix: '198.51.100.0/24', count: 256 } });
  const half = { family: 'ipv4', octets: [198, 51, 100, 128], length: 25, offset: 0 } as const;
  world.addRule('edge-1', nodeRule('half', [{ type: 2, prefix: half }]));
  assert.deepEqual(next(world, 'dns'), { 'rule half of edge-1': 200, delivered: 200 });
});

test('rates of rules, in octets and packets, are shared by all that match, in proportion', () => {
  const octets = withTraffic(worldWith(), dns, web);
  octets.addRule('edge-1', nodeRule('10 MB', [], [{ kind: 'traffic-rate-bytes', as: 0, rate: 12.5 * mega }]));
  assert.deepEqual(next(octets, 'dns'), { 'rule 10 MB of edge-1': 320, delivered: 80 });
  assert.deepEqual(last(octets, 'web'), { 'rule 10 MB of edge-1': 80, delivered: 20 });
  const packets = withTraffic(worldWith(), dns);
  const half = (400 * mega) / (8 * 1400) / 2;
  packets.addRule('edge-1', nodeRule('half', [], [{ kind: 'traffic-rate-packets', as: 0, rate: half }]));
  assert.deepEqual(next(packets, 'dns'), { 'rule half of edge-1': 200, delivered: 200 });
});

test('a rule acts after the seconds of its node, until it is removed', () => {
  const world = withTraffic(
    worldWith({}, { nodes: [{ name: 'edge-1', links: ['transit-1'], installSeconds: 2 }] }),
    dns,
  );
  world.addRule('edge-1', fromPort(53));
  assert.equal(world.ruleCounters('edge-1', 'port 53'), undefined);
  assert.deepEqual([next(world, 'dns'), next(world, 'dns')], [{ delivered: 400 }, { delivered: 400 }]);
  assert.deepEqual(next(world, 'dns'), { 'rule port 53 of edge-1': 400 });
  world.removeRule('edge-1', 'port 53');
  assert.deepEqual(next(world, 'dns'), { delivered: 400 });
  world.addRule('edge-1', fromPort(53));
  world.removeRule('edge-1', 'port 53');
  for (let second = 0; second < 4; second++) assert.deepEqual(next(world, 'dns'), { delivered: 400 });
});

test('a link above its capacity passes every class in proportion', () => {
  const world = withTraffic(worldWith(), { ...dns, rate: 1500 * mega }, { ...web, rate: 500 * mega });
  assert.deepEqual(next(world, 'dns'), { 'link transit-1': 750, delivered: 750 });
  assert.deepEqual(last(world, 'web'), { 'link transit-1': 250, delivered: 250 });
  assert.deepEqual(world.linkLoad('transit-1'), { offered: 2000 * mega, capacity: 1000 * mega });
  assert.equal(world.lossOf('transit-1'), 0.5);
  assert.deepEqual(world.deliveredTo(prefixOf('192.0.2.0/24')), { attack: 750 * mega, legitimate: 250 * mega });
  assert.deepEqual(world.deliveredTo(prefixOf('203.0.113.0/24')), { attack: 0, legitimate: 0 });
});

test('diversion by BGP takes its seconds, then takes everything to the target', () => {
  const world = withTraffic(worldWith(), dns, ntp, web);
  world.divert('scrubber-1', prefixOf('192.0.2.10'));
  for (let second = 0; second < 3; second++) assert.deepEqual(next(world, 'dns'), { delivered: 400 });
  assert.deepEqual(next(world, 'dns'), { 'scrubber-1': 400 });
  assert.deepEqual(last(world, 'ntp'), { delivered: 400 });
  assert.equal(world.dmsLoad('scrubber-1').offered, 900 * mega);
  assert.deepEqual(world.linkLoad('transit-1').offered, 500 * mega);
  world.restore('scrubber-1', prefixOf('192.0.2.10'));
  assert.deepEqual(next(world, 'dns'), { delivered: 400 });
});

test('a DMS misses and harms its shares, and above its capacity loses every class in proportion', () => {
  const shares = withTraffic(worldWith({ misses: 0.1, harms: 0.05 }), dns, web);
  shares.divert('scrubber-1', prefixOf('192.0.2.10'));
  for (let second = 0; second < 3; second++) shares.step();
  assert.deepEqual(next(shares, 'dns'), { 'scrubber-1': 360, delivered: 40 });
  assert.deepEqual(last(shares, 'web'), { 'scrubber-1': 5, delivered: 95 });
  const overloaded = withTraffic(worldWith({ capacity: 250 * mega, divert: { by: 'bgp', seconds: 0 } }), dns, web);
  overloaded.divert('scrubber-1', prefixOf('192.0.2.10'));
  assert.deepEqual(next(overloaded, 'dns'), { 'scrubber-1': 200, 'scrubber-1, overloaded': 200 });
  assert.deepEqual(last(overloaded, 'web'), { 'scrubber-1, overloaded': 50, delivered: 50 });
  assert.deepEqual(overloaded.dmsLoad('scrubber-1'), { offered: 500 * mega, capacity: 250 * mega });
  assert.equal(overloaded.dmsDropped('scrubber-1').overloaded.bits, 250_000_000n);
});

test('a redirect rule diverts what it matches, where the DMS can carry it; the rest stays', () => {
  const divert = { by: 'flowspec-redirect', routeTarget: '64500:1' } as const;
  const rule = nodeRule('to scrubber-1', [destination(prefixOf(target)), equals(3, 17)], [redirect]);
  const world = withTraffic(worldWith({ divert }), dns, web);
  world.addRule('edge-1', rule);
  assert.deepEqual(next(world, 'dns'), { 'scrubber-1': 400 });
  assert.deepEqual(last(world, 'web'), { delivered: 100 });
  assert.equal(world.dmsLoad('scrubber-1').offered, 400 * mega);
  for (const carries of [[], ['tunnel'], ['203.0.113.0/24']]) {
    const elsewhere = withTraffic(worldWith({ divert, carries }), dns);
    elsewhere.addRule('edge-1', rule);
    assert.deepEqual(next(elsewhere, 'dns'), { delivered: 400 }, carries.join());
  }
  const byPrefix = withTraffic(worldWith({ divert, carries: ['192.0.2.0/24'] }), dns);
  byPrefix.addRule('edge-1', rule);
  assert.deepEqual(next(byPrefix, 'dns'), { 'scrubber-1': 400 });
});

test('what a DMS returns in a GRE tunnel loads the link of the tunnel, and is lost beyond its capacity', () => {
  const world = withTraffic(
    worldWith({ reinject: { by: 'gre', link: 'tunnel' }, divert: { by: 'bgp', seconds: 0 } }),
    dns,
    web,
  );
  world.divert('scrubber-1', prefixOf('192.0.2.10'));
  assert.deepEqual(next(world, 'web'), { 'link tunnel': 40, delivered: 60 });
  assert.equal(world.linkLoad('tunnel').offered, 100 * mega);
  assert.equal(world.linkLoad('transit-1').offered, 0);
});

test('datagrams of an in-band link are lost as often as its traffic, by the seed alone', () => {
  const world = withTraffic(worldWith(), { ...dns, rate: 1600 * mega }, web);
  const lost = (): number =>
    Array.from({ length: 4000 }, (_, number) => world.isLost('transit-1', number)).filter(Boolean).length;
  assert.equal(lost(), 0, 'before the first second');
  world.step();
  const share = world.lossOf('transit-1');
  assert.ok(Math.abs(share - 700 / 1700) < 1e-6);
  assert.ok(Math.abs(lost() / 4000 - share) < 0.03);
  assert.equal(lost(), lost());
  assert.equal(world.dataChannelPasses('transit-1'), false);
  assert.equal(world.dataChannelPasses('tunnel'), true);
});

test('the data channel gets through up to 30 % loss', () => {
  const passes = (rate: number): boolean => {
    const world = withTraffic(worldWith(), { ...dns, rate: rate * mega });
    world.step();
    return world.dataChannelPasses('transit-1');
  };
  assert.deepEqual([1000, 1400, 1440].map(passes), [true, true, false]);
});

test('names that a world does not have are refused', () => {
  const world = worldWith();
  assert.throws(() => world.addRule('edge-9', fromPort(53)), /"edge-9"/);
  assert.throws(() => world.addClass({ ...dns, enters: { nowhere: 1 } }), /"nowhere"/);
  assert.throws(() => world.addClass({ ...dns, to: 'nowhere' }), /"nowhere"/);
  assert.throws(() => worldWith({ carries: ['nowhere'] }), /"nowhere"/);
  assert.throws(() => worldWith({ reinject: { by: 'gre', link: 'nowhere' } }), /"nowhere"/);
  assert.throws(() => worldWith({}, { nodes: [{ name: 'edge-1', links: ['nowhere'] }] }), /"nowhere"/);
});

/** How many objects and entries of maps and sets can be reached from a value. */
function reachable(root: unknown): number {
  const seen = new Set<unknown>();
  const todo = [root];
  let entries = 0;
  for (let value = todo.pop(); value !== undefined; value = todo.pop()) {
    if (typeof value !== 'object' || value === null || seen.has(value)) continue;
    seen.add(value);
    const items = value instanceof Map ? [...value].flat() : value instanceof Set ? [...value] : Object.values(value);
    entries += items.length;
    todo.push(...items.filter((item) => item !== undefined));
  }
  return entries;
}

test('a world does not grow with its seconds, however many attacks and rules come and go', () => {
  const world = withTraffic(worldWith(), web);
  const run = (seconds: number): number => {
    for (let second = 0; second < seconds; second++) {
      const name = `attack ${world.second}`;
      world.addClass({ ...dns, name });
      world.addRule('edge-1', { ...fromPort(53), id: name });
      world.divert('scrubber-1', prefixOf('192.0.2.10'));
      world.step();
      world.removeRule('edge-1', name);
      world.removeClass(name);
      world.restore('scrubber-1', prefixOf('192.0.2.10'));
    }
    world.step();
    return reachable(world);
  };
  assert.equal(run(20), run(200));
});
