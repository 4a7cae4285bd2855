import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { DmsClient, type DmsState } from '#dots/orchestrator/dms/dmsClient';
import type { SimulatedNetwork } from '#dots/orchestrator/dms/network';
import { SimulatedDms } from '#dots/orchestrator/dms/simulatedDms';
import { systemClock } from '#dots/runtime/clock';
import { Ledger } from '#dots/signal/ledgerFolder';
import type { PolicyDms } from '#dots/workspace/policy/policy';
import { World } from '#dots/world/world';
import { eventually } from './protocol/scene';

export const dms = (members: Partial<PolicyDms> = {}): PolicyDms => ({
  name: 'scrubber-1',
  place: 'inside',
  carries: ['transit-1'],
  capacity: 4_000_000_000,
  stops: ['dns-amplification'],
  misses: 0,
  harms: 0,
  divert: { by: 'bgp', seconds: 2 },
  reinject: { by: 'direct' },
  ...members,
});

export const quiet = { below: 0.1, for: 2 };

/** A simulated network whose seconds pass when a test says so. */
export interface TestNetwork extends SimulatedNetwork {
  pass(seconds: number): void;
}

export function network(systems: readonly PolicyDms[]): TestNetwork {
  const links = [
    { name: 'transit-1', capacity: 10_000_000_000 },
    { name: 'transit-2', capacity: 10_000_000_000 },
  ];
  const world = new World({ links, nodes: [{ name: 'edge-1', links: ['transit-1'] }], dms: systems }, 1);
  const listeners = new Set<() => void>();
  return {
    world,
    onSecond: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    pass: (seconds) => {
      for (let second = 0; second < seconds; second++) {
        world.step();
        for (const listener of [...listeners]) listener();
      }
    },
  };
}

/** A simulated DMS and the orchestrator as its client, both with their state in a folder. */
export interface DmsScene {
  network: TestNetwork;
  system: SimulatedDms;
  log: string[];
  /** The requests that have reached the DMS, such as `PUT 1700000000`, and its answer. */
  asked(): string[];
  client(options?: { effectiveMs?: number }): Promise<DmsClient>;
}

export async function dmsScene(t: TestContext, members: Partial<PolicyDms> = {}): Promise<DmsScene> {
  const folder = await mkdtemp(join(tmpdir(), 'dots-test-'));
  const clients: DmsClient[] = [];
  const described = dms(members);
  const net = network([described]);
  const log: string[] = [];
  const stateDir = join(folder, 'dms');
  const system = await SimulatedDms.start({
    dms: described,
    network: net,
    quiet,
    stateDir,
    log: (line) => log.push(line),
  });
  t.after(async () => {
    for (const client of clients) await client.close();
    await system.close();
    await rm(folder, { recursive: true });
  });
  return {
    network: net,
    system,
    log,
    asked: () =>
      log.flatMap((line) => {
        const [, method, mid, code] = / (PUT|DELETE) .*\/mid=(\d+): (\d\.\d\d)/.exec(line) ?? [];
        return method === undefined ? [] : [`${method} ${mid ?? ''} ${code ?? ''}`];
      }),
    client: async ({ effectiveMs = 60_000 } = {}) => {
      const client = new DmsClient({
        name: described.name,
        server: system.addresses.coaps ?? system.addresses.coapsTcp,
        files: system.files,
        cuid: 'orchestrator',
        ledger: await Ledger.open(join(folder, 'ledger')),
        effectiveMs,
        clock: systemClock,
        log: (line) => log.push(line),
      });
      clients.push(client);
      return client;
    },
  };
}

/** The states of one demand, as they are reported. */
export class States {
  readonly all: DmsState[] = [];
  readonly take = (state: DmsState): void => void this.all.push(state);

  get statuses(): number[] {
    return this.all.map(({ status }) => status).filter((status, index, all) => status !== all[index - 1]);
  }

  async reaches(status: number): Promise<DmsState> {
    await eventually(() => this.all.at(-1)?.status === status);
    return this.all.at(-1) as DmsState;
  }
}

export const attacked = (prefix: string, more: JsonObject = {}): JsonObject => ({ 'target-prefix': [prefix], ...more });
