import { isDeepStrictEqual } from 'node:util';
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
import { signalPort } from '#dots/flowspec/packets/sessions';
import type { JsonObject } from '#dots/model/json';
import type { Clock } from '#dots/runtime/clock';
import { unlimitedRules, type Policy, type PolicyNode, type Role } from '#dots/workspace/policy/policy';
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
import { builtInPolicy } from './builtInPolicy';
import { withinDomain } from './clientDomainAcls';
import { Filtering } from './filtering';
import { NodeTables } from './nodeTables';
import type { RequestFacts } from './policy/facts';
import { baselinesIn, requestFacts, type ReceivedTelemetry } from './requestFacts';
import { RuleDrops } from './ruleDrops';
import { Resumption } from './resumption';
import { RunningMitigation } from './runningMitigation';
import { ScrubbedVolumes } from './scrubbedVolumes';
import type { Scrubbers } from './scrubbing';
import { SimulatedSeconds } from './simulatedSeconds';
import { Translations } from './translations';

export interface PolicyMitigatorOptions {
  policy: Policy;
  clock: Clock;
  log: (line: string) => void;
  /** Of all chance in the simulated world; default: 1. */
  seed?: number;
}

/**
 * Carries out mitigations as a policy says: what is done follows from what DOTS messages said, what is reported from
 * the simulated world.
 */
export class PolicyMitigator implements Mitigator {
  readonly world: World;
  readonly tables: NodeTables;
  /** Has DMSs carry out requests; undefined: there is none that can be asked. */
  scrubbers: Scrubbers | undefined;
  /** The ports of the own signal channel and of those of DMSs. */
  signalPorts: readonly number[] = [signalPort];
  private server: ServedState | undefined;
  private readonly translations = new Translations();
  private readonly seconds: SimulatedSeconds;
  readonly traffic: AttackTraffic;
  private readonly filtering: Filtering;
  private readonly resumption: Resumption<RunningMitigation>;
  private current: Policy;
  /** Nodes of earlier policies: they have the rules of requests that run. */
  private retired: PolicyNode[] = [];
  private readonly scrubbed = new ScrubbedVolumes();

  constructor(private readonly options: PolicyMitigatorOptions) {
    const { policy, clock, seed = 1 } = options;
    this.current = policy;
    const world = new World(policy, seed);
    const nodes = policy.nodes.map(({ name }) => name);
    this.world = world;
    this.tables = new NodeTables(nodes, world, this.translations);
    this.traffic = new AttackTraffic(world, policy);
    const withoutRules = (running: RunningMitigation): void => running.report(status.exceeded);
    this.filtering = new Filtering({ policy, world, tables: this.tables, clock, withoutRules });
    const done = (): void => this.scrubbers?.resumed();
    this.resumption = new Resumption({ clock, resume: (running) => this.resume(running), done });
    this.seconds = new SimulatedSeconds(world, clock, () => this.beforeSecond());
    this.seconds.onSecond(() => this.filtering.second());
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
    this.traffic.adopt(policy);
    this.tables.add(policy.nodes.map(({ name }) => name));
    this.filtering.adopt(policy, this.retired);
    this.current = policy;
    this.seconds.begin();
  }

  attach(server: ServedState): void {
    this.server = server;
    this.filtering.attach(server);
    server.watchDataClients(() => this.seconds.begin());
    this.resumption.begin();
    this.seconds.begin();
  }

  admit(proposal: Proposal): Objection | undefined {
    const { isLimited } = this;
    this.resumption.ahead(({ mitigation }) => isLimited || mitigation.cuid === proposal.cuid);
    return proposal.mitigation === undefined
      ? this.admitAcls(proposal)
      : this.admitMitigation(proposal, proposal.mitigation);
  }

  start(mitigation: Mitigation, report: ReportStatus): ActiveMitigation {
    const key = mitigationKey(mitigation);
    const running: RunningMitigation = new RunningMitigation(mitigation, {
      now: () => this.options.clock.now(),
      report,
      drops: new RuleDrops(this.world),
      goesOn: () => {
        this.traffic.renew(key);
        this.filtering.renew(running);
        this.seconds.begin();
      },
      ended: () => {
        this.traffic.end(key);
        this.scrubbed.delete(key);
        this.resumption.delete(running);
        this.filtering.remove(running);
        this.seconds.begin();
      },
    });
    if (this.server === undefined) this.resumption.add(running);
    else this.carryOut(running);
    return running;
  }

  /** Stops the simulated time. */
  close(): void {
    this.seconds.close();
    this.resumption.close();
    this.filtering.close();
  }

  /** Whether there are nodes that cannot have every rule. */
  private get isLimited(): boolean {
    return this.policy.nodes.some(({ rules, router }) => rules < unlimitedRules || router !== undefined);
  }

  private admitMitigation(proposal: Proposal, mitigation: Mitigation): Objection | undefined {
    const asked = { mitigation, acls: this.activated(proposal, mitigation), stored: proposal.stored };
    const outcome = this.decide(asked, proposal.client);
    if ('refusal' in outcome) return this.refused(outcome.refusal, proposal, mitigation.mid);
    const { cuid } = mitigation;
    this.server?.decisions.put({ ...outcome.decision, cuid, at: this.options.clock.now() });
    this.filtering.expect(mitigation, outcome.decision.nodes ?? [], outcome.rules);
    return undefined;
  }

