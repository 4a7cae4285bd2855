import type { Channel } from '#dots/coap/messages/channel';
import { systemClock, type Clock, type TimerHandle } from '#dots/runtime/clock';
import type { CoapAnswer } from '#dots/coap/answer';
import { Endpoint } from '#dots/coap/endpoint';
import type { Handler, InboundRequest } from '#dots/coap/inbound';
import { Observers } from '#dots/coap/observers';
import { thinned } from '#dots/runtime/trace';
import { oneLine } from '#dots/model/text';
import type { ServerCredentials } from '#dots/transport/certificates/credentials';
import { DataClients } from '#dots/dotsServer/state/dataClients';
import { DataChannel } from '#dots/dotsServer/listeners/dataChannel';
import { enterLab, type LabHome } from '#dots/dotsServer/listeners/labHome';
import { isActive, statusLabels, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import { liveFlowspec, type LiveFlowspec } from './rulesInForce';
import { Mitigations } from '#dots/dotsServer/state/mitigations';
import { keepApart } from '#dots/dotsServer/signal/owner';
import { defaultPolicy, type Policy } from '#dots/dotsServer/state/policy';
import { configResource } from '#dots/dotsServer/signal/resources/config';
import { heartbeatResource } from '#dots/dotsServer/signal/resources/heartbeat';
import { mitigateResource } from '#dots/dotsServer/signal/resources/mitigate';
import { telemetryResource, telemetrySetupResource } from '#dots/dotsServer/signal/resources/telemetry';
import { parametersOf, resourceNameOf, route } from '#dots/dotsServer/signal/routing';
import { SignalChannel } from '#dots/dotsServer/listeners/signalChannel';
import { folderStore, memoryStore } from '#dots/dotsServer/state/store';
import { Telemetry } from '#dots/dotsServer/state/telemetry';
import {
  aliasViews,
  filterViews,
  viewOf,
  type AliasView,
  type FilterView,
  type MitigationView,
} from '#dots/dotsServer/state/view';

export type { LiveFlowspec } from './rulesInForce';
export type { AliasView, FilterView, MitigationView } from '#dots/dotsServer/state/view';

export interface OrchestratorOptions {
  /** A loopback address; 127.0.0.1 unless told. */
  host?: string;
  /** The port of plain CoAP; 0, as when not told, picks a free one. */
  signalPort?: number;
  /** The port of DTLS over UDP and of TLS over TCP. */
  securePort?: number;
  /** The pre-shared key of an identity, where clients may use one besides certificates of the lab. */
  psk?: ServerCredentials['psk'];
  /** The same for the data channel. */
  dataPort?: number;
  /** The folder that keeps its state; without one it forgets. */
  stateDir?: string;
  clock?: Clock;
  /** Gets one line for each request, each change of status, and each change to the rights of a file of its state. */
  log?: (line: string) => void;
  /** What it grants and how fast its attacks pass. */
  policy?: Policy;
}

/** A DOTS server with a simulated mitigator behind it: RFC 9132, for loopback. */
export class Orchestrator {
  /** Where clients find its signal channel: `coap://127.0.0.1:N`. */
  readonly signal: string;
  /** The same over DTLS, `coaps://127.0.0.1:N`; undefined where the DTLS module was not built. */
  readonly coaps: string | undefined;
  /** The same over TLS, `coaps+tcp://127.0.0.1:N`. */
  readonly coapsTcp: string;
  /** Where clients find its data channel: `https://127.0.0.1:N`. */
  readonly data: string;
  /** What a client of the secure channels needs: the file of the CA to trust, and of a client certificate and its key. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  private readonly listeners = new Set<() => void>();
  private timer: TimerHandle;

  private constructor(
    private readonly signalChannel: SignalChannel,
    private readonly dataChannel: DataChannel,
    private readonly home: LabHome,
    private readonly mitigationBook: Mitigations,
    private readonly clients: DataClients,
    private readonly telemetry: Telemetry,
    private readonly observers: Observers,
    private readonly clock: Clock,
    private readonly policy: Policy,
  ) {
    ({ plain: this.signal, coaps: this.coaps, coapsTcp: this.coapsTcp } = signalChannel);
    this.data = dataChannel.server;
    ({ ca: this.ca, cert: this.cert, key: this.key } = home.lab.files);
    clients.onDidChange(() => this.tell());
    this.repeatStatus();
  }

  /**
   * Starts a server; it is ready when this resolves.
   * Throws a DotsError of kind `usage`: `transport/not-loopback`, `transport/port-in-use`, `transport/listen`, `transport/lab-folder`, `orchestrator/state-folder`, `orchestrator/state-unreadable`, `runtime/not-private`.
   */
  static async start(options: OrchestratorOptions = {}): Promise<Orchestrator> {
    const { clock = systemClock, policy = defaultPolicy, log = () => undefined } = options;
    const store = options.stateDir === undefined ? memoryStore : await folderStore(options.stateDir, log);
    const mitigations = await Mitigations.open(store, clock, policy.timing);
    const clients = await DataClients.open(store, clock);
    const telemetry = await Telemetry.open(store, policy.limits);
    const observers: Observers = new Observers(
      clock,
      { perSession: policy.limits.observersPerSession, total: policy.limits.observers },
      route(
        {
          mitigate: mitigateResource(mitigations, clients, clock, policy),
          config: configResource((session) => observers.changed(sessionKey(session))),
          hb: heartbeatResource,
          'tm-setup': telemetrySetupResource(telemetry),
          tm: telemetryResource(telemetry),
        },
        keepApart(mitigations, telemetry, clients),
      ),
      observedKey,
    );
    const handler = logged((request) => observers.handle(request), log);
    const trace = thinned((line) => log(`signal: ${line}`));
    const accept = (channel: Channel): Endpoint =>
      new Endpoint(channel, {
        clock,
        handler,
        largestBody: policy.limits.body,
        trace: (sentence) => trace(sentence, channel.peer),
      });
    const host = options.host ?? '127.0.0.1';
    let home: LabHome | undefined;
    let dataChannel: DataChannel | undefined;
    try {
      home = await enterLab(host, options.stateDir, log);
      dataChannel = await DataChannel.open({
        host,
        port: options.dataPort ?? 0,
        lab: home.lab,
        clients,
        exclusive: (work) => mitigations.exclusive(work),
        clock,
        limits: policy.limits,
        log,
      });
      const signalChannel = await SignalChannel.open({
        host,
        plainPort: options.signalPort ?? 0,
        securePort: options.securePort ?? 0,
        credentials: { certificate: { ca: home.lab.ca, ...home.lab.server }, psk: options.psk },
        clock,
        accept,
        log,
      });
      const orchestrator = new Orchestrator(
        signalChannel,
        dataChannel,
        home,
        mitigations,
        clients,
        telemetry,
        observers,
        clock,
        policy,
      );
      mitigations.onDidChange((changed) => orchestrator.changed(changed, log));
      return orchestrator;
    } catch (error) {
      await dataChannel?.close();
      await home?.leave();
      await mitigations.close();
      clients.close();
      throw error;
    }
  }

  /** Every mitigation of every client, as it is now. */
  mitigations(): MitigationView[] {
    return this.mitigationBook.all().map((mitigation) => viewOf(mitigation, this.clock.now()));
  }

  /** Every ACL of every client, and whether it filters now. */
  filters(): FilterView[] {
    return filterViews(this.clients.all(), this.mitigationBook.all(), this.clock.now());
  }

  /** Every alias of every client. */
  aliases(): AliasView[] {
    return aliasViews(this.clients.all(), this.clock.now());
  }

  /** The Flowspec rules in force: active ACLs, then mitigations. */
  flowspec(): LiveFlowspec {
    return liveFlowspec(this.clients.all(), this.mitigationBook.all());
  }

  /** Calls back when a mitigation, an ACL or an alias comes, goes or changes; the returned function ends that. */
  onDidChange(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Ends every session, timer and socket; what was acknowledged is kept. */
  async close(): Promise<void> {
    this.listeners.clear();
    this.clock.clearTimeout(this.timer);
    await this.signalChannel.close();
    await this.dataChannel.close();
    await this.home.leave();
    this.observers.close();
    await this.mitigationBook.close();
    this.clients.close();
    await this.telemetry.close();
  }

  private changed(changed: Mitigation[], log: (line: string) => void): void {
    for (const { cuid, mid } of changed) {
      const current = this.mitigationBook.find(cuid, mid);
      log(
        `mitigation ${mid} of ${oneLine(cuid, 80)}: ${current === undefined ? 'removed' : statusLabels[current.status]}`,
      );
      this.observers.changed(mitigationKey(cuid, String(mid)));
    }
    for (const cuid of new Set(changed.map((mitigation) => mitigation.cuid)))
      this.observers.changed(mitigationKey(cuid));
    this.tell();
  }

  private tell(): void {
    for (const listener of this.listeners) listener();
  }

  /** Notifications get lost in an attack, so the status goes out again and again: RFC 9132 section 4.4.2.1. */
  private repeatStatus(): void {
    this.timer = this.clock.setTimeout(() => {
      const active = this.observers.size === 0 ? [] : this.mitigationBook.all().filter(isActive);
      for (const { cuid, mid } of active) this.observers.refresh(mitigationKey(cuid, String(mid)));
      for (const cuid of new Set(active.map((mitigation) => mitigation.cuid)))
        this.observers.refresh(mitigationKey(cuid));
      this.repeatStatus();
    }, this.policy.timing.statusMs);
  }
}

function mitigationKey(cuid: string, mid?: string): string {
  return JSON.stringify(['mitigate', cuid, mid]);
}

function sessionKey(session: Endpoint): string {
  return JSON.stringify(['config', session.peer]);
}

/** What a GET with Observe watches: RFC 9132 section 4.4.2.1 wants it for mitigate and config. */
function observedKey({ path, endpoint }: InboundRequest): string | undefined {
  const name = resourceNameOf(path);
  if (name === 'config') return sessionKey(endpoint);
  if (name !== 'mitigate') return undefined;
  const { cuid = '', mid } = parametersOf(name, path);
  return mitigationKey(cuid, mid === undefined ? undefined : String(Number(mid)));
}

function logged(
  handler: (request: InboundRequest) => Promise<CoapAnswer | undefined>,
  log: (line: string) => void,
): Handler {
  return async (request) => {
    const asked = `${request.endpoint.peer} ${request.method} ${oneLine(`/${request.path.join('/')}`, 200)}`;
    try {
      const answer = await handler(request);
      log(answer === undefined ? `${asked}: ignored` : `${asked}: ${answer.code}`);
      return answer;
    } catch (error) {
      log(`${asked}: 5.00, ${oneLine(String(error), 200)}`);
      throw error;
    }
  };
}
