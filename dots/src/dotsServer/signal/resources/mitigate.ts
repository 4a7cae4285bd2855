import type { CoapAnswer } from '#dots/coap/answer';
import type { Clock } from '#dots/runtime/clock';
import { planAt } from '#dots/check/plan';
import { documentType } from '#dots/model/documents';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { aliasTargets, refuseUnknownAliases } from '../aliases';
import { uncontrolledFilters, withFilterControl, withoutFilterControl, withPresentFilters } from '../filterControl';
import { isEfficacyUpdate } from '../ifMatch';
import { contentQuery } from '../contentQuery';
import { ClientConflicts } from '../clientConflicts';
import type { MitigationOverlaps } from '../mitigationOverlaps';
import { mitigationStatus } from '../mitigationStatus';
import { documentAnswer, refuse, refuseObjection, refuseWith, type Refusal } from '../refusal';
import { readBody } from '../requestBody';
import { queryTypes, targetCondition, type QueriedTargets } from '../targetQueries';
import type { DomainCheck, Resource, ResourceRequest } from '../resource';
import type { Clients } from '../../state/clients';
import type { ClientQuota } from '../../state/clientQuota';
import type { OutsideTarget } from '../../state/clientDomain';
import type { DataClient } from '../../state/dataClient';
import { sameContent } from '../../state/equality';
import { StoreError } from '../../state/journal';
import type { Mitigator } from '../../state/mitigator';
import {
  isActive,
  isEnding,
  isOver,
  prolonged,
  refreshed,
  remainingLifetime,
  requested,
  resumed,
  status,
  triggersAtOnce,
  withdrawn,
  type Mitigation,
} from '../../state/lifecycle';
import { grantedLifetime, type Policy } from '../../state/policy';
import type { ServerState } from '../../state/serverState';

const { topMember } = documentType('mitigation-scope');

/** One mitigation request, its body checked. */
interface MitigationRequest {
  cuid: string;
  cdid: string | undefined;
  mid: number;
  /** The proved identity of the client; undefined over a plain path. */
  owner: string | undefined;
  /** Without lifetime and attack-status. */
  scope: JsonObject;
  /** Seconds, -1 for no end; undefined in an efficacy update that omits it (as RFC 9132 figure 16 does). */
  lifetime: number | undefined;
  /** Of an efficacy update. */
  attackStatus: string | undefined;
  /** An empty If-Match: only an existing mitigation may be changed. */
  conditional: boolean;
}

export interface MitigateOptions {
  state: ServerState;
  mitigator: Pick<Mitigator, 'admit'>;
  clock: Clock;
  policy: Policy;
  clients: Clients;
  outside: DomainCheck;
  quota: ClientQuota;
  overlaps: MitigationOverlaps;
}

/** Mitigation requests: RFC 9132 section 4.4. */
export function mitigateResource(options: MitigateOptions): Resource {
  const server = new MitigationServer(options);
  const { state } = options;
  return {
    GET: (request) => server.get(request),
    PUT: (request) => server.put(request),
    DELETE: (request) => state.exclusive(() => server.delete(request)),
  };
}

const isRefusedByStore = (error: unknown): boolean => error instanceof StoreError && error.isCertain;

class MitigationServer {
  private readonly mitigations: ServerState['mitigations'];
  private readonly clients: ServerState['clients'];
  private readonly conflicts: ClientConflicts;

  constructor(private readonly options: MitigateOptions) {
    ({ mitigations: this.mitigations, clients: this.clients } = options.state);
    this.conflicts = new ClientConflicts(options);
  }

  /** RFC 9132 section 4.4.2. */
  get({ cuid, id, inbound }: ResourceRequest): CoapAnswer {
    const content = contentQuery(inbound.query);
    const selects = targetCondition(inbound.query, mitigationQueries);
    const found = this.mitigations
      .of(cuid)
      .filter((one) => (id === undefined || one.mid === id) && selects(this.queriedIn(one)));
    if (found.length === 0) throw nothingThere(id);
    const { now } = this;
    const entries = found.map((mitigation) =>
      mitigationStatus(this.withPresentFilters(mitigation), {
        now,
        content,
        counters: this.mitigations.counters(mitigation),
        conflict: this.conflicts.of(mitigation),
      }),
    );
    return documentAnswer('2.05', scopeDocument(entries));
  }

  private withPresentFilters(mitigation: Mitigation): Mitigation {
    return { ...mitigation, scope: withPresentFilters(mitigation.scope, this.clients.find(mitigation.cuid)) };
  }

  private queriedIn({ cuid, mid, scope }: Mitigation): QueriedTargets {
    const targets = aliasTargets(scope, this.clients.find(cuid));
    return { targets, aliases: itemsOf(scope['alias-name']), mids: [mid] };
  }

