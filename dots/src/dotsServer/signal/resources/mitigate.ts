import type { CoapAnswer } from '#dots/coap/answer';
import type { Clock } from '#dots/runtime/clock';
import { documentType } from '#dots/model/documents';
import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
import { aliasTargets, refuseUnknownAliases } from '../aliases';
import { readBody } from '../requestBody';
import type { DataClients } from '../../state/dataClients';
import { sameContent } from '../../state/equality';
import { controlled } from '../filterControl';
import { isEfficacyUpdate } from '../ifMatch';
import {
  afterEfficacy,
  isActive,
  isEnding,
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
import type { Mitigations } from '../../state/mitigations';
import { sharedTargets } from '../overlap';
import { grantedLifetime, type Policy } from '../../state/policy';
import { documentAnswer, refuse, refuseWith } from '../refusal';
import type { Resource, ResourceRequest } from '../routing';
import { scopeText } from '../../state/view';

const { topMember } = documentType('mitigation-scope');

/** One mitigation request, checked. */
interface Wish {
  cuid: string;
  mid: number;
  /** Who asks, as far as that is proved. */
  owner: string | undefined;
  /** Without lifetime and attack-status. */
  scope: JsonObject;
  /** Seconds, -1 for no end; undefined in an efficacy update that leaves it out (RFC 9132 figure 16 does). */
  lifetime: number | undefined;
  attackStatus: unknown;
  /** An empty If-Match: only an existing mitigation may be changed. */
  conditional: boolean;
}

/** Mitigation requests: RFC 9132 section 4.4. */
export function mitigateResource(
  mitigations: Mitigations,
  clients: DataClients,
  clock: Clock,
  policy: Policy,
): Resource {
  const server = new MitigationServer(mitigations, clients, clock, policy);
  return {
    GET: (request) => server.get(request),
    PUT: (request) => mitigations.exclusive(() => server.put(request)),
    DELETE: (request) => mitigations.exclusive(() => server.delete(request)),
  };
}

class MitigationServer {
  constructor(
    private readonly mitigations: Mitigations,
    private readonly clients: DataClients,
    private readonly clock: Clock,
    private readonly policy: Policy,
  ) {}

  /** RFC 9132 section 4.4.2. */
  get({ cuid, id, inbound }: ResourceRequest): CoapAnswer {
    const content = contentQuery(inbound.query);
    const found = this.mitigations.of(cuid).filter(({ mid }) => id === undefined || mid === id);
    if (found.length === 0)
      throw refuse(
        '4.04',
        id === undefined ? 'This client has no mitigation.' : `This client has no mitigation with mid ${id}.`,
        '9132 4.4.2',
      );
    return documentAnswer(
      '2.05',
      scopeDocument(found.map((mitigation) => scopeText(mitigation, this.clock.now(), content))),
    );
  }

  /** RFC 9132 sections 4.4.1 and 4.4.3. */
  async put(request: ResourceRequest): Promise<CoapAnswer | undefined> {
    const wish = readWish(request);
    const known = this.mitigations.find(wish.cuid, wish.mid);
    // An efficacy update that a withdrawal has overtaken must not bring the mitigation back: it matches nothing any more.
    if (wish.conditional && (known === undefined || isEnding(known))) return undefined;
    return known === undefined || known.status === status.terminated ? this.create(wish) : this.update(known, wish);
  }

  /** RFC 9132 section 4.4.4. */
  async delete({ cuid, id }: ResourceRequest): Promise<CoapAnswer> {
    if (id === undefined) throw refuse('4.00', 'A withdrawal needs the mid in its path.', '9132 4.4.4');
    const known = this.mitigations.find(cuid, id);
    if (known !== undefined && !isEnding(known))
      await this.mitigations.commit({ put: [withdrawn(known, this.clock.now())] });
    return { code: '2.02' };
  }

  /** A refresh or an efficacy update: everything but the lifetime has to be as it was. */
  private async update(known: Mitigation, wish: Wish): Promise<CoapAnswer> {
    const isEfficacy = wish.conditional || wish.attackStatus !== undefined;
    if (isEfficacy && wish.attackStatus === undefined)
      throw refuse('4.00', 'An efficacy update needs an "attack-status".', '9132 4.4.3');
    if (!sameContent(withDefaults(known.scope), withDefaults(wish.scope))) {
      throw refuse(
        '4.00',
        `The mitigation with mid ${wish.mid} has another scope: only its lifetime can change. Use a new mid.`,
        isEfficacy ? '9132 4.4.3' : '9132 4.4.1.3',
      );
    }
    const now = this.clock.now();
    const current = resumed(afterEfficacy(known, wish.attackStatus, now), this.policy.timing, now);
    const next =
      wish.lifetime === undefined ? current : refreshed(current, grantedLifetime(wish.lifetime, this.policy), now);
    await this.mitigations.commit({ put: [next] });
    return granted('2.04', next, now);
  }

  private async create(wish: Wish): Promise<CoapAnswer> {
    const own = this.mitigations.of(wish.cuid);
    if (wish.lifetime === undefined)
      throw refuse('4.00', '"lifetime" is mandatory in a mitigation request.', '9132 4.4.1.1');
    const client = this.clients.find(wish.cuid);
    refuseUnknownAliases(wish.scope, client);
    const control = controlled(wish, client, own.some(isActive), this.clock.now());
    const overlapped = own.filter(
      (other) => this.sharedBy(wish, other) !== undefined && triggersAtOnce(other) === triggersAtOnce(wish),
    );
    refuseOverridden(wish, overlapped);
    const replaced = overlapped.filter(({ mid, status: other }) => mid < wish.mid && other !== status.terminated);
    this.refuseBeyondLimits(own.length, replaced.length);
    const { cuid, mid, owner, scope } = wish;
    const now = this.clock.now();
    const next = requested(
      { cuid, mid, scope, ...(owner !== undefined && { owner }), terminatingMs: this.terminatingTime(replaced) },
      grantedLifetime(wish.lifetime, this.policy),
      now,
    );
    const conflict = this.conflictWithOthers(next);
    if (control !== undefined) await control.commit(this.clients);
    await this.mitigations.commit({ put: [next], remove: replaced });
    return granted('2.01', next, now, conflict);
  }

  /** A client that asks again before a withdrawal has taken effect gets twice the time: RFC 9132 section 4.4.4. */
  private terminatingTime(replaced: Mitigation[]): number {
    const { timing } = this.policy;
    const earlier = replaced
      .filter((mitigation) => mitigation.status === status.terminating)
      .map((mitigation) => prolonged(mitigation, timing));
    return Math.max(timing.terminatingMs, ...earlier);
  }

  /** Requests of several clients for the same target all go on; each is told: RFC 9132 section 4.4.1.3. */
  private conflictWithOthers(mitigation: Mitigation): JsonObject | undefined {
    const shared = this.mitigations
      .all()
      .filter((other) => other.cuid !== mitigation.cuid && isActive(other))
      .map((other) => this.sharedBy(mitigation, other))
      .find((targets) => targets !== undefined);
    return (
      shared && {
        'conflict-status': 'request-active',
        'conflict-cause': 'overlapping-targets',
        'conflict-scope': shared,
      }
    );
  }

  /** The targets that two requests share, those behind the names of aliases included. */
  private sharedBy(one: Pick<Mitigation, 'cuid' | 'scope'>, other: Mitigation): JsonObject | undefined {
    return sharedTargets(
      aliasTargets(one.scope, this.clients.find(one.cuid)),
      aliasTargets(other.scope, this.clients.find(other.cuid)),
    );
  }

  private refuseBeyondLimits(own: number, replaced: number): void {
    const { entriesPerClient, entries } = this.policy.limits;
    if (own - replaced < entriesPerClient && this.mitigations.all().length - replaced < entries) return;
    throw refuse('5.03', 'This server keeps no more mitigations; withdraw one.', '9132 4.4.1.3', 60);
  }
}

/** What was granted at `now`: RFC 9132 figure 10. */
function granted(code: string, mitigation: Mitigation, now: number, conflict?: JsonObject): CoapAnswer {
  const entry: JsonObject = { mid: mitigation.mid, lifetime: remainingLifetime(mitigation, now) };
  return documentAnswer(
    code,
    scopeDocument([conflict === undefined ? entry : { ...entry, 'conflict-information': conflict }]),
  );
}

function readWish(request: ResourceRequest): Wish {
  const { cuid, id, inbound } = request;
  if (id === undefined)
    throw refuse('4.00', 'A mitigation request needs the mid in its path, after the cuid.', '9132 4.4.1.1');
  const [entry] = itemsOf(readBody(inbound.payload, 'mitigation-scope').scope).filter(isObject);
  const { lifetime, 'attack-status': attackStatus, ...scope } = entry ?? {};
  return {
    cuid,
    mid: id,
    owner: inbound.endpoint.security?.identity,
    scope,
    lifetime: typeof lifetime === 'number' ? lifetime : undefined,
    attackStatus,
    conditional: isEfficacyUpdate('mitigate', request),
  };
}

function contentQuery(query: readonly string[]): 'a' | 'c' | 'n' {
  const value = query.find((argument) => argument.startsWith('c='))?.slice(2) ?? 'a';
  if (value === 'a' || value === 'c' || value === 'n') return value;
  throw refuse('4.00', 'The query "c" has to be c, n or a.', '9132 4.4.2');
}

function withDefaults(scope: JsonObject): JsonObject {
  return { 'trigger-mitigation': true, ...scope };
}

/** An overlapping request with a higher mid stands above this one: RFC 9132 section 4.4.1.3. */
function refuseOverridden(wish: Wish, overlapped: Mitigation[]): void {
  const above = overlapped.find((other) => other.mid > wish.mid && !isEnding(other));
  if (above === undefined) return;
  const conflict: JsonObject = { 'conflict-cause': 'overlapping-targets', 'conflict-scope': { mid: above.mid } };
  throw refuseWith(
    '4.09',
    scopeDocument([{ 'conflict-information': conflict }]),
    `The mitigation with mid ${above.mid} overlaps and overrides.`,
  );
}

function scopeDocument(scope: JsonObject[]): JsonObject {
  return { [topMember]: { scope } };
}
