import type { Lab } from '#dots/transport/certificates/lab';
import type { ServerCredentials } from '#dots/transport/certificates/credentials';
import { systemClock, type Clock } from '#dots/runtime/clock';
import type { DataClient } from '../state/dataClients';
import type { Mitigation } from '../state/lifecycle';
import type { Mitigator } from '../state/mitigator';
import { defaultPolicy, type Policy } from '../state/policy';
import { ServerState } from '../state/serverState';
import { SignalService } from '../signal/signalService';
import { DataChannel } from './dataChannel';
import { openLabHome } from './labHome';
import { SignalChannel } from './signalChannel';

export interface DotsServerOptions {
  /** A loopback address; default: 127.0.0.1. */
  host?: string | undefined;
  /** The port of plain CoAP; default: 0, a free one. */
  signalPort?: number | undefined;
  /** The port of DTLS over UDP and of TLS over TCP; default: 0, a free one. */
  securePort?: number | undefined;
  /** The port of the data channel; default: 0, a free one. */
  dataPort?: number | undefined;
  /** The pre-shared key of an identity, if clients may use one in addition to certificates of the lab. */
  psk?: ServerCredentials['psk'] | undefined;
  /** The folder that the state is stored in; without one it ends with the server. */
  stateDir?: string | undefined;
  /** Sets aside what is stored there, and begins with an empty state; default: false. */
  discardState?: boolean | undefined;
  clock?: Clock;
  /**
   * Receives one line for each request, each change of status, each change to the rights of a file of its state, and
   * for what is not used of it.
   */
  log?: (line: string) => void;
  /** What the server grants. */
  policy?: Policy;
}

/** Where clients find the server. */
export interface ServerAddresses {
  /** The plain signal channel: `coap://127.0.0.1:N`. */
  signal: string;
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
  /** Milliseconds since 1970. */
  now: number;
}

type Close = () => Promise<void> | void;

interface Started {
  state: ServerState;
  clock: Clock;
  addresses: ServerAddresses;
  /** The files of the lab: the CA to trust, a client certificate and its key. */
  files: Lab['files'];
  /** In the order in which they were opened. */
  closers: Close[];
}

/**
 * A DOTS server for loopback (RFC 9132, RFC 8783, RFC 9133, RFC 9244). What it grants is carried out by a mitigator.
 */
export class DotsServer {
  readonly addresses: ServerAddresses;
  readonly files: Lab['files'];
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
    return { mitigations: state.mitigations.all(), clients: state.clients.all(), now: clock.now() };
  }

  /**
   * Calls back when a mitigation, an ACL or an alias is created, changed or removed; the returned function ends that.
   */
  onDidChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Ends every session, timer and socket. Everything that was acknowledged is stored. */
  async close(): Promise<void> {
    this.listeners.clear();
    await closeAll(this.started.closers);
  }
}

async function open(mitigator: Mitigator, options: DotsServerOptions, closers: Close[]): Promise<Started> {
  const { stateDir, host = '127.0.0.1', clock = systemClock, policy = defaultPolicy, log = () => undefined } = options;
  const { limits } = policy;
  const { discardState } = options;
  const state = await ServerState.open({ stateDir, discardState, clock, policy, mitigator, tell: log });
  closers.push(() => state.close());
  const service = new SignalService({ state, clock, policy, log });
  closers.push(() => service.close());
  const home = await openLabHome(host, stateDir, log);
  closers.push(home.close);
  const { lab } = home;
  const data = await DataChannel.open({ host, port: options.dataPort ?? 0, lab, state, clock, limits, log });
  closers.push(() => data.close());
  const signal = await SignalChannel.open({
    host,
    plainPort: options.signalPort ?? 0,
    securePort: options.securePort ?? 0,
    credentials: { certificate: { ca: lab.ca, ...lab.server }, psk: options.psk },
    clock,
    accept: (channel) => service.accept(channel),
    log,
  });
  closers.push(() => signal.close());
  const { plain, coaps, coapsTcp } = signal;
  return { state, clock, addresses: { signal: plain, coaps, coapsTcp, data: data.url }, files: lab.files, closers };
}

/** Last opened, first closed. */
async function closeAll(closers: Close[]): Promise<void> {
  for (const close of [...closers].reverse()) await close();
}
