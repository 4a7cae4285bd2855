import type { ServerSnapshot } from '#dots/dotsServer/listeners/dotsServer';
import { remainingLifetime, statusLabels, type Mitigation } from '#dots/dotsServer/state/lifecycle';
import type { VectorName } from '#dots/model/attackVectors';
import { DotsError } from '#dots/model/errors';
import type { TrafficClass } from '#dots/model/trafficClass';
import type { DmsFault } from '#dots/words/simulation';
import { targetsOf } from '#dots/words/targets';
import type { Policy } from '#dots/workspace/policy/policy';
import type { RunningTraffic } from '#dots/world/world';
import type { PolicyMitigator } from './policyMitigator';

/** A mitigation, and who carries it out. */
export interface CarriedMitigation {
  /** The name of the client; its cuid where nothing was decided. */
  client: string;
  cuid: string;
  mid: number;
  /** RFC 9132 section 4.4.2, table 3, and section 10.6.2. */
  status: number;
  statusLabel: string;
  /** Seconds left; -1: indefinite. */
  lifetime: number;
  targets: string[];
  /** The DMS that scrubs; undefined: its traffic is filtered, or nothing is done. */
  dms: string | undefined;
  /** The forwarding nodes that have rules for it. */
  nodes: string[];
  strategy: string | undefined;
}

/** Traffic and capacity, bits per second. */
interface Loaded {
  name: string;
  load: number;
  capacity: number;
}

export interface DmsView extends Loaded {
  /** Of its signal channel; undefined where it cannot be asked. */
  address: string | undefined;
  /** What it does wrong on purpose. */
  fault: DmsFault | undefined;
  /** How many mitigations it carries. */
  mitigations: number;
}

export interface NodeView {
  name: string;
  /** How many rules it has, and how many it may have. */
  rules: number;
  budget: number;
}

/** A simulated network as its administrator sees it; loads are those of the last second. */
export interface SimulationView {
  mitigations: CarriedMitigation[];
  dms: DmsView[];
  links: Loaded[];
  nodes: NodeView[];
  traffic: RunningTraffic[];
}

/** The rate of an attack that is begun by its vector alone, bits per second. */
const usualRate = 1_000_000_000;

/** The simulated network of an orchestrator with a policy: what is seen of it, and what can be made to happen in it. */
export class Simulation {
  constructor(
    private readonly mitigator: PolicyMitigator,
    private readonly snapshot: () => ServerSnapshot,
  ) {}

  get policy(): Policy {
    return this.mitigator.policy;
  }

  view(): SimulationView {
    const mitigations = this.mitigations();
    const { policy, world, tables, scrubbers } = this.mitigator;
    const passes = this.mitigator.isPassing;
    const load = (offered: number): number => (passes ? offered : 0);
    return {
      mitigations,
      dms: policy.dms.map(({ name, capacity }) => ({
        ...{ name, capacity, load: load(world.dmsLoad(name).offered) },
        address: scrubbers?.addresses.get(name),
        fault: scrubbers?.faultOf(name),
        mitigations: mitigations.filter(({ dms }) => dms === name).length,
      })),
      links: policy.links.map(({ name, capacity }) => ({ name, capacity, load: load(world.linkLoad(name).offered) })),
      nodes: policy.nodes.map(({ name, rules: budget }) => ({ name, rules: tables.sizeOf(name), budget })),
      traffic: world.running().map((each) => ({ ...each, rate: load(each.rate) })),
    };
  }

  /**
   * Calls back after each simulated second, and when time stops passing; the returned function ends that. Time passes
   * while there is traffic.
   */
  onSecond(listener: () => void): () => void {
    const { network } = this.mitigator;
    const ends = [network.onSecond(listener), network.onPause(listener)];
    return () => ends.forEach((end) => end());
  }

  /** Begins traffic, which lasts until `stop`. Throws a DotsError `orchestrator/traffic` for a link that is unknown. */
  begin(classes: readonly TrafficClass[]): void {
    const links = new Set(this.policy.links.map(({ name }) => name));
    const unknown = classes.flatMap(({ enters = {} }) => Object.keys(enters)).find((name) => !links.has(name));
    if (unknown !== undefined)
      throw notSimulated(`No link is called "${unknown}"`, `The policy has: ${[...links].join(', ')}.`);
    for (const traffic of classes) this.mitigator.traffic.start(traffic);
    this.mitigator.network.begin();
  }

  /**
   * Begins an attack of a vector.
   * @param to a prefix; default: the first target of the policy, else the first prefix of its first customer
   * @param rate bits per second; default: 1 Gbit/s
   */
  attack(vector: VectorName, { to = this.usualTarget(), rate = usualRate }: { to?: string; rate?: number } = {}): void {
    this.begin([{ name: vector, kind: 'attack', vector, to, rate }]);
  }

  /**
   * Ends traffic; returns the names of what has ended. Throws a DotsError `orchestrator/traffic` for an unknown name.
   * @param name of the policy's traffic too; default: all that was begun here
   */
  stop(name?: string): string[] {
    const { traffic, world } = this.mitigator;
    const names = name === undefined ? traffic.started : [name];
    const running = world.running().map((each) => each.name);
    if (name !== undefined && !running.includes(name))
      throw notSimulated(
        `No traffic is called "${name}"`,
        running.length === 0 ? 'None is running.' : `There is: ${running.join(', ')}.`,
      );
    for (const each of names) traffic.stop(each);
    return names;
  }

  /**
   * Begins a fault of a DMS, of all simulated ones where none is named; undefined ends it. Returns the names of those
   * DMSs. Throws a DotsError `orchestrator/fault`.
   */
  setFault(fault: string | undefined, dms?: string): string[] {
    const { scrubbers, policy } = this.mitigator;
    const names = dms === undefined ? policy.dms.filter(({ profile }) => profile === undefined) : [{ name: dms }];
    if (scrubbers === undefined || names.length === 0)
      throw new DotsError('usage', 'orchestrator/fault', 'The policy has no simulated DMS.', 'Add one to "dms".');
    for (const { name } of names) scrubbers.setFault(name, fault);
    return names.map(({ name }) => name);
  }

  private usualTarget(): string {
    const { targets, clients } = this.policy;
    const own = clients.flatMap(({ role, ownPrefixes = [] }) => (role === 'customer' ? ownPrefixes : []));
    const to = targets[0]?.prefix ?? own[0];
    if (to === undefined)
      throw notSimulated('The policy has no target, and no customer with own prefixes', 'Name one.');
    return to;
  }

  private mitigations(): CarriedMitigation[] {
    const { mitigations, decisionOf, now } = this.snapshot();
    return mitigations.map((mitigation) => carried(mitigation, decisionOf(mitigation), now));
  }
}

function carried(mitigation: Mitigation, decision: ReturnType<ServerSnapshot['decisionOf']>, now: number) {
  const { cuid, mid, status, scope } = mitigation;
  return {
    ...{ client: decision?.client ?? cuid, cuid, mid, status, statusLabel: statusLabels[status] },
    ...{ lifetime: remainingLifetime(mitigation, now), targets: targetsOf(scope) },
    dms: decision?.action === 'scrub' ? decision.dms : undefined,
    nodes: decision?.nodes ?? [],
    strategy: decision?.strategy,
  };
}

const notSimulated = (what: string, hint: string): DotsError =>
  new DotsError('usage', 'orchestrator/traffic', `${what}.`, hint);
