import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ruleMatches } from '#dots/flowspec/packets/evaluate';
import { destination, equals } from '#dots/flowspec/packets/draft';
import { NodeTable, type NodeRule, type SampledClass } from '#dots/world/nodeTable';
import { Random } from '#dots/world/random';
import { drawSamples, sampleCount } from '#dots/world/samples';
import { completeClass } from '#dots/world/trafficClass';
import { decidingRules, nodeRule, prefixOf, randomClass, randomRule, seeds } from '../../support/world';

function sampled(name: string, random: Random): SampledClass {
  const complete = completeClass(randomClass(name, random));
  return { ...complete, packets: drawSamples(1, complete) };
}

const all = (1n << BigInt(sampleCount)) - 1n;

/** The ids of the rules that decide each sample, by the table. */
function byTable(table: NodeTable, { name, packets }: SampledClass): string[][] {
  const treatments = table.treatments(name, all);
  return packets.map((_, index) => {
    const own = treatments.filter(({ samples }) => (samples >> BigInt(index)) & 1n);
    assert.equal(own.length, 1, `sample ${index} is treated once`);
    return own[0]?.rules.map(({ rule }) => rule.id) ?? [];
  });
}

test('after any changes a table treats each sample as the packet evaluator does', () => {
  for (const seed of seeds(20_260_602)) {
    const random = new Random(seed);
    const table = new NodeTable({ second: 0 });
    const rules = new Map<string, NodeRule>();
    const classes = Array.from({ length: 5 }, (_, index) => sampled(`class ${index}`, random));
    for (const traffic of classes) table.addClass(traffic);
    for (let step = 0; step < 60; step++) {
      const rule = randomRule(`rule ${random.below(25)}`, random);
      // Two rules that match the same have no order between them.
      const isDouble = [...rules.values()].some(
        (other) => JSON.stringify(other.components) === JSON.stringify(rule.components),
      );
      if (isDouble) rules.delete((table.remove(rule.id), rule.id));
      else {
        table.add(rule);
        rules.set(rule.id, rule);
      }
      const traffic = random.pick(classes);
      const expected = traffic.packets.map((packet) => decidingRules([...rules.values()], packet));
      assert.deepEqual(byTable(table, traffic), expected, `seed ${seed}, step ${step}`);
    }
  }
});

/** A table with 100 rules and 20 classes for as many targets, that counts how often packets meet rules. */
function largeTable(): { table: NodeTable; evaluations: () => number } {
  let count = 0;
  const table = new NodeTable({ second: 0 }, (rule, packet) => {
    count += 1;
    return ruleMatches(rule, packet);
  });
  const classes = Array.from({ length: 20 }, (_, index) => {
    const complete = completeClass({
      name: `class ${index}`,
      kind: 'attack',
      vector: 'dns-amplification',
      to: `192.0.2.${index}`,
      rate: 1,
    });
    return { ...complete, packets: drawSamples(1, complete) };
  });
  for (const traffic of classes) table.addClass(traffic);
  for (let index = 0; index < 100; index++) table.add(nodeRule(`port ${index}`, [equals(5, index)]));
  return { table, evaluations: () => count };
}

test('one more rule meets each sample once, a rule for one target those of its classes, a removal none', () => {
  const { table, evaluations } = largeTable();
  const costOf = (action: () => unknown): number => {
    const before = evaluations();
    action();
    return evaluations() - before;
  };
  const perClass = sampleCount;
  assert.equal(
    costOf(() => table.add(nodeRule('wide', [equals(3, 17)]))),
    20 * perClass,
  );
  const narrow = nodeRule('narrow', [destination(prefixOf('192.0.2.7')), equals(3, 17)]);
  assert.equal(
    costOf(() => assert.deepEqual(table.add(narrow), ['class 7'])),
    perClass,
  );
  assert.equal(
    costOf(() => assert.deepEqual(table.remove('narrow'), ['class 7'])),
    0,
  );
  assert.equal(
    costOf(() => table.treatments('class 1', all)),
    0,
  );
});
