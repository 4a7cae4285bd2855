import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '#dots/coap/clock';
import { addressText, loopbackName } from '#dots/transport/address';
import { openLab, type Lab } from '#dots/transport/lab';
import type { DataClients } from './clients';
import type { Limits } from './policy';
import { DataResources } from './restconf/resources';
import { DataRouter } from './restconf/router';
import { DataServer } from './restconf/server';

export interface DataChannelOptions {
  host: string;
  port: number;
  /** The folder of the orchestrator's state, whose lab it uses; without one the lab is private and ends with it. */
  stateDir: string | undefined;
  clients: DataClients;
  /** Runs changes one after the other, those of the signal channel included. */
  exclusive: <T>(work: () => Promise<T>) => Promise<T>;
  clock: Clock;
  limits: Limits;
  log: (line: string) => void;
}

/** The data channel of the orchestrator: its lab, its resources, its server. */
export class DataChannel {
  private constructor(private readonly listener: DataServer, private readonly lab: Lab, private readonly temporary: string | undefined) {}

  /** Throws a DotsError of kind `usage` where the lab cannot be made or the port cannot be had. */
  static async open({ host, port, stateDir, clients, exclusive, clock, limits, log }: DataChannelOptions): Promise<DataChannel> {
    const temporary = stateDir === undefined ? await mkdtemp(join(tmpdir(), 'dots-lab-')) : undefined;
    try {
      const lab = await openLab(temporary ?? join(stateDir ?? '', 'lab'), { names: [loopbackName(host)] });
      const router = new DataRouter(new DataResources(clients, clock, limits), exclusive);
      return new DataChannel(await DataServer.start({ host, port, lab, router, largestBody: limits.dataBody, log }), lab, temporary);
    } catch (error) {
      await discard(temporary);
      throw error;
    }
  }

  /** `https://127.0.0.1:N`. */
  get server(): string {
    return `https://${addressText(this.listener.address)}`;
  }

  /** The files that a client needs. */
  get files(): Lab['files'] {
    return this.lab.files;
  }

  async close(): Promise<void> {
    await this.listener.close();
    await discard(this.temporary);
  }
}

async function discard(folder: string | undefined): Promise<void> {
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}
