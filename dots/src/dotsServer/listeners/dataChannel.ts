import type { Clock } from '#dots/runtime/clock';
import { addressText } from '#dots/transport/address';
import type { Lab } from '#dots/transport/certificates/lab';
import { sameClientHint, type Clients } from '../state/clients';
import type { NameResolver } from '../state/clientDomain';
import type { ClientQuota } from '../state/clientQuota';
import type { CuidClaims } from '../state/cuidClaims';
import type { RequestTurns } from '../state/requestTurns';
import type { Mitigator } from '../state/mitigator';
import type { ServerState } from '../state/serverState';
import { DataResources } from '../data/dataResources';
import { DataRouter } from '../data/router';
import { DataServer } from '../data/httpsServer';

export interface DataChannelOptions {
  host: string;
  /** 0: a free one. */
  port: number;
  lab: Lab;
  state: ServerState;
  mitigator: Pick<Mitigator, 'admit'>;
  clients: Clients;
  claims: CuidClaims;
  quota: ClientQuota;
  turns: RequestTurns;
  resolve: NameResolver;
  clock: Clock;
  /** Whether messages of a client get through now, by its name; default: always. */
  reaches?: ((client: string) => boolean) | undefined;
  log: (line: string) => void;
}

/** The data channel of the server: its resources and its listener. */
export class DataChannel {
  private constructor(private readonly listener: DataServer) {}

  /** Throws a DotsError of kind `usage`: `transport/not-loopback`, `transport/port-in-use`, `transport/listen`. */
  static async open(options: DataChannelOptions): Promise<DataChannel> {
    const { host, port, lab, state, mitigator, clients, claims, quota, turns, resolve, clock, reaches, log } = options;
    const hint = (identity: string): string => (clients.areDefined ? '' : sameClientHint(identity));
    // Changes run one after the other with those of the signal channel, which read the same aliases and ACLs.
    const router = new DataRouter(
      new DataResources({ clients: state.clients, mitigator, claims, quota, clock, resolve, hint }),
      (decide) => state.exclusive(decide),
    );
    return new DataChannel(await DataServer.start({ host, port, lab, router, clients, quota, turns, reaches, log }));
  }

  /** `https://127.0.0.1:N`. */
  get url(): string {
    return `https://${addressText(this.listener.address)}`;
  }

  async close(): Promise<void> {
    await this.listener.close();
  }
}
