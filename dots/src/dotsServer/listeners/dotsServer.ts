import type { Channel } from '#dots/coap/messages/channel';
import type { Lab } from '#dots/transport/certificates/lab';
import type { ServerCredentials } from '#dots/transport/certificates/credentials';
import { OpenSessions } from '#dots/transport/openSessions';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { Clients, type ClientDefinition } from '../state/clients';
import { nothingKnown, type NameResolver } from '../state/clientDomain';
import { ClientQuota } from '../state/clientQuota';
import { RequestTurns } from '../state/requestTurns';
import { Holdings } from '../state/holdings';
import { CuidClaims } from '../state/cuidClaims';
import type { DataClient } from '../state/dataClient';
import type { StoredDecision } from '../state/decisions';
import type { Mitigation } from '../state/lifecycle';
import type { Mitigator, ServedState } from '../state/mitigator';
import { defaultPolicy, type Policy } from '../state/policy';
import { ServerState } from '../state/serverState';
import { SignalService } from '../signal/signalService';
import { applyDomains } from './changedDomains';
import { DataChannel } from './dataChannel';
import { openLabHome } from './labHome';
import { writeLabProfiles, type LabFiles } from './labProfiles';
import { SignalChannel } from './signalChannel';

export interface DotsServerOptions {
  /** A loopback address; default: 127.0.0.1. */
  host?: string | undefined;
  /** Whether plain CoAP is offered as well, to a client that has proved nothing; default: no. */
  plain?: boolean | undefined;
  /** The port of plain CoAP; default: 0, a free one. */
  signalPort?: number | undefined;
  /** The port of DTLS over UDP and of TLS over TCP; default: 0, a free one. */
  securePort?: number | undefined;
  /** The port of the data channel; default: 0, a free one. */
  dataPort?: number | undefined;
  /** The pre-shared key of an identity, if clients may use one in addition to certificates of the lab. */
  psk?: ServerCredentials['psk'] | undefined;
  /**
   * Who the clients are; without it each identity that the lab CA or a pre-shared key proves is a separate,
   * unrestricted client.
   */
  clients?: readonly NamedClient[] | undefined;
  /** Resolves the names in requests of clients with own prefixes; default: no name is known, and each is refused. */
  resolve?: NameResolver | undefined;
  /** The folder that the state is stored in; without one it ends with the server. */
  stateDir?: string | undefined;
  /** Sets aside what is stored there, and begins with an empty state; default: false. */
  discardState?: boolean | undefined;
  clock?: Clock;
  /**
   * What the messages of each session of the signal channel pass through, such as a link that loses some.
   * @param client the name of the client; undefined where nobody has described it
   */
  wire?: ((channel: Channel, client: string | undefined) => Channel) | undefined;
  /** Whether the data channel gets through now, for a client by its name; default: always. */
  reaches?: ((client: string) => boolean) | undefined;
  /**
   * Receives one line for each request, each change of status, each change to the rights of a file of its state, and
   * for what is not used of it.
   */
  log?: (line: string) => void;
  /** What the server grants. */
  policy?: Policy;
}

/** A client; where no identities are named the lab issues a certificate for it. */
export type NamedClient = Omit<ClientDefinition, 'identities'> & Partial<Pick<ClientDefinition, 'identities'>>;

/** Where clients find the server. */
export interface ServerAddresses {
  /** The plain signal channel: `coap://127.0.0.1:N`; undefined where it is not offered. */
  signal: string | undefined;
  /** The signal channel over DTLS: `coaps://127.0.0.1:N`; undefined if the DTLS module was not built. */
  coaps: string | undefined;
  /** The signal channel over TLS: `coaps+tcp://127.0.0.1:N`. */
  coapsTcp: string;
  /** The data channel: `https://127.0.0.1:N`. */
  data: string;
}

/** What clients have requested and created, as it is now. */
export interface ServerSnapshot {
  mitigations: Mitigation[];
  clients: DataClient[];
  decisionOf: (id: Pick<StoredDecision, 'cuid' | 'mid'>) => StoredDecision | undefined;
  /** Milliseconds since 1970. */
  now: number;
}

type Close = () => Promise<void> | void;

interface Started {
  state: ServerState;
  clock: Clock;
  addresses: ServerAddresses;
  files: LabFiles;
  clients: Clients;
  /** Its lab, with a certificate for each of these clients that needs one. */
  labFor: (clients: readonly NamedClient[]) => Promise<Lab>;
  /** Ends what clients have outside of the prefixes that they have now. */
  applyDomains: () => Promise<void>;
  /** In the order in which they were opened. */
  closers: Close[];
}

/**
 * A DOTS server for loopback (RFC 9132, RFC 8783, RFC 9133, RFC 9244). What it grants is carried out by a mitigator.
 */
export class DotsServer {
  readonly addresses: ServerAddresses;
  files: LabFiles;
  private readonly listeners = new Set<() => void>();

  private constructor(private readonly started: Started) {
    ({ addresses: this.addresses, files: this.files } = started);
    started.state.onDidChange(() => {
      for (const listener of this.listeners) listener();
    });
  }

  /**
   * Starts a server; it is ready when this resolves. The mitigator belongs to the caller, who closes it after the
   * server.
   * Throws a DotsError of kind `usage`: `transport/not-loopback`, `transport/port-in-use`, `transport/listen`,
   * `transport/lab-folder`, `orchestrator/state-folder`, `orchestrator/state-in-use`, `orchestrator/state-unreadable`,
   * `runtime/not-private`.
   */
  static async start(mitigator: Mitigator, options: DotsServerOptions = {}): Promise<DotsServer> {
    const closers: Close[] = [];
    try {
      return new DotsServer(await open(mitigator, options, closers));
    } catch (error) {
      await closeAll(closers);
      throw error;
    }
  }

