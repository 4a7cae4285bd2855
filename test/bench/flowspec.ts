import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeNlri } from '#dots/flowspec/bgp/nlri';
import { regionsOf, regionsTouch } from '#dots/flowspec/packets/region';
import { render, renderExabgpConfiguration } from '#dots/flowspec/renderings/render';
import { translate, type FlowspecRule, type Translation } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { freePort } from '../support/protocol/scene';
import { Random } from '../support/random';
import { aclDocument } from '../support/flowspec/rules';
import { removeFolder } from '../support/removeFolder';

type Ace = { matches: JsonObject; actions: JsonObject };

const drop = { forwarding: 'drop' };
const accept = { forwarding: 'accept' };
const milliseconds = (from: number): number => performance.now() - from;
const rounded = (value: number): number => Number(value.toPrecision(3));

/** One figure on a line of its own. */
function report(figure: string, values: object): void {
  process.stdout.write(`${JSON.stringify({ figure, ...values })}\n`);
}

function range(length: number): number[] {
  return Array.from({ length }, (_, index) => index);
}

function host(index: number): string {
  return `198.${18 + (index >> 16)}.${(index >> 8) & 255}.${index & 255}/32`;
}

/** ACEs for a host each. */
function disjoint(count: number): JsonObject {
  return aclDocument(
    range(count).map((index): Ace => ({
      matches: {
        ipv4: { 'destination-ipv4-network': host(index) },
        udp: { 'source-port-range-or-operator': { port: 53 } },
      },
      actions: index % 2 === 0 ? drop : accept,
    })),
  );
}

/**
 * Seven networks, each with senders that are let through and with port ranges that are not: one pair of ACEs in ten
 * overlaps.
 */
function overlapping(count: number): JsonObject {
  return aclDocument(
    range(count).map((index): Ace => {
      const ipv4 = { 'destination-ipv4-network': `198.51.${index % 7}.0/24` };
      if (index < count / 2)
        return { matches: { ipv4: { ...ipv4, 'source-ipv4-network': host(index) }, udp: {} }, actions: accept };
      return {
        matches: { ipv4, udp: { 'destination-port-range-or-operator': { 'lower-port': 0, 'upper-port': 1 + index } } },
        actions: drop,
      };
    }),
  );
}

/** A tenth of the ACEs in pairs that routers would test the other way round. */
function conflicting(count: number): JsonObject {
  return aclDocument(
    range(count).map((index): Ace => {
      const ipv4 = { 'destination-ipv4-network': host(index % 20 === 1 ? index - 1 : index) };
      if (index % 20 === 0) return { matches: { ipv4: { ...ipv4, fragment: { type: 'isf' } } }, actions: drop };
      return { matches: { ipv4, udp: { 'destination-port-range-or-operator': { port: 53 } } }, actions: accept };
    }),
  );
}

/** Random port ranges and actions in ten networks: more differences than anybody would repair. */
function hostile(count: number): JsonObject {
  const random = new Random(1);
  const ports = (): JsonObject =>
    [random.below(50_000)].map((low) => ({ 'lower-port': low, 'upper-port': low + 15_000 }))[0] ?? {};
  return aclDocument(
    range(count).map((index): Ace => ({
      matches: {
        ipv4: { 'destination-ipv4-network': `198.51.${index % 10}.0/24` },
        udp: { 'destination-port-range-or-operator': ports(), 'source-port-range-or-operator': ports() },
      },
      actions: random.below(2) === 0 ? drop : accept,
    })),
  );
}

const made = (value: JsonObject): Translation => translate([{ file: 'bench', value }]);

/** The median of several runs, milliseconds. */
function median(run: () => void, times = 7): number {
  const all = range(times)
    .map(() => {
      const start = performance.now();
      run();
      return milliseconds(start);
    })
    .sort((a, b) => a - b);
  return all[times >> 1] ?? 0;
}

function overlapShare(rules: readonly FlowspecRule[]): number {
  const regions = rules.map(({ components, family }) => regionsOf(components, family)?.[0]);
  let count = 0;
  for (const [index, a] of regions.entries())
    for (const b of regions.slice(0, index)) if (a !== undefined && b !== undefined && regionsTouch(a, b)) count++;
  return rounded(count / ((rules.length * (rules.length - 1)) / 2));
}

