import { plainAnswer, type CoapAnswer } from '#dots/coap/answer';
import { Endpoint } from '#dots/coap/endpoint';
import type { Handler, InboundRequest } from '#dots/coap/inbound';
import type { Channel } from '#dots/coap/messages/channel';
import { Observers } from '#dots/coap/observers';
import { oneLine, printable } from '#dots/model/text';
import type { Clock } from '#dots/runtime/clock';
import { thinned } from '#dots/runtime/trace';
import { statusLabels, type Mitigation } from '../state/lifecycle';
import { nothingKnown, outsideDomain, type NameResolver } from '../state/clientDomain';
import type { DomainCheck } from './resource';
import type { Clients } from '../state/clients';
import type { ClientQuota } from '../state/clientQuota';
import type { CuidClaims } from '../state/cuidClaims';
import type { Policy } from '../state/policy';
import type { Mitigator } from '../state/mitigator';
import { TooManyRequests, type RequestTurns } from '../state/requestTurns';
import type { TelemetryKind } from '../state/telemetry';
import type { ServerState } from '../state/serverState';
import { MitigationOverlaps } from './mitigationOverlaps';
import { observedBy, observedConfig, observedTelemetry } from './observation';
import { ownerGuard } from './owner';
import { configResource } from './resources/config';
import { heartbeatResource } from './resources/heartbeat';
import { mitigateResource } from './resources/mitigate';
import { telemetryResource, telemetrySetupResource } from './resources/telemetry';
import { route } from './routing';
import { StatusNotifications } from './statusNotifications';

export interface SignalServiceOptions {
  state: ServerState;
  mitigator: Pick<Mitigator, 'admit'>;
  clients: Clients;
  claims: CuidClaims;
  quota: ClientQuota;
  turns: RequestTurns;
  resolve?: NameResolver;
  clock: Clock;
  policy: Policy;
  /** Receives one line for each request and each change of status. */
  log: (line: string) => void;
}

/** The resources of the signal channel: answers the requests of all sessions and notifies the observers. */
export class SignalService {
  private readonly overlaps: MitigationOverlaps;
  private readonly observers: Observers;
  private readonly notifications: StatusNotifications;
  private readonly handler: Handler;
  private readonly trace: (sentence: string, peer?: string) => void;

  constructor(private readonly options: SignalServiceOptions) {
    const { state, clock, policy, log } = options;
    const { mitigations } = state;
    this.trace = thinned((line) => log(`signal: ${line}`));
    this.overlaps = new MitigationOverlaps(state);
    this.observers = this.openObservers();
    this.handler = logged((request) => this.inTurn(request), log);
    mitigations.onDidChange((changed) => this.logStatuses(changed));
    this.notifications = new StatusNotifications({
      observers: this.observers,
      mitigations,
      clients: state.clients,
      overlaps: this.overlaps,
      clock,
      intervalMs: policy.timing.statusMs,
    });
  }

  /** Serves one client over an established channel. */
  accept(channel: Channel): Endpoint {
    return new Endpoint(channel, {
      clock: this.options.clock,
      handler: this.handler,
      largestBody: this.options.quota.largestBody(channel.security?.identity),
      trace: (sentence) => this.trace(sentence, channel.peer),
    });
  }

  private async inTurn(request: InboundRequest): Promise<CoapAnswer | undefined> {
    try {
      const { identity } = request.endpoint.security ?? {};
      return await this.options.turns.run(identity, () => this.observers.handle(request));
    } catch (error) {
      if (error instanceof TooManyRequests) return { ...plainAnswer('4.29', error.sentence), maxAge: 1 };
      throw error;
    }
  }

  /** Ends every observation and timer. */
  close(): void {
    this.notifications.close();
    this.observers.close();
  }

  private openObservers(): Observers {
    const { state, mitigator, clients, claims, quota, clock, policy, resolve = nothingKnown } = this.options;
    // Only clients get this far: the guard refuses all others.
    const outside: DomainCheck = async ({ endpoint }, body) => {
      const client = clients.of(endpoint.security?.identity);
      return client && outsideDomain(client, body, resolve);
    };
    const changed = (kind: TelemetryKind, cuid: string, ids: readonly number[]): void =>
      this.notifyOfTelemetry(kind, cuid, ids);
    const checked = { telemetry: state.telemetry, clients: state.clients, outside, quota, clock, changed };
    const resources = {
      mitigate: mitigateResource({
        ...{ state, mitigator, clock, policy, clients, outside, quota },
        overlaps: this.overlaps,
      }),
      config: configResource((session) => this.observers.changed(observedConfig(session))),
      hb: heartbeatResource,
      'tm-setup': telemetrySetupResource(checked),
      tm: telemetryResource(checked),
    };
    return new Observers(
      clock,
      {
        perSession: policy.limits.observersPerSession,
        ownerOf: ({ security }) => clients.of(security?.identity),
        mayAdd: ({ security }, own, total) => quota.observers(security?.identity, own, total),
      },
      route(resources, ownerGuard({ clients, claims, log: (line) => this.trace(line) })),
      observedBy,
    );
  }

  private notifyOfTelemetry(kind: TelemetryKind, cuid: string, ids: readonly number[]): void {
    if (kind !== 'tmid' || ids.length === 0) return;
    for (const id of [...ids, undefined]) this.observers.changed(observedTelemetry(cuid, id));
  }

  private logStatuses(changed: Mitigation[]): void {
    for (const { cuid, mid } of changed) {
      const current = this.options.state.mitigations.find(cuid, mid);
      const label = current === undefined ? 'removed' : statusLabels[current.status];
      this.options.log(`mitigation ${mid} of ${printable(cuid.slice(0, 80))}: ${label}`);
    }
  }
}

function logged(
  handler: (request: InboundRequest) => Promise<CoapAnswer | undefined>,
  log: (line: string) => void,
): Handler {
  return async (request) => {
    const asked = `${request.endpoint.peer} ${request.method} ${printable(`/${request.path.join('/')}`.slice(0, 200))}`;
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
