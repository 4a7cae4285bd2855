import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parsePrefix } from '#dots/model/prefix';
import { Random } from '#dots/world/random';
import { World } from '#dots/world/world';
import { prefixOf, randomClass, randomRule, randomTopology, seeds } from '../../support/world';

const links = ['transit-1', 'transit-2', 'peering'];
const nodes = ['edge-1', 'edge-2'];
const systems = ['scrubber-1', 'scrubber-2'];

/** One change of a random kind. */
function change(world: World, random: Random, names: Set<string>, step: number): void {
  const action = random.below(8);
  const prefix = prefixOf(random.pick(['192.0.2.10/32', '192.0.2.0/25', '2001:db8::/64']));
  if (action < 3) world.addRule(random.pick(nodes), randomRule(`rule ${random.below(20)}`, random));
  else if (action === 3) world.removeRule(random.pick(nodes), `rule ${random.below(20)}`);
  else if (action === 4) world.divert(random.pick(systems), prefix);
  else if (action === 5) world.restore(random.pick(systems), prefix);
  else if (action === 6) {
    const name = `class ${step % 12}`;
    names.add(name);
    world.addClass(randomClass(name, random));
  } else if (names.size > 4) {
    const name = random.pick([...names]);
    names.delete(name);
    world.removeClass(name);
  }
}

function demandConservation(world: World, names: Iterable<string>, context: string): void {
  for (const name of names) {
    const { sent, delivered, dropped } = world.account(name);
    const sum = dropped.reduce((total, { bits }) => total + bits, delivered);
    assert.equal(sum, sent, `${context}, ${name}`);
    for (const { bits, by } of [...dropped, { by: 'delivery', bits: delivered }])
      assert.ok(Number.isSafeInteger(bits) && bits >= 0, `${context}, ${name}: ${bits} by ${by}`);
  }
}

test('for every class and second, what was sent is what was delivered and what each place dropped, to the bit', () => {
  for (const seed of seeds(20_260_601))
    for (let round = 0; round < 6; round++) {
      const random = new Random(seed + round);
      const world = new World(randomTopology(random), seed);
      const names = new Set(Array.from({ length: 6 }, (_, index) => `first ${index}`));
      for (const name of names) world.addClass(randomClass(name, random));
      for (let step = 0; step < 40; step++) {
        change(world, random, names, step);
        world.step();
        const context = `seed ${seed}, world ${round}, second ${world.second}`;
        demandConservation(world, names, context);
        demandCapacities(world, context);
        for (let later = 0; later < 3; later++) change(world, random, names, step);
        demandConservation(world, names, `${context}, after changes`);
      }
    }
});

/** No link delivers more than its capacity. */
function demandCapacities(world: World, context: string): void {
  for (const name of links) {
    const { offered, capacity } = world.linkLoad(name);
    const lost = world.lossOf(name) * offered;
    assert.ok(offered - lost <= capacity + 1e-3, `${context}: ${name} passes ${offered - lost} of ${capacity}`);
  }
}

test('the same seed and the same changes are the same world', () => {
  const run = (): unknown[] => {
    const random = new Random(7);
    const world = new World(randomTopology(random), 7);
    const names = new Set<string>();
    const accounts: unknown[] = [];
    for (let step = 0; step < 60; step++) {
      change(world, random, names, step);
      world.step();
      accounts.push(
        [...names].map((name) => world.account(name)),
        world.isLost('transit-1', step),
      );
    }
    return accounts;
  };
  assert.deepEqual(run(), run());
});

test('sums since the beginning are those of all seconds, and keep what ended', () => {
  const random = new Random(3);
  const world = new World(randomTopology(random), 3);
  world.addClass({ name: 'dns', kind: 'attack', vector: 'dns-amplification', to: '192.0.2.10', rate: 999_999_937 });
  world.addRule('edge-1', {
    id: 'all',
    family: 'ipv4',
    components: [],
    actions: [{ kind: 'traffic-rate-bytes', as: 0, rate: 0 }],
  });
  let dropped = 0;
  for (let second = 0; second < 50; second++) {
    world.step();
    dropped += world.account('dns').dropped.find(({ by }) => by === 'rule all of edge-1')?.bits ?? 0;
  }
  const before = world.ruleCounters('edge-1', 'all')?.dropped;
  assert.equal(before?.bits, BigInt(dropped));
  assert.equal(before?.packets, BigInt(dropped) / BigInt(8 * 1400));
  world.removeClass('dns');
  world.step();
  assert.deepEqual(world.ruleCounters('edge-1', 'all')?.dropped, before);
  assert.deepEqual(world.deliveredTo(parsePrefix('192.0.2.0/24') ?? assert.fail()), { legitimate: 0, attack: 0 });
});
