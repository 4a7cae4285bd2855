import { itemsOf, type JsonObject } from '#dots/model/json';
import { overlaps, parsePrefix, type Prefix } from '#dots/model/prefix';
import type { TrafficClass } from '#dots/model/trafficClass';
import type { VectorName } from '#dots/model/attackVectors';
import { trafficFor, type RequestedAttack } from '#dots/world/attack';
import type { World } from '#dots/world/world';
import type { Policy } from '#dots/workspace/policy/policy';
import { matchOf } from './requestFacts';

/** How long the attack on a mitigation lasts that meets no traffic of the policy, seconds. */
const attackSeconds = 300;

/** How many classes attacks have at once, those of one attack, and how many attacks begin in one second. */
const mostClasses = 64;
const mostOfAttack = 16;
const mostBegun = 8;

interface Wanted {
  scope: JsonObject;
  vectors: readonly VectorName[];
  /** How many seconds ago the request was made. */
  age: number;
}

/** The attack that alike requests meet. */
interface Attack {
  requested: RequestedAttack;
  /** Keys of the mitigations. */
  members: Set<string>;
  seconds: number;
  /** The second after which it is over, and its classes; undefined: it does not run. */
  running?: { until: number; classes: readonly string[] };
}

/**
 * The traffic that mitigations meet: that of the policy or, where it has none for their targets, an attack of the
 * vectors that they name, beside legitimate traffic. Alike requests meet the same attack. So many attacks as bound the
 * work of a second run at once; others wait for their end.
 */
export class AttackTraffic {
  private readonly attacks = new Map<string, Attack>();
  private readonly byMember = new Map<string, string>();
  private readonly waiting = new Set<Attack>();
  private readonly running = new Set<Attack>();
  private classes = 0;
  /** What lasts until it is stopped, by name: the traffic of the policy, and what was started beside it. */
  private readonly lasting: Map<string, TrafficClass>;

  constructor(
    private readonly world: World,
    private policy: Pick<Policy, 'traffic' | 'quiet'>,
  ) {
    this.lasting = new Map(policy.traffic.map((traffic) => [traffic.name, traffic]));
    for (const traffic of policy.traffic) world.addClass(traffic);
  }

  /** Follows the traffic of another policy: classes that are the same continue. */
  adopt(policy: Pick<Policy, 'traffic' | 'quiet'>): void {
    const started = new Set(this.started);
    const before = this.policy.traffic;
    this.policy = policy;
    const isSame = (one: TrafficClass): boolean =>
      before.some((other) => JSON.stringify(other) === JSON.stringify(one));
    const names = new Set(policy.traffic.map(({ name }) => name));
    for (const { name } of before) if (!names.has(name) && !started.has(name)) this.stop(name);
    for (const traffic of policy.traffic) if (!isSame(traffic)) this.start(traffic);
  }

  /** The names of what was started beside the traffic of the policy. */
  get started(): string[] {
    const names = new Set(this.policy.traffic.map(({ name }) => name));
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

  /** Whether there is traffic without a mitigation. */
  get isLasting(): boolean {
    return this.lasting.size > 0;
  }

  /** Whether there is traffic, or will be. */
  get isBusy(): boolean {
    return this.isLasting || this.running.size + this.waiting.size > 0;
  }

  /** A mitigation has started. @param scope with the targets of its aliases */
  want(key: string, { scope, vectors, age }: Wanted): void {
    const targets = itemsOf(scope['target-prefix']).map(String);
    const seconds = attackSeconds - age;
    if (targets.length === 0 || seconds <= 0 || this.isMet(targets)) return;
    const match = matchOf(scope);
    const alike = JSON.stringify([targets, vectors, match]);
    const attack = this.attacks.get(alike) ?? {
      requested: { name: key, targets, vectors, ...match },
      members: new Set(),
      seconds,
    };
    this.attacks.set(alike, attack);
    this.byMember.set(key, alike);
    attack.members.add(key);
    attack.seconds = Math.max(attack.seconds, seconds);
    if (attack.running === undefined) this.waiting.add(attack);
  }

  /** The attack on a mitigation goes on, for as long again. */
  renew(key: string): void {
    const attack = this.attacks.get(this.byMember.get(key) ?? '');
    if (attack === undefined) return;
    this.leave(attack);
    attack.seconds = attackSeconds;
    this.waiting.add(attack);
  }

  /** A mitigation has ended, and with the last of alike ones the attack. */
  end(key: string): void {
    const alike = this.byMember.get(key) ?? '';
    const attack = this.attacks.get(alike);
    this.byMember.delete(key);
    attack?.members.delete(key);
    if (attack === undefined || attack.members.size > 0) return;
    this.leave(attack);
    this.waiting.delete(attack);
    this.attacks.delete(alike);
  }

  /** Part of each second. */
  begin(): void {
    for (const attack of [...this.running]) if (this.world.second >= (attack.running?.until ?? 0)) this.leave(attack);
    let begun = 0;
    for (const attack of this.waiting) {
      if (begun === mostBegun || this.classes > mostClasses - mostOfAttack) return;
      this.waiting.delete(attack);
      this.meet(attack);
      begun += 1;
    }
  }

  private meet(attack: Attack): void {
    const all = trafficFor(attack.requested).slice(0, mostOfAttack);
    for (const traffic of all) this.world.addClass(lasting(traffic, attack.seconds));
    const until = this.world.second + attack.seconds + this.policy.quiet.for + 2;
    attack.running = { until, classes: all.map(({ name }) => name) };
    this.running.add(attack);
    this.classes += all.length;
  }

  /** The classes of an attack leave the world: it is over, and was quiet for as long as that takes to be noticed. */
  private leave(attack: Attack): void {
    for (const name of attack.running?.classes ?? []) this.world.removeClass(name);
    this.classes -= attack.running?.classes.length ?? 0;
    this.running.delete(attack);
    delete attack.running;
  }

  private isMet(texts: readonly string[]): boolean {
    if (!this.isLasting) return false;
    const targets = texts.flatMap((text) => parsePrefix(text) ?? []);
    const meets = (to: Prefix | undefined): boolean =>
      to !== undefined && targets.some((target) => overlaps(target, to));
    return [...this.lasting.values()].some(({ to }) => meets(parsePrefix(to)));
  }
}

function lasting(traffic: TrafficClass, seconds: number): TrafficClass {
  const { kind, rate } = traffic;
  if (kind !== 'attack' || typeof rate !== 'number') return traffic;
  return {
    ...traffic,
    rate: [
      [0, rate],
      [seconds, rate],
      [seconds + 1, 0],
    ],
  };
}
