/**
 * npm run bench:orchestrator: what a policy and the simulated world cost. One JSON line per figure; medians, of the
 * world in milliseconds of CPU.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { defaultPolicy } from '#dots/dotsServer/state/policy';
import { destination, equals } from '#dots/flowspec/packets/draft';
import { vectorNames } from '#dots/model/attackVectors';
import type { JsonObject } from '#dots/model/json';
import { Orchestrator } from '#dots/orchestrator/orchestrator';
import { SignalSession } from '#dots/signal/session';
import { policyOf } from '#dots/workspace/policy/policy';
import { World } from '#dots/world/world';
import { protect } from '../support/protocol/scene';
import { nodeRule, prefixOf } from '../support/world';

const giga = 1_000_000_000;
const links = Array.from({ length: 5 }, (_, index) => ({ name: `link-${index}`, capacity: 10 * giga }));

function print(figure: string, values: Record<string, number>): void {
  console.log(JSON.stringify({ figure, ...values }));
}

const rounded = (value: number): number => Number(value.toPrecision(3));

function cpuMs(action: () => void): number {
  const before = process.cpuUsage();
  action();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function median(values: number[]): number {
  return rounded(values.sort((a, b) => a - b)[values.length >> 1] as number);
}

/** 20 classes, 5 links, 2 nodes, and 3 DMSs, two of which have traffic. */
function largeWorld(rules: number): World {
  const nodes = [
    { name: 'edge-1', links: ['link-0', 'link-1', 'link-2'] },
    { name: 'edge-2', links: ['link-3', 'link-4'] },
  ];
  const dms = Array.from({ length: 3 }, (_, index) => ({
    name: `scrubber-${index}`,
    carries: links.map(({ name }) => name),
    capacity: 5 * giga,
    stops: vectorNames,
    misses: 0.01,
    divert: { by: 'bgp', seconds: 0 } as const,
    reinject: { by: 'gre', link: 'link-4' } as const,
  }));
  const world = new World({ links, nodes, dms }, 1);
  for (let index = 0; index < 20; index++) {
    const vector = vectorNames[index % vectorNames.length] ?? 'udp-flood';
    world.addClass({ name: `class ${index}`, kind: 'attack', vector, to: `192.0.2.${index}`, rate: 2 * giga });
  }
  for (let index = 0; index < rules; index++)
    world.addRule('edge-1', nodeRule(`rule ${index}`, [equals(3, 17), equals(5, 1024 + index)]));
  world.divert('scrubber-0', prefixOf('192.0.2.0/29'));
  world.divert('scrubber-1', prefixOf('192.0.2.8/29'));
  world.step();
  return world;
}

function seconds(): void {
  for (const rules of [0, 1000]) {
    const world = largeWorld(rules);
    const times = Array.from({ length: 30 }, () => cpuMs(() => Array.from({ length: 100 }, () => world.step())) / 100);
    print('one second of 20 classes, 5 links, 3 DMSs', { rules, ms: median(times), goalMs: 1 });
  }
}

function rules(): void {
  const world = largeWorld(1000);
  const wide = Array.from({ length: 20 }, (_, index) =>
    cpuMs(() => {
      world.addRule('edge-1', nodeRule(`wide ${index}`, [equals(3, 17), equals(6, index + 20)]));
      world.step();
    }),
  );
  print('one rule more on 1,000, all 20 classes touched, and the next second', { ms: median(wide), goalMs: 50 });
  const narrow = Array.from({ length: 20 }, (_, index) =>
    cpuMs(() => world.addRule('edge-1', nodeRule(`narrow ${index}`, [destination(prefixOf(`192.0.2.${index}`))]))),
  );
  print('one rule more on 1,000 for one target', { ms: median(narrow), goalMs: 50 });
  const removed = Array.from({ length: 20 }, (_, index) =>
    cpuMs(() => {
      world.removeRule('edge-1', `wide ${index}`);
      world.step();
    }),
  );
  print('one rule less, and the next second', { ms: median(removed), goalMs: 50 });
}

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** The heap after garbage collection, MB. */
function heap(): number {
  collectGarbage();
  return rounded(process.memoryUsage().heapUsed / 1e6);
}

function day(): void {
  const world = largeWorld(100);
  const heaps: number[] = [];
  const ms = cpuMs(() => {
    for (let second = 0; second < 86_400; second++) {
      const name = `attack ${second}`;
      if (second % 60 === 0)
        world.addClass({ name, kind: 'attack', vector: 'syn-flood', to: '192.0.2.30', rate: giga });
      world.step();
      if (second % 60 === 59) world.removeClass(`attack ${second - 59}`);
      if (second % 14_400 === 14_399) heaps.push(heap());
    }
  });
  print('a simulated day, an attack each minute; heap each four hours', {
    seconds: rounded(ms / 1000),
    firstMB: heaps[0] ?? 0,
    lastMB: heaps.at(-1) ?? 0,
  });
}

const document = (mid: number): JsonObject =>
  protect(`2001:db8:${(mid >> 16).toString(16)}:${(mid & 0xffff).toString(16)}::/64`);

const described = policyOf({
  clients: [{ name: 'web-1', 'own-prefixes': ['2001:db8::/32'] }],
  links: [{ name: 'transit-1', capacity: 10 * giga }],
  nodes: [{ name: 'edge-1', links: ['transit-1'], rules: 1_000_000 }],
  targets: [{ prefix: '2001:db8::/32', value: 'high' }],
  strategies: [
    { name: 'large', when: { volume: { 'at-least': giga } }, filter: ['edge-1'] },
    { name: 'filter', when: { value: ['high'] }, filter: ['edge-1'] },
  ],
});

/** The median time from a request to 2.01 with a policy and without, in turns: what else the machine does hits both. */
async function requests(): Promise<void> {
  const limits = { ...defaultPolicy.limits, entries: 100_000, entriesPerClient: 100_000, entriesPerCuid: 100_000 };
  const options = { plain: true, policy: { ...defaultPolicy, limits } };
  const servers = [
    await Orchestrator.start(options),
    await Orchestrator.start({ ...options, orchestrator: described }),
  ];
  const sessions = await Promise.all(
    servers.map(({ signal = '' }) => SignalSession.open({ server: signal, cuid: 'c' })),
  );
  const times: [number[], number[]] = [[], []];
  for (let mid = 1; mid <= 1500; mid++)
    for (const [index, session] of sessions.entries()) {
      const begun = performance.now();
      await session.requestMitigation(document(mid), mid);
      if (mid > 500) times[index]?.push(performance.now() - begun);
    }
  const [without, withPolicy] = times.map(median) as [number, number];
  print('request to 2.01', { withoutMs: without, withMs: withPolicy, ratio: rounded(withPolicy / without), goal: 1.5 });
  for (const session of sessions) await session.close();
  for (const server of servers) await server.close();
}

async function main(): Promise<void> {
  await requests();
  seconds();
  rules();
  day();
}

void main();