/** Rules with proof, and how the time grows from n to 2n ACEs; `goal` is that of the ratio. */
function translation(name: string, input: (count: number) => JsonObject, count: number, goal?: number): void {
  const [once, twice] = [input(count), input(2 * count)];
  const { rules, equivalence } = made(once);
  const [first, second] = [median(() => made(once)), median(() => made(twice))];
  const values = {
    aces: count,
    rules: rules.length,
    proved: equivalence.proved,
    ms: rounded(first),
    goalMs: 2000,
    ratioAt2n: rounded(second / first),
    ...(goal !== undefined && { goalRatio: goal }),
  };
  report(name, count <= 2000 ? { ...values, overlappingPairs: overlapShare(rules) } : values);
}

function encoding(): void {
  const { rules } = made(disjoint(10_000));
  const ms = median(() => {
    for (const { components, family } of rules) encodeNlri(components, family);
  });
  report('nlri-encoding', { perSecond: Math.round((rules.length / ms) * 1000), goalPerSecond: 100_000 });
}

function has(command: string): boolean {
  return (
    spawnSync('sh', ['-c', `command -v ${command}`], {
      env: { ...process.env, PATH: `${process.env.PATH ?? ''}:/usr/sbin` },
    }).status === 0
  );
}

function ours(count: number): number {
  const value = disjoint(count);
  return median(() => render(made(value).rules, 'exabgp')) / count;
}

/** Milliseconds that a tool takes for each rule, its start not counted. */
function besides(tool: string, count: number, time: (rules: readonly FlowspecRule[]) => number): void {
  const { rules } = made(disjoint(count));
  const perRule = (time(rules) - time(rules.slice(0, 1))) / (count - 1);
  report(`beside-${tool}`, {
    rules: count,
    msPerRule: rounded(perRule),
    oursMsPerRule: rounded(ours(count)),
    timesOurs: rounded(perRule / ours(count)),
  });
}

function exabgpTime(folder: string, rules: readonly FlowspecRule[]): number {
  const file = join(folder, 'exabgp.conf');
  writeFileSync(file, renderExabgpConfiguration(rules));
  const start = performance.now();
  const { status } = spawnSync('exabgp', ['--test', file], {
    env: { ...process.env, exabgp_api_cli: 'false', PATH: `${process.env.PATH ?? ''}:/usr/sbin` },
  });
  if (status !== 0) throw new Error(`exabgp --test ended with ${String(status)}`);
  return milliseconds(start);
}

async function startGobgp(folder: string): Promise<{ daemon: ChildProcess; port: number }> {
  const file = join(folder, 'gobgpd.toml');
  const port = await freePort();
  writeFileSync(file, '[global.config]\nas = 65001\nrouter-id = "192.0.2.1"\nport = -1\n');
  const daemon = spawn('gobgpd', ['-f', file, '--api-hosts', `127.0.0.1:${port}`, '--pprof-disable', '-l', 'error'], {
    stdio: 'ignore',
  });
  for (let tries = 0; tries < 100 && spawnSync('gobgp', ['-p', String(port), 'global']).status !== 0; tries++)
    spawnSync('sleep', ['0.1']);
  return { daemon, port };
}

function gobgpTime(port: number, rules: readonly FlowspecRule[]): number {
  const start = performance.now();
  const { status } = spawnSync('sh', ['-e'], {
    input: `gobgp() { command gobgp -p ${port} "$@"; }\n${render(rules, 'gobgp')}`,
  });
  if (status !== 0) throw new Error(`gobgp ended with ${String(status)}`);
  return milliseconds(start);
}

async function tools(folder: string): Promise<void> {
  if (has('exabgp')) besides('exabgp-test', 300, (rules) => exabgpTime(folder, rules));
  else report('beside-exabgp-test', { skipped: 'exabgp is not installed (apt-get install exabgp)' });
  if (!has('gobgpd'))
    return report('beside-gobgp-rib-add', { skipped: 'gobgpd is not installed (apt-get install gobgpd)' });
  const { daemon, port } = await startGobgp(folder);
  try {
    besides('gobgp-rib-add', 300, (rules) => gobgpTime(port, rules));
  } finally {
    daemon.kill('SIGKILL');
  }
}

async function main(): Promise<void> {
  made(disjoint(2000));
  translation('disjoint', disjoint, 10_000, 2.5);
  translation('overlapping', overlapping, 1000, 2.5);
  translation('conflicting-repaired', conflicting, 1000);
  translation('hostile', hostile, 500);
  encoding();
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  await tools(folder).finally(() => removeFolder(folder));
}

void main();
