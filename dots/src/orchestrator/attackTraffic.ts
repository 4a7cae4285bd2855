import { itemsOf, type JsonObject } from '#dots/model/json';
import { overlaps, parsePrefix, type Prefix } from '#dots/model/prefix';
import type { TrafficClass } from '#dots/model/trafficClass';
import type { VectorName } from '#dots/model/attackVectors';
import { trafficFor } from '#dots/world/attack';
import type { World } from '#dots/world/world';
import { matchOf } from './requestFacts';

/** How long the attack on a mitigation lasts that meets no traffic of the policy, seconds. */
const attackSeconds = 300;

/** How many mitigations meet an attack at once, and how many begin to in one second: it bounds the work of a second. */
const mostMet = 500;
const mostBegun = 20;

interface Wanted {
  scope: JsonObject;
  vectors: readonly VectorName[];
}

/**
 * The traffic that mitigations meet: that of the policy or, where it has none for their targets, an attack of the
 * vectors that they name, beside legitimate traffic.
 */
export class AttackTraffic {
  private readonly waiting = new Map<string, Wanted>();
  private readonly begun = new Map<string, string[]>();
  /** What lasts until it is stopped, by name: the traffic of the policy, and what was started beside it. */
  private readonly lasting: Map<string, TrafficClass>;

  constructor(
    private readonly world: World,
    private ofPolicy: readonly TrafficClass[],
  ) {
    this.lasting = new Map(ofPolicy.map((traffic) => [traffic.name, traffic]));
    for (const traffic of ofPolicy) world.addClass(traffic);
  }

  /** Follows the traffic of another policy: classes that are the same continue. */
  adopt(ofPolicy: readonly TrafficClass[]): void {
    const started = new Set(this.started);
    const before = this.ofPolicy;
    this.ofPolicy = ofPolicy;
    const isSame = (one: TrafficClass): boolean =>
      before.some((other) => JSON.stringify(other) === JSON.stringify(one));
    const names = new Set(ofPolicy.map(({ name }) => name));
    for (const { name } of before) if (!names.has(name) && !started.has(name)) this.stop(name);
    for (const traffic of ofPolicy) if (!isSame(traffic)) this.start(traffic);
  }

  /** The names of what was started beside the traffic of the policy. */
  get started(): string[] {
    const names = new Set(this.ofPolicy.map(({ name }) => name));
    return [...this.lasting.keys()].filter((name) => !names.has(name));
  }

  /** Begins traffic that lasts until `stop`; it replaces what has its name. */
  start(traffic: TrafficClass): void {
    this.lasting.set(traffic.name, traffic);
    this.world.addClass(traffic);
  }

  /** Ends traffic by its name. */
  stop(name: string): void {
    this.lasting.delete(name);
    this.world.removeClass(name);
  }

  /** A mitigation has started. @param scope with the targets of its aliases */
  want(key: string, wanted: Wanted): void {
    if (!this.isMet(wanted.scope)) this.waiting.set(key, wanted);
  }

  /** A mitigation has ended, and with it the attack. */
  end(key: string): void {
    this.waiting.delete(key);
    for (const name of this.begun.get(key) ?? []) this.world.removeClass(name);
    this.begun.delete(key);
  }

  /** Whether there is traffic without a mitigation. */
  get isLasting(): boolean {
    return this.lasting.size > 0;
  }

  /** Part of each second. */
  begin(): void {
    const left = Math.min(mostBegun, mostMet - this.begun.size);
    for (const [key, { scope, vectors }] of [...this.waiting].slice(0, Math.max(0, left))) {
      this.waiting.delete(key);
      const targets = itemsOf(scope['target-prefix']).map(String);
      const classes = trafficFor({ name: key, targets, vectors, ...matchOf(scope) }).map(ending);
      for (const traffic of classes) this.world.addClass(traffic);
      this.begun.set(
        key,
        classes.map(({ name }) => name),
      );
    }
  }

  private isMet(scope: JsonObject): boolean {
    const targets = itemsOf(scope['target-prefix']).flatMap((text) => parsePrefix(String(text)) ?? []);
    const meets = (to: Prefix | undefined): boolean =>
      to !== undefined && targets.some((target) => overlaps(target, to));
    return [...this.lasting.values()].some(({ to }) => meets(parsePrefix(to)));
  }
}

function ending(traffic: TrafficClass): TrafficClass {
  const { kind, rate } = traffic;
  if (kind !== 'attack' || typeof rate !== 'number') return traffic;
  return {
    ...traffic,
    rate: [
      [0, rate],
      [attackSeconds, rate],
      [attackSeconds + 1, 0],
    ],
  };
}
