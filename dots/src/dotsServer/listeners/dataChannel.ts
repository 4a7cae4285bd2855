import type { Clock } from '#dots/runtime/clock';
import { addressText } from '#dots/transport/address';
import type { Lab } from '#dots/transport/certificates/lab';
import type { DataClients } from '../state/dataClients';
import type { Limits } from '../state/policy';
import { DataResources } from '../data/dataResources';
import { DataRouter } from '../data/router';
import { DataServer } from '../data/httpsServer';

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