  /** RFC 9132 sections 4.4.1 and 4.4.3. Names are resolved before the work that others wait for. */
  async put(inbound: ResourceRequest): Promise<CoapAnswer | undefined> {
    const request = mitigationRequest(inbound);
    const targets = aliasTargets(request.scope, this.clients.find(request.cuid));
    const outside = await this.options.outside(inbound.inbound, targets);
    try {
      return await this.options.state.exclusive(() => this.decide(request, outside));
    } catch (error) {
      throw (isRefusedByStore(error) && uncontrolledFilters(request.mid, request.scope)) || error;
    }
  }

  private decide(request: MitigationRequest, outside: OutsideTarget | undefined): CoapAnswer | undefined {
    const known = this.mitigations.find(request.cuid, request.mid);
    // A withdrawal that is faster than an efficacy update must not be undone by it: the update does not match any more.
    if (request.conditional && (known === undefined || isEnding(known))) return undefined;
    if (outside !== undefined) throw refuse('4.00', outside.sentence, '9132 4.4.1.1');
    return known === undefined || isOver(known) ? this.create(request) : this.update(known, request);
  }

  /** RFC 9132 section 4.4.4. */
  delete({ cuid, id }: ResourceRequest): CoapAnswer {
    if (id === undefined) throw refuse('4.00', 'A withdrawal needs the mid in its path.', '9132 4.4.4');
    const known = this.mitigations.find(cuid, id);
    if (known !== undefined && !isEnding(known)) this.mitigations.put(withdrawn(known, this.now));
    return { code: '2.02' };
  }

  private get now(): number {
    return this.options.clock.now();
  }

  /** A refresh or an efficacy update: only the lifetime may change. */
  private update(known: Mitigation, request: MitigationRequest): CoapAnswer {
    const { attackStatus, conditional, lifetime } = request;
    const isEfficacy = conditional || attackStatus !== undefined;
    if (isEfficacy && attackStatus === undefined)
      throw refuse('4.00', 'An efficacy update needs an "attack-status".', '9132 4.4.3');
    const repeated = isEfficacy ? withoutFilterControl(known.scope) : known.scope;
    const scope = isEfficacy ? withoutTelemetry(request.scope) : request.scope;
    if (!sameContent(withDefaults(repeated), withDefaults(scope), planAt('mitigation-scope', 'scope')))
      throw refuse(
        '4.00',
        `The mitigation with mid ${request.mid} has another scope: only its lifetime can change. Use a new mid.`,
        isEfficacy ? '9132 4.4.3' : '9132 4.4.1.3',
      );
    const { now } = this;
    const { policy } = this.options;
    const current = resumed(known, policy.timing, now);
    const refused = current === known ? undefined : this.conflicts.refusal(current, now);
    if (refused !== undefined) return conflictAnswer(refused, otherClient).answer;
    const next = lifetime === undefined ? current : refreshed(current, grantedLifetime(lifetime, policy), now);
    this.mitigations.put(next, attackStatus);
    return granted('2.04', next, now, this.conflicts.of(next));
  }

  private create(request: MitigationRequest): CoapAnswer {
    const { cuid, cdid, mid, owner, scope, lifetime } = request;
    if (lifetime === undefined)
      throw refuse('4.00', '"lifetime" is mandatory in a mitigation request.', '9132 4.4.1.1');
    const { now } = this;
    const client = this.clients.find(cuid);
    refuseUnknownAliases(scope, client);
    const offloads = this.options.clients.of(owner)?.offloads === true;
    const attack = (): boolean => offloads || this.mitigations.of(cuid).some(isActive);
    const controlled = withFilterControl(scope, { client, attack, now });
    const replaced = this.replacedBy(request);
    this.refuseBeyondLimits(request, replaced.length);
    const next = requested(
      {
        ...{ cuid, mid, scope, terminatingMs: this.terminatingTime(replaced) },
        ...(cdid !== undefined && { cdid }),
        ...(owner !== undefined && { owner }),
      },
      grantedLifetime(lifetime, this.options.policy),
      now,
    );
    const refused = this.conflicts.refusal(next, now);
    if (refused !== undefined) return conflictAnswer(refused, otherClient).answer;
    this.refuseObjected(next, replaced, controlled ?? client);
    if (controlled !== undefined) this.clients.put(controlled);
    for (const mitigation of replaced) this.mitigations.remove(mitigation);
    this.mitigations.put(next);
    return granted('2.01', next, now, this.conflicts.of(next));
  }

