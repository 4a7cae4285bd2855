import { unrestricted, type Client } from '#dots/dotsServer/state/clients';
import type { StoredDecision } from '#dots/dotsServer/state/decisions';
import { isActiveAcl } from '#dots/dotsServer/state/activation';
import { mitigationKey, status, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import type {
  ActiveMitigation,
  Mitigator,
  Objection,
  Proposal,
  ReportStatus,
  ServedState,
} from '#dots/dotsServer/state/mitigator';
import { aliasTargets } from '#dots/dotsServer/signal/aliases';
import { withoutFilterControl } from '#dots/dotsServer/signal/filterControl';
import { itemsOf, isObject, type JsonObject } from '#dots/model/json';
import type { Clock } from '#dots/runtime/clock';
import type { Policy, PolicyNode, Role } from '#dots/workspace/policy/policy';
import { World } from '#dots/world/world';
import {
  aclNodes,
  decideRequest,
  objectionOf,
  refusalOfAcls,
  type AskedMitigation,
  type Outcome,
  type Situation,
} from './admission';
import { AttackTraffic } from './attackTraffic';
import { withinDomain } from './clientDomainAcls';
import { NodeTables, type InstalledAt } from './nodeTables';
import type { RequestFacts } from './policy/facts';
import { baselinesIn, requestFacts, shapeOf, type ReceivedTelemetry } from './requestFacts';
import { clientFile, inputsInForce, mitigationFile, qualifiedName } from './rulesInForce';
import { RunningMitigation } from './runningMitigation';
import type { Scrubbers } from './scrubbing';
import { SimulatedSeconds } from './simulatedSeconds';

export interface PolicyMitigatorOptions {
  policy: Policy;
  clock: Clock;
  log: (line: string) => void;
  /** Of all chance in the simulated world; default: 1. */
  seed?: number;
}

const aclList = 'ietf-dots-signal-control:acl-list';

/**
 * Carries out mitigations as a policy says: what is done follows from what DOTS messages said, what is reported from
 * the simulated world.
 */
export class PolicyMitigator implements Mitigator {
  readonly world: World;
  readonly tables: NodeTables;
  /** Has DMSs carry out requests; undefined: there is none that can be asked. */
  scrubbers: Scrubbers | undefined;
  private server: ServedState | undefined;
  private readonly seconds: SimulatedSeconds;
  readonly traffic: AttackTraffic;
  private readonly running = new Map<string, RunningMitigation>();
  /** Started by a server that does not know its clients yet. */
  private readonly early = new Set<RunningMitigation>();
  /** Rules of requests that are accepted and not on their nodes yet, by node. */
  private readonly pending = new Map<string, number>();
  /** The volume of requests that DMSs carry out, bits per second. */
  private readonly volumes = new Map<string, { dms: string; volume: number }>();
  private isOutdated = true;
  private current: Policy;
  /** Nodes of earlier policies: they have the rules of requests that run. */
  private retired: PolicyNode[] = [];

  constructor(private readonly options: PolicyMitigatorOptions) {
    const { policy, clock, seed = 1 } = options;
    this.current = policy;
    this.world = new World(policy, seed);
    this.tables = new NodeTables(this.world);
    this.traffic = new AttackTraffic(this.world, policy.traffic);
    this.seconds = new SimulatedSeconds(this.world, clock, () => this.beforeSecond());
    this.seconds.onSecond(() => this.afterSecond());
    if (this.traffic.isLasting) this.seconds.begin();
  }

  /** The simulated network, for DMSs. */
  get network(): SimulatedSeconds {
    return this.seconds;
  }

  /** Whether simulated time passes: without traffic there is no reason for it. */
  get isPassing(): boolean {
    return this.seconds.isPassing;
  }

  /** That new requests follow. */
  get policy(): Policy {
    return this.current;
  }

  /** New requests follow another policy from now on; running ones keep what was decided for them. */
  adopt(policy: Policy): void {
    const names = new Set(policy.nodes.map(({ name }) => name));
    this.retired = [...this.current.nodes, ...this.retired].filter(({ name }) => !names.has(name));
    this.world.adopt(policy);
    this.traffic.adopt(policy.traffic);
    this.current = policy;
    this.isOutdated = true;
    this.seconds.begin();
  }

  attach(server: ServedState): void {
    this.server = server;
    server.onDidChange(() => {
      this.isOutdated = true;
      this.seconds.begin();
    });
    for (const running of this.early) this.carryOut(running);
    this.early.clear();
    this.scrubbers?.resumed();
    this.seconds.begin();
  }

  admit(proposal: Proposal): Objection | undefined {
    return proposal.mitigation === undefined
      ? this.admitAcls(proposal)
      : this.admitMitigation(proposal, proposal.mitigation);
  }

  start(mitigation: Mitigation, report: ReportStatus): ActiveMitigation {
    const key = mitigationKey(mitigation);
    const running: RunningMitigation = new RunningMitigation(mitigation, {
      quiet: this.policy.quiet,
      now: () => this.options.clock.now(),
      report,
      ended: () => {
        this.traffic.end(key);
        this.volumes.delete(key);
        this.early.delete(running);
        if (this.running.get(key) === running) this.running.delete(key);
        this.isOutdated = true;
      },
    });
    this.running.set(key, running);
    if (this.server === undefined) this.early.add(running);
    else this.carryOut(running);
    return running;
  }

  /** Stops the simulated time. */
  close(): void {
    this.seconds.close();
  }

  private admitMitigation(proposal: Proposal, mitigation: Mitigation): Objection | undefined {
    const asked = { mitigation, acls: this.activated(proposal, mitigation), stored: proposal.stored };
    const outcome = this.decide(asked, proposal.client);
    if ('refusal' in outcome) return this.refused(outcome.refusal, proposal, mitigation.mid);
    const { cuid } = mitigation;
    this.server?.decisions.put({ ...outcome.decision, cuid, at: this.options.clock.now() });
    for (const node of outcome.decision.nodes ?? [])
      this.pending.set(node, (this.pending.get(node) ?? 0) + outcome.rules);
    return undefined;
  }

  private admitAcls(proposal: Proposal): Objection | undefined {
    const { client, cuid, stored } = proposal;
    const acls = this.changedAcls(proposal);
    if (stored === undefined || acls.length === 0) return undefined;
    const situation = this.situationOf(client, this.factsOf({}, client));
    const isLimited = situation.policy.nodes.some(({ rules, router }) => rules < unlimited || router !== undefined);
    const isChecked = isLimited || situation.facts.role === 'dms' || situation.baselines.length > 0;
    const refusal = isChecked ? refusalOfAcls(acls, stored, situation) : undefined;
    if (refusal !== undefined) return this.refused(refusal, proposal);
    this.placeAcls(client, cuid);
    return undefined;
  }

  /** Records on which nodes the ACLs of a cuid are, where that is new. */
  private placeAcls(client: Client, cuid: string): void {
    const { server, policy } = this;
    const nodes = aclNodes(this.roleOf(client), policy);
    const known = server?.decisions.of({ cuid });
    if (known?.nodes?.join(' ') === nodes.join(' ')) return;
    const reason = `ACLs on ${nodes.join(' and ')}`;
    const at = this.options.clock.now();
    server?.decisions.put({ cuid, at, client: client.name, action: 'filter', nodes, reason });
  }

  private refused(refusal: { check: string; text: string }, { client, cuid }: Proposal, mid?: number): Objection {
    const reason = `refused (${refusal.check}): ${refusal.text}`;
    const at = this.options.clock.now();
    const id = mid === undefined ? { cuid } : { cuid, mid };
    this.server?.decisions.record({ ...id, at, client: client.name, action: 'refuse', reason });
    this.options.log(`decision: ${client.name}: ${reason}`);
    return objectionOf(refusal as Parameters<typeof objectionOf>[0]);
  }

  /** ACLs that are new or changed and filter at once. */
  private changedAcls({ cuid, stored }: Proposal): JsonObject[] {
    if (stored === undefined) return [];
    const before = new Map(this.server?.dataClient(cuid)?.acls.map(({ value }) => [value.name, JSON.stringify(value)]));
    const mitigations = this.ownMitigations(cuid);
    return stored.acls
      .map(({ value }) => value)
      .filter((acl) => before.get(acl.name) !== JSON.stringify(acl) && isActiveAcl(acl, stored, mitigations))
      .map((acl) => withinDomain(acl, stored.ownPrefixes));
  }

  /** ACLs that begin to filter with a mitigation. */
  private activated({ cuid, stored }: Proposal, mitigation: Mitigation): JsonObject[] {
    if (stored === undefined) return [];
    const before = this.server?.dataClient(cuid);
    const mitigations = this.ownMitigations(cuid);
    const were = new Set(
      (before?.acls ?? [])
        .filter(({ value }) => before !== undefined && isActiveAcl(value, before, mitigations))
        .map(({ value }) => value.name),
    );
    return stored.acls
      .map(({ value }) => value)
      .filter((acl) => !were.has(acl.name) && isActiveAcl(acl, stored, [...mitigations, mitigation]))
      .map((acl) => withinDomain(acl, stored.ownPrefixes));
  }

  private ownMitigations(cuid: string): Mitigation[] {
    return [...this.running.values()].map(({ mitigation }) => mitigation).filter((each) => each.cuid === cuid);
  }

  private carryOut(running: RunningMitigation): void {
    const { mitigation } = running;
    const decision = this.server?.decisions.of(mitigation) ?? this.decideLate(running);
    const scope = this.fullScope(mitigation);
    this.follow(running, decision, scope);
    const { vectors } = this.factsOf(scope, this.clientOf(mitigation));
    this.traffic.want(mitigationKey(mitigation), { scope, vectors });
    this.isOutdated = true;
    this.seconds.begin();
  }

  /** Decides a mitigation that runs: one that was not decided before its answer, or that a DMS has given up. */
  private decideLate(running: RunningMitigation, given: ReadonlyMap<string, string> = new Map()): StoredDecision {
    const { mitigation } = running;
    const { cuid, mid } = mitigation;
    const client = this.clientOf(mitigation);
    const asked = { mitigation, acls: [], stored: this.server?.dataClient(cuid) };
    const outcome = this.decide(asked, client, given);
    const at = this.options.clock.now();
    const decision =
      'refusal' in outcome
        ? { client: client.name, mid, action: 'none' as const, reason: `no mitigation: ${outcome.refusal.text}` }
        : outcome.decision;
    this.server?.decisions.record({ ...decision, cuid, at });
    this.isOutdated = true;
    return { ...decision, cuid, at, number: 0 };
  }

  private follow(running: RunningMitigation, decision: StoredDecision, scope: JsonObject): void {
    const { mitigation } = running;
    this.options.log(`decision: ${decision.client}: ${decision.reason}`);
    if (decision.action === 'none') running.report(status.exceeded);
    if (decision.action !== 'scrub' || decision.dms === undefined) return;
    const { dms } = decision;
    const volume = this.factsOf(scope, this.clientOf(mitigation)).volume?.value ?? 0;
    this.volumes.set(mitigationKey(mitigation), { dms, volume });
    if (this.scrubbers === undefined) return this.goOn(running, dms, 'cannot be asked');
    running.scrubbing = this.scrubbers.start(
      dms,
      { id: mitigationKey(mitigation), scope: withoutFilterControl(scope) },
      (state) => {
        running.reports(state);
        if (state.status === 7) this.goOn(running, dms, state.reason);
      },
    );
  }

  /** A DMS does nothing any more: the next one is tried; 7 where none is left. */
  private goOn(running: RunningMitigation, dms: string, reason: string): void {
    running.leaveDms();
    this.volumes.delete(mitigationKey(running.mitigation));
    running.failed.set(dms, reason);
    const decision = this.decideLate(running, running.failed);
    if (decision.action === 'none') running.report(status.withdrawn);
    else this.follow(running, decision, this.fullScope(running.mitigation));
  }

  private decide(asked: AskedMitigation, client: Client, given?: ReadonlyMap<string, string>): Outcome {
    const { cuid, scope } = asked.mitigation;
    const facts = this.factsOf(aliasTargets(scope, asked.stored ?? this.server?.dataClient(cuid)), client);
    return decideRequest(asked, this.situationOf(client, facts, given));
  }

  private situationOf(client: Client, facts: RequestFacts, given: ReadonlyMap<string, string> = new Map()): Situation {
    const { policy, scrubbers } = this;
    const installed = policy.nodes.map(({ name }): [string, number] => [
      name,
      this.tables.sizeOf(name) + (this.pending.get(name) ?? 0),
    ]);
    const obstacles = policy.dms.flatMap(({ name }): [string, string][] => {
      const obstacle = given.get(name) ?? (scrubbers === undefined ? 'cannot be asked' : scrubbers.obstacle(name));
      return obstacle === undefined ? [] : [[name, obstacle]];
    });
    return {
      policy,
      facts,
      ownPrefixes: client.ownPrefixes,
      baselines: baselinesIn(this.telemetry()),
      installed: new Map(installed),
      resources: { freeCapacity: this.freeCapacity(), unavailable: new Map(obstacles) },
    };
  }

  /** What DMSs have left, by the volumes that were reported for what they carry out. */
  private freeCapacity(): Map<string, number> {
    const free = new Map(this.policy.dms.map(({ name, capacity }) => [name, capacity]));
    for (const { dms, volume } of this.volumes.values()) free.set(dms, Math.max(0, (free.get(dms) ?? 0) - volume));
    return free;
  }

  private factsOf(scope: JsonObject, client: Client): RequestFacts {
    const { policy } = this;
    const now = this.options.clock.now();
    return requestFacts(scope, {
      client: client.name,
      role: this.roleOf(client),
      policy,
      telemetry: this.telemetry(),
      now,
    });
  }

  private telemetry(): ReceivedTelemetry[] {
    return [...(this.server?.telemetry() ?? [])].map((entry) => ({
      ...entry,
      client: this.server?.clientOf(entry.owner)?.name ?? entry.cuid,
    }));
  }

  private roleOf({ name }: Client): Role {
    return this.policy.clients.find((client) => client.name === name)?.role ?? 'customer';
  }

  private clientOf({ owner, cuid }: Mitigation): Client {
    return this.server?.clientOf(owner) ?? unrestricted(cuid);
  }

  /** The scope with the targets of its aliases. */
  private fullScope({ cuid, scope }: Mitigation): JsonObject {
    return aliasTargets(scope, this.server?.dataClient(cuid));
  }

  /** Whether anything needs another second. */
  private beforeSecond(): boolean {
    this.traffic.begin();
    if (this.isOutdated) this.program();
    for (const running of this.running.values()) {
      const rules = running.scrubbing === undefined ? this.rulesFor(running.mitigation) : undefined;
      if (rules !== undefined) running.meets(rules, this.world);
    }
    return this.running.size > 0 || this.traffic.isLasting;
  }

  private program(): void {
    const { server } = this;
    if (server === undefined) return;
    this.isOutdated = false;
    this.pending.clear();
    const state = {
      clients: server.dataClients(),
      mitigations: server.mitigations(),
      decisionOf: (id: Pick<StoredDecision, 'cuid' | 'mid'>) => server.decisions.of(id),
    };
    for (const node of [...this.policy.nodes, ...this.retired])
      this.tables.program(node, inputsInForce(state, node.name));
  }

  private afterSecond(): void {
    for (const running of [...this.running.values()])
      if (running.scrubbing === undefined) running.filtered(this.rulesFor(running.mitigation), this.world);
  }

  /**
   * The rules on nodes that carry out a mitigation: those of its scope, or of the ACLs that it switches; undefined
   * where its scope has none.
   */
  private rulesFor({ cuid, mid, scope }: Mitigation): readonly InstalledAt[] | undefined {
    if (!shapeOf(scope).acls) {
      const rules = this.tables.from(mitigationFile({ cuid, mid }));
      return rules.length === 0 ? undefined : rules;
    }
    const names = new Set(
      itemsOf(scope[aclList])
        .filter(isObject)
        .flatMap(({ 'acl-name': name }) => [String(name), qualifiedName(cuid, name)]),
    );
    return this.tables.from(clientFile(cuid)).filter(({ source }) => source.acl !== undefined && names.has(source.acl));
  }
}

/** Budgets from here on are none. */
const unlimited = Number.MAX_SAFE_INTEGER;