  private admitAcls(proposal: Proposal): Objection | undefined {
    const { client, cuid, stored } = proposal;
    const acls = this.changedAcls(proposal);
    if (stored === undefined || acls.length === 0) return undefined;
    const situation = this.situationOf(client, this.factsOf({}, client));
    const isChecked = this.isLimited || situation.facts.role === 'dms' || situation.baselines.length > 0;
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
    const before = new Map(this.server?.dataClient(cuid)?.acls.map(({ value }) => [value.name, value]));
    const mitigations = this.filtering.of(cuid);
    return stored.acls
      .map(({ value }) => value)
      .filter((acl) => !isDeepStrictEqual(before.get(acl.name), acl) && isActiveAcl(acl, stored, mitigations))
      .map((acl) => withinDomain(acl, stored.ownPrefixes));
  }

  /** ACLs that begin to filter with a mitigation. */
  private activated({ cuid, stored }: Proposal, mitigation: Mitigation): JsonObject[] {
    if (stored === undefined) return [];
    const before = this.server?.dataClient(cuid);
    const mitigations = this.filtering.of(cuid);
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

  /** Carries out a mitigation of an earlier run. Nodes keep their rules meanwhile: those that had come act. */
  private resume(running: RunningMitigation): void {
    this.carryOut(running);
    const { mitigation } = running;
    const decision = this.server?.decisions.of(mitigation);
    if (decision?.action !== 'filter') return;
    const nodes = this.policy.nodes.filter(({ name }) => decision.nodes?.includes(name));
    const slowest = Math.max(0, ...nodes.map(({ installSeconds }) => installSeconds));
    if (this.ageOf(mitigation) > slowest) running.rulesAre('idle');
  }

  /** Seconds since a mitigation has started. */
  private ageOf({ startedAt }: Mitigation): number {
    return startedAt === null ? 0 : Math.max(0, Math.floor((this.options.clock.now() - startedAt) / 1000));
  }

  private carryOut(running: RunningMitigation): void {
    const { mitigation } = running;
    const decision = this.decisionFor(mitigation) ?? this.decideLate(running);
    const scope = this.fullScope(mitigation);
    const { vectors } = this.factsOf(scope, this.clientOf(mitigation));
    this.filtering.add(running);
    this.traffic.want(mitigationKey(mitigation), { scope, vectors, age: this.ageOf(mitigation) });
    this.follow(running, decision, scope);
    this.seconds.begin();
  }

  /** What was decided for a mitigation, unless by a policy whose nodes there are no more. */
  private decisionFor(mitigation: Mitigation): StoredDecision | undefined {
    const decision = this.server?.decisions.of(mitigation);
    const isKnown = (node: string): boolean => this.policy.nodes.some(({ name }) => name === node);
    return decision?.action === 'filter' && decision.nodes?.some(isKnown) === false ? undefined : decision;
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
    return { ...decision, cuid, at, number: 0 };
  }

  private follow(running: RunningMitigation, decision: StoredDecision, scope: JsonObject): void {
    const { mitigation } = running;
    this.options.log(`decision: ${decision.client}: ${decision.reason}`);
    if (decision.action === 'none') running.report(status.exceeded);
    if (decision.action !== 'scrub' || decision.dms === undefined) return;
    const { dms } = decision;
    const volume = this.factsOf(scope, this.clientOf(mitigation)).volume?.value ?? 0;
    this.scrubbed.set(mitigationKey(mitigation), { dms, volume });
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
    this.scrubbed.delete(mitigationKey(running.mitigation));
    running.failed.set(dms, reason);
    const decision = this.decideLate(running, running.failed);
    if (decision.action === 'none') return running.report(status.withdrawn);
    this.filtering.add(running);
    this.follow(running, decision, this.fullScope(running.mitigation));
    this.seconds.begin();
  }

  private decide(asked: AskedMitigation, client: Client, given?: ReadonlyMap<string, string>): Outcome {
    const { cuid, scope } = asked.mitigation;
    const facts = this.factsOf(aliasTargets(scope, asked.stored ?? this.server?.dataClient(cuid)), client);
    return decideRequest(asked, this.situationOf(client, facts, given));
  }

  private situationOf(client: Client, facts: RequestFacts, given: ReadonlyMap<string, string> = new Map()): Situation {
    const { policy, scrubbers } = this;
    const installed = policy.nodes.map(({ name }): [string, number] => [name, this.filtering.sizeOf(name)]);
    const obstacles = policy.dms.flatMap(({ name }): [string, string][] => {
      const obstacle = given.get(name) ?? (scrubbers === undefined ? 'cannot be asked' : scrubbers.obstacle(name));
      return obstacle === undefined ? [] : [[name, obstacle]];
    });
    return {
      policy,
      facts,
      ownPrefixes: client.ownPrefixes,
      baselines: policy === builtInPolicy ? [] : baselinesIn(this.telemetry()),
      signalPorts: this.signalPorts,
      installed: new Map(installed),
      resources: { freeCapacity: this.freeCapacity(), unavailable: new Map(obstacles) },
      translations: this.translations,
    };
  }

  /** What DMSs have left, by the volumes that were reported for what they carry out. */
  private freeCapacity(): Map<string, number> {
    return new Map(this.policy.dms.map(({ name, capacity }) => [name, Math.max(0, capacity - this.scrubbed.of(name))]));
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
    this.filtering.program();
    return this.traffic.isBusy || this.filtering.isBusy || this.scrubbed.isBusy || this.world.isChanging;
  }
}
