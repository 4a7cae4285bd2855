import type { Clock } from '#dots/coap/clock';
import { addressText } from '#dots/transport/address';
import type { Lab } from '#dots/transport/lab';
import type { DataClients } from './clients';
import type { Limits } from './policy';
import { DataResources } from './restconf/resources';
import { DataRouter } from './restconf/router';
import { DataServer } from './restconf/server';

export interface DataChannelOptions {
  host: string;
  port: number;
  lab: Lab;
  clients: DataClients;
  /** Runs changes one after the other, those of the signal channel included. */
  exclusive: <T>(work: () => Promise<T>) => Promise<T>;
  clock: Clock;
  limits: Limits;
  log: (line: string) => void;
}

/** The data channel of the orchestrator: its resources and its server. */
export class DataChannel {
  private constructor(private readonly listener: DataServer) {}

  /** Throws a DotsError of kind `usage` where the port cannot be had. */
  static async open({
    host,
    port,
    lab,
    clients,
    exclusive,
    clock,
    limits,
    log,
  }: DataChannelOptions): Promise<DataChannel> {
    const router = new DataRouter(new DataResources(clients, clock, limits), exclusive);
    return new DataChannel(await DataServer.start({ host, port, lab, router, largestBody: limits.dataBody, log }));
  }

  /** `https://127.0.0.1:N`. */
  get server(): string {
    return `https://${addressText(this.listener.address)}`;
  }

  async close(): Promise<void> {
    await this.listener.close();
  }
}
