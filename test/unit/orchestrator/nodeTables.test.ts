import assert from 'node:assert/strict';
import { test } from 'node:test';
import { evaluateRules } from '#dots/flowspec/packets/evaluate';
import { translate, type FlowspecRule } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { NodeTables, type TableDocument } from '#dots/orchestrator/nodeTables';
import { clientInput, mitigationInput } from '#dots/orchestrator/rulesInForce';
import { Translations } from '#dots/orchestrator/translations';
import { Random } from '#dots/world/random';
import { drawSamples } from '#dots/world/samples';
import { completeClass } from '#dots/world/trafficClass';
import { World } from '#dots/world/world';
import { seeds } from '../../support/world';

const node = 'edge-1';

const newWorld = (): World =>
  new World(
    { links: [{ name: 'transit-1', capacity: 1e10 }], nodes: [{ name: node, links: ['transit-1'] }], dms: [] },
    1,
  );

const prefixes = ['192.0.2.0/24', '192.0.2.0/25', '192.0.2.10/32', '192.0.2.11/32', '203.0.113.0/24'];

const mitigation = (cuid: string, mid: number, scope: JsonObject, redirect?: string): TableDocument => ({
  input: mitigationInput({ cuid, mid, scope }, redirect === undefined ? undefined : { redirect }, true),
  order: `mitigation ${cuid} ${mid}`,
  nodes: [node],
});

function acls(cuid: string, aces: JsonObject[]): TableDocument {
  const acl = { name: 'a', type: 'ipv4-acl-type', 'activation-type': 'immediate', aces: { ace: aces } };
  return {
    input: clientInput({ cuid, owner: '', aliases: [], acls: [] }, [acl], true),
    order: `client ${cuid}`,
    nodes: [node],
  };
}

function randomAce(index: number, random: Random): JsonObject {
  const port = (side: string): JsonObject => ({
    [`${side}-port-range-or-operator`]: { operator: 'eq', port: random.pick([53, 123, 443]) },
  });
  return {
    name: `entry ${index}`,
    matches: {
      ipv4: { 'destination-ipv4-network': random.pick(prefixes), protocol: 17 },
      ...(random.below(2) === 0 && { udp: port(random.pick(['source', 'destination'])) }),
    },
    actions: { forwarding: random.pick(['drop', 'accept', 'accept']) },
  };
}

function randomDocument(random: Random): TableDocument {
  const cuid = random.pick(['c', 'd']);
  if (random.below(3) === 0)
    return acls(
      cuid,
      Array.from({ length: 3 }, (_, index) => randomAce(index, random)),
    );
  const scope = {
    'target-prefix': [random.pick(prefixes)],
    ...(random.below(2) === 0 && { 'target-protocol': [17] }),
    ...(random.below(2) === 0 && { 'target-port-range': [{ 'lower-port': random.pick([53, 443]) }] }),
  };
  return mitigation(cuid, random.below(8), scope, random.below(4) === 0 ? '64500:1' : undefined);
}

const packets = [53, 123].flatMap((port) =>
  [17, 6].flatMap((protocol) =>
    drawSamples(
      1,
      completeClass({
        ...{ name: `${port} ${protocol}`, kind: 'attack', to: '192.0.2.0/24', protocol, rate: 1 },
        ...{ sourcePort: [port, port], destinationPort: [443, 443] },
      }),
    ),
  ),
);

const seen = packets.filter((_, index) => index % 16 === 0);

const treatments = (rules: readonly FlowspecRule[]): string[] =>
  seen.map((packet) => JSON.stringify(evaluateRules(rules, packet).actions));

test('after any changes a node treats each packet as the order of all documents says', () => {
  for (const seed of seeds(20_260_701)) {
    const random = new Random(seed);
    const tables = new NodeTables([node], newWorld(), new Translations());
    const documents = new Map<string, TableDocument>();
    for (let step = 0; step < 60; step++) {
      const document = randomDocument(random);
      const { file } = document.input;
      const isGone = random.below(3) === 0;
      if (isGone) documents.delete(file);
      else documents.set(file, document);
      tables.set(file, isGone ? undefined : document, () => undefined);
      const sorted = [...documents.values()].sort((one, other) => (one.order < other.order ? -1 : 1));
      const { rules, equivalence } = translate(sorted.map(({ input }) => input));
      if (equivalence.proved)
        assert.deepEqual(treatments(tables.of(node).map(({ rule }) => rule)), treatments(rules), `${seed}, ${step}`);
    }
    for (const file of documents.keys()) tables.set(file, undefined, () => undefined);
    assert.deepEqual(tables.of(node), []);
  }
});

test('a rule that several documents need is installed once, with all sources, until the last of them is gone', () => {
  const world = newWorld();
  const tables = new NodeTables([node], world, new Translations());
  const scope = { 'target-prefix': ['192.0.2.10/32'] };
  for (const cuid of ['c', 'd', 'e'])
    tables.set(`mitigation 1 of ${cuid}`, mitigation(cuid, 1, scope), () => undefined);
  const sources = (): number[] => tables.of(node).map((rule) => rule.sources.length);
  assert.deepEqual([tables.sizeOf(node), sources()], [1, [3]]);
  tables.set('mitigation 1 of d', undefined, () => undefined);
  assert.deepEqual(sources(), [2]);
  tables.set('mitigation 1 of c', undefined, () => undefined);
  const [rule] = tables.from('mitigation 1 of e');
  assert.ok(rule);
  world.step();
  assert.ok(world.ruleCounters(node, rule.id));
  tables.set('mitigation 1 of e', undefined, () => undefined);
  assert.equal(world.ruleCounters(node, rule.id), undefined);
});

test('a document changes the rules of those alone whose order with it matters', () => {
  const tables = new NodeTables([node], newWorld(), new Translations());
  const set = (document: TableDocument): string[] =>
    [...tables.set(document.input.file, document, () => undefined)].sort();
  const to = (mid: number, prefix: string): string[] => set(mitigation('c', mid, { 'target-prefix': [prefix] }));
  to(1, '192.0.2.0/24');
  to(2, '203.0.113.0/24');
  assert.deepEqual(to(3, '192.0.2.10/32'), ['mitigation 3 of c'], 'all discard: their order does not matter');
  const accepted = acls('c', [
    {
      name: 'web',
      matches: { ipv4: { 'destination-ipv4-network': '192.0.2.0/24', protocol: 6 } },
      actions: { forwarding: 'accept' },
    },
  ]);
  assert.deepEqual(set(accepted), ['client c', 'mitigation 1 of c', 'mitigation 3 of c']);
  assert.deepEqual([...tables.set('client c', undefined, () => undefined)].sort(), [
    'client c',
    'mitigation 1 of c',
    'mitigation 3 of c',
  ]);
});

test('more documents than are put in order together: each has its rules', () => {
  const tables = new NodeTables([node], newWorld(), new Translations());
  for (let mid = 0; mid < 100; mid++) {
    const document = mitigation('c', mid, { 'target-prefix': [`192.0.2.${mid}/32`] });
    tables.set(document.input.file, document, () => undefined);
  }
  const redirect = mitigation('d', 1, { 'target-prefix': ['192.0.2.0/24'] }, '64500:1');
  assert.deepEqual([...tables.set(redirect.input.file, redirect, () => undefined)], [redirect.input.file]);
  assert.equal(tables.sizeOf(node), 101);
});