  /** The mitigator is asked last: it decides what is done for a request that is accepted. */
  private refuseObjected(mitigation: Mitigation, replaced: Mitigation[], stored: DataClient | undefined): void {
    const { clients, mitigator } = this.options;
    const client = clients.of(mitigation.owner);
    if (client === undefined || !triggersAtOnce(mitigation)) return;
    const objection = mitigator.admit?.({ client, cuid: mitigation.cuid, mitigation, replaced, stored });
    if (objection !== undefined) throw refuseObjection(objection);
  }

  /**
   * The mitigations of a client that a new request of it overrides: those with overlapping targets and a lower mid.
   * Throws a Refusal (4.09) if one with a higher mid overrides the new request: RFC 9132 section 4.4.1.3.
   */
  private replacedBy(request: MitigationRequest): Mitigation[] {
    const overlapping = [...this.options.overlaps.of(request)]
      .filter((other) => other.cuid === request.cuid && triggersAtOnce(other) === triggersAtOnce(request))
      .sort((a, b) => a.mid - b.mid);
    refuseOverridden(request, overlapping);
    return overlapping.filter((other) => other.mid < request.mid && !isOver(other));
  }

  /** A client that requests again before a withdrawal has taken effect gets twice the time: RFC 9132 section 4.4.4. */
  private terminatingTime(replaced: Mitigation[]): number {
    const { timing } = this.options.policy;
    const earlier = replaced
      .filter((mitigation) => mitigation.status === status.terminating)
      .map((mitigation) => prolonged(mitigation, timing));
    return Math.max(timing.terminatingMs, ...earlier);
  }

  private refuseBeyondLimits(request: MitigationRequest, replaced: number): void {
    if (!this.options.quota.mitigations(request, 1 - replaced)) return;
    throw refuse('5.03', 'This server accepts no more mitigations; withdraw one.', '9132 4.4.1.3', 60);
  }
}

/** The path of a mitigation has its mid: RFC 9244 section 9.2. */
const mitigationQueries = queryTypes.filter((name) => name !== 'mid');

function nothingThere(mid: number | undefined): Error {
  const which = mid === undefined ? 'mitigation' : `mitigation with mid ${mid}`;
  return refuse('4.04', `This client has no ${which} that the request selects.`, '9132 4.4.2');
}

/** What was granted at `now`: RFC 9132 figure 10. */
function granted(code: string, mitigation: Mitigation, now: number, conflict?: JsonObject): CoapAnswer {
  const entry: JsonObject = { mid: mitigation.mid, lifetime: remainingLifetime(mitigation, now) };
  return documentAnswer(
    code,
    scopeDocument([conflict === undefined ? entry : { ...entry, 'conflict-information': conflict }]),
  );
}

/** Throws a Refusal (4.00) for a path without a mid and for an invalid body. */
function mitigationRequest(request: ResourceRequest): MitigationRequest {
  const { cuid, cdid, id, inbound } = request;
  if (id === undefined)
    throw refuse('4.00', 'A mitigation request needs the mid in its path, after the cuid.', '9132 4.4.1.1');
  const [entry] = itemsOf(readBody(inbound.payload, 'mitigation-scope').scope).filter(isObject);
  const { lifetime, 'attack-status': attackStatus, ...scope } = entry ?? {};
  return {
    cuid,
    cdid,
    mid: id,
    owner: inbound.endpoint.security?.identity,
    scope,
    lifetime: typeof lifetime === 'number' ? lifetime : undefined,
    attackStatus: typeof attackStatus === 'string' ? attackStatus : undefined,
    conditional: isEfficacyUpdate('mitigate', request),
  };
}

/** An efficacy update reports the traffic that the client observes: RFC 9244 section 9.1. */
function withoutTelemetry(scope: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(scope).filter(([name]) => !name.startsWith('ietf-dots-telemetry:')));
}

function withDefaults(scope: JsonObject): JsonObject {
  return { 'trigger-mitigation': true, ...scope };
}

/** An overlapping request with a higher mid overrides this one: RFC 9132 section 4.4.1.3. */
function refuseOverridden(request: MitigationRequest, overlapping: Mitigation[]): void {
  const overriding = overlapping.find((other) => other.mid > request.mid && !isEnding(other));
  if (overriding === undefined) return;
  const { mid } = overriding;
  const conflict: JsonObject = { 'conflict-cause': 'overlapping-targets', 'conflict-scope': { mid } };
  throw conflictAnswer(conflict, `The mitigation with mid ${mid} overlaps this request and overrides it.`);
}

const otherClient = 'A request of another client has targets of this one.';

function conflictAnswer(conflict: JsonObject, sentence: string): Refusal {
  return refuseWith('4.09', scopeDocument([{ 'conflict-information': conflict }]), sentence);
}

function scopeDocument(scope: JsonObject[]): JsonObject {
  return { [topMember]: { scope } };
}