  snapshot(): ServerSnapshot {
    const { state, clock } = this.started;
    return {
      mitigations: state.mitigations.all(),
      clients: state.clients.all(),
      decisionOf: (id) => state.decisions.of(id),
      now: clock.now(),
    };
  }

  /** The decisions of the mitigator that are stored, the oldest first. */
  decisions(): StoredDecision[] {
    return this.started.state.decisions.all();
  }

  /**
   * Calls back when a mitigation, an ACL or an alias is created, changed or removed; the returned function ends that.
   */
  onDidChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /**
   * Follows other definitions of its clients from now on: the lab issues certificates for new ones, and what a client
   * has outside of its new prefixes ends. Throws as `start` does.
   */
  async redefine(clients: readonly NamedClient[]): Promise<void> {
    const { started } = this;
    const lab = await started.labFor(clients);
    started.clients.redefine(clients.map((client) => identified(client, lab)));
    await started.applyDomains();
    this.files = await writeLabProfiles(lab, this.addresses, clients);
  }

  /** Ends every session, timer and socket. Everything that was acknowledged is stored. */
  async close(): Promise<void> {
    this.listeners.clear();
    await closeAll(this.started.closers);
  }
}

async function open(mitigator: Mitigator, options: DotsServerOptions, closers: Close[]): Promise<Started> {
  const { stateDir, discardState, host = '127.0.0.1', clock = systemClock, policy = defaultPolicy } = options;
  const { log = () => undefined, resolve = nothingKnown } = options;
  const state = await ServerState.open({ stateDir, discardState, clock, policy, mitigator, notify: log });
  closers.push(() => state.close());
  const home = await openLabHome({ host, stateDir, clients: issuedIn(options.clients ?? []), notify: log });
  closers.push(home.close);
  const clients = new Clients(options.clients?.map((client) => identified(client, home.lab)));
  const holdings = new Holdings(clients, state);
  const [claims, quota] = [new CuidClaims(state, clients), new ClientQuota(holdings, policy.limits)];
  mitigator.attach?.(servedState(state, clients));
  const applied = (): Promise<void> => applyDomains({ state, clients, resolve, now: clock.now(), log });
  await applied();
  const turns = new RequestTurns(clients, policy.limits, clock);
  const served: Served = {
    host,
    clock,
    policy,
    log,
    state,
    mitigator,
    clients,
    claims,
    quota,
    turns,
    resolve,
    lab: home.lab,
  };
  const addresses = await listen(served, options, closers);
  const files = await writeLabProfiles(home.lab, addresses, options.clients);
  const labFor = (defined: readonly NamedClient[]): Promise<Lab> => home.reopen(issuedIn(defined));
  return { state, clock, addresses, files, clients, labFor, applyDomains: applied, closers };
}

/** The clients that the lab issues a certificate for. */
const issuedIn = (clients: readonly NamedClient[]): string[] =>
  clients.filter(({ identities }) => identities === undefined).map(({ name }) => name);

/** What the listeners of both channels serve. */
interface Served {
  host: string;
  clock: Clock;
  policy: Policy;
  log: (line: string) => void;
  state: ServerState;
  mitigator: Mitigator;
  lab: Lab;
  clients: Clients;
  claims: CuidClaims;
  quota: ClientQuota;
  turns: RequestTurns;
  resolve: NameResolver;
}

async function listen(served: Served, options: DotsServerOptions, closers: Close[]): Promise<ServerAddresses> {
  const { lab, host, clock, clients, quota, log } = served;
  const { wire } = options;
  const wired = (channel: Channel): Channel => wire?.(channel, clients.of(channel.security?.identity)?.name) ?? channel;
  const service = new SignalService(served);
  closers.push(() => service.close());
  const data = await DataChannel.open({ ...served, port: options.dataPort ?? 0, reaches: options.reaches });
  closers.push(() => data.close());
  const signal = await SignalChannel.open({
    host,
    plainPort: options.plain === true ? (options.signalPort ?? 0) : undefined,
    securePort: options.securePort ?? 0,
    credentials: { certificate: { ca: lab.ca, ...lab.server }, psk: options.psk },
    sessions: new OpenSessions(
      (identity, own, total) => quota.sessions(identity, own, total),
      (identity) => clients.of(identity),
    ),
    clock,
    accept: (channel) => service.accept(wired(channel)),
    log,
  });
  closers.push(() => signal.close());
  const { plain, coaps, coapsTcp } = signal;
  return { signal: plain, coaps, coapsTcp, data: data.url };
}

function servedState(state: ServerState, clients: Clients): ServedState {
  return {
    clientOf: (identity) => clients.of(identity),
    dataClient: (cuid) => state.clients.find(cuid),
    telemetry: () => state.telemetry.all(),
    decisions: state.decisions,
    watchDataClients: (listener) =>
      state.clients.watch((before, after) => {
        const cuid = (after ?? before)?.cuid;
        if (cuid !== undefined) listener(cuid);
      }),
  };
}

/** A client without configured identities is the one that the lab has issued a certificate for. */
function identified({ identities, ...client }: NamedClient, lab: Lab): ClientDefinition {
  return { ...client, identities: identities ?? [lab.clients.get(client.name)?.identity ?? ''] };
}

/** Last opened, first closed. */
async function closeAll(closers: Close[]): Promise<void> {
  for (const close of [...closers].reverse()) await close();
}
