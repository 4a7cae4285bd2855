import type { Policy } from '#dots/workspace/policy/policy';
import type { World } from '#dots/world/world';
import { QuietWatch } from './dms/quiet';
import type { InstalledAt } from './nodeTables';

/** What rules do: they do not act yet, they met no attack, they meet one, or it is over. */
export type RuleState = 'waiting' | 'idle' | 'attack' | 'over';

/** A mitigation that is filtered. */
interface Watched {
  /** What its rules do, when that changes. */
  rulesAre(state: RuleState): void;
}

/** The rules of mitigations that need the same ones. */
class RuleWatch {
  readonly members = new Set<Watched>();
  state: RuleState = 'waiting';
  private readonly quiet: QuietWatch;
  private hasMet = false;

  constructor(
    readonly rules: readonly InstalledAt[],
    quiet: Policy['quiet'],
  ) {
    this.quiet = new QuietWatch(quiet);
  }

  /** A second has passed. Whether the state has changed. */
  second(world: World): boolean {
    const matched = this.rules.map(({ node, id }) => world.attackMatched(node, id));
    const bits = matched.reduce<number>((sum, each) => sum + (each ?? 0), 0);
    this.hasMet ||= bits > 0;
    const isOver = this.quiet.isOver(bits);
    const before = this.state;
    this.state = matched.includes(undefined) ? 'waiting' : isOver ? 'over' : this.hasMet ? 'attack' : 'idle';
    return this.state !== before;
  }
}

/**
 * Watches the rules of mitigations, once for all that need the same ones. A second costs as much as rules meet traffic
 * in it, or wait to be installed.
 */
export class RuleWatches {
  /** The latest of each set of rules. */
  private readonly bySet = new Map<string, RuleWatch>();
  private readonly byRule = new Map<string, Set<RuleWatch>>();
  private readonly of = new Map<Watched, RuleWatch>();
  /** Those that something will happen to, whatever traffic does. */
  private readonly pending = new Set<RuleWatch>();

  constructor(
    private readonly world: World,
    public policy: Pick<Policy, 'nodes' | 'quiet'>,
  ) {}

  /** Whether something will happen. */
  get isBusy(): boolean {
    return this.pending.size > 0;
  }

  /** A mitigation needs these rules. One whose attack is over for others has not met it: it is watched anew. */
  join(running: Watched, rules: readonly InstalledAt[]): void {
    this.leave(running);
    const known = this.bySet.get(setOf(rules));
    const watch = known === undefined || known.state === 'over' ? this.begin(rules) : known;
    watch.members.add(running);
    this.of.set(running, watch);
    running.rulesAre(watch.state);
  }

  leave(running: Watched): void {
    const watch = this.of.get(running);
    this.of.delete(running);
    watch?.members.delete(running);
    if (watch?.members.size === 0) this.end(watch);
  }

  /** The attack goes on for a mitigation: what it met before does not count. */
  renew(running: Watched): void {
    const watch = this.of.get(running);
    if (watch === undefined) return;
    this.bySet.delete(setOf(watch.rules));
    this.join(running, watch.rules);
  }

  /** A second has passed. */
  second(): void {
    const due = new Set(this.pending);
    for (const { name } of this.policy.nodes)
      for (const id of this.world.actingRules(name))
        for (const watch of this.byRule.get(keyOf({ node: name, id })) ?? []) due.add(watch);
    for (const watch of due) {
      const hasChanged = watch.second(this.world);
      if (watch.state === 'idle' || watch.state === 'over') this.pending.delete(watch);
      else this.pending.add(watch);
      if (hasChanged) for (const running of [...watch.members]) running.rulesAre(watch.state);
    }
  }

  private begin(rules: readonly InstalledAt[]): RuleWatch {
    const watch = new RuleWatch(rules, this.policy.quiet);
    this.bySet.set(setOf(rules), watch);
    for (const rule of rules) {
      const watches = this.byRule.get(keyOf(rule)) ?? new Set();
      this.byRule.set(keyOf(rule), watches.add(watch));
    }
    this.pending.add(watch);
    return watch;
  }

  private end(watch: RuleWatch): void {
    this.pending.delete(watch);
    if (this.bySet.get(setOf(watch.rules)) === watch) this.bySet.delete(setOf(watch.rules));
    for (const rule of watch.rules) {
      const watches = this.byRule.get(keyOf(rule));
      watches?.delete(watch);
      if (watches?.size === 0) this.byRule.delete(keyOf(rule));
    }
  }
}

const keyOf = ({ node, id }: InstalledAt): string => `${node} ${id}`;

const setOf = (rules: readonly InstalledAt[]): string => rules.map(keyOf).sort().join('\n');
