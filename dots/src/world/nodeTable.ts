import { compareKeys, orderKey, type OrderKey } from '#dots/flowspec/bgp/order';
import { destinationOf, type Action, type FlowspecRule } from '#dots/flowspec/bgp/rule';
import { ruleMatches } from '#dots/flowspec/packets/evaluate';
import type { Packet } from '#dots/flowspec/packets/packet';
import type { Prefix } from '#dots/model/prefix';
import { PrefixSets } from '#dots/model/prefixSets';
import { samplesWhere, type SampleSet } from './sampleSet';
import { Tally, type Now } from './tally';
import type { CompleteClass } from './trafficClass';

/** A rule of a node; the id is the caller's, and the only one of its kind on the node. */
export interface NodeRule extends Pick<FlowspecRule, 'family' | 'components' | 'actions'> {
  id: string;
}

/** A class with its samples. */
export interface SampledClass extends CompleteClass {
  packets: readonly Packet[];
}

/** A rule on a node, what it matched and what it dropped. */
export interface InstalledRule {
  readonly rule: NodeRule;
  readonly matched: Tally;
  readonly dropped: Tally;
}

interface Entry extends InstalledRule {
  key: OrderKey;
  /** The destinations that it may match: all of the family where it names none. */
  to: Prefix;
  /** The samples that match it, for each class that has any, whatever the rules before it do. */
  matches: Map<string, SampleSet>;
}

/** Samples of a class, and the rules that act on them, in their order. */
export interface Treatment {
  samples: SampleSet;
  rules: readonly InstalledRule[];
}

/**
 * The rules of a node, in the order in which routers test them (RFC 8955 section 5.1). Each rule is compared once with
 * each sample of the classes that it may touch; what the table does follows from these results, so that a change of
 * one rule compares that rule alone, and its removal nothing. A rule that no class touches costs nothing.
 */
export class NodeTable {
  private readonly byId = new Map<string, Entry>();
  private readonly byDestination = new PrefixSets();
  /** The rules that match samples of a class, in their order. */
  private readonly byClass = new Map<string, Entry[]>();
  private readonly classes = new Map<string, SampledClass>();
  private readonly classesByTarget = new PrefixSets();
  /** Rules that were removed since the last second began: what they dropped in it still counts. */
  private removed: Entry[] = [];
  /** The rules that acted in the current second, in their order. */
  private acted: Entry[] = [];

  constructor(
    private readonly now: Now,
    private readonly matches: typeof ruleMatches = ruleMatches,
  ) {}

  /** How many rules there are. */
  get size(): number {
    return this.byId.size;
  }

  /** The ids of the rules that matched traffic in the current second. */
  get actingIds(): readonly string[] {
    return this.acted.map(({ rule }) => rule.id);
  }

  /** The rules that may have dropped traffic of a class in the current second, removed ones included. */
  rulesTouching(name: string): readonly InstalledRule[] {
    return [...(this.byClass.get(name) ?? []), ...this.removed];
  }

  rule(id: string): InstalledRule | undefined {
    return this.byId.get(id);
  }

  /** Adds a rule, in place of one with the same id. Returns the names of the classes that it touches. */
  add(rule: NodeRule): string[] {
    const touched = this.remove(rule.id);
    const entry: Entry = {
      rule,
      key: orderKey(rule.components),
      to: destinationOf(rule),
      matches: new Map(),
      matched: new Tally(this.now),
      dropped: new Tally(this.now),
    };
    this.byId.set(rule.id, entry);
    this.byDestination.add(entry.to, rule.id);
    for (const name of new Set(this.classesByTarget.overlapping(entry.to)))
      this.compare(entry, this.classes.get(name) as SampledClass);
    return [...new Set([...touched, ...entry.matches.keys()])];
  }

  /** Removes a rule. Returns the names of the classes that it touched. */
  remove(id: string): string[] {
    const entry = this.byId.get(id);
    if (entry === undefined) return [];
    this.byId.delete(id);
    this.byDestination.delete(entry.to, id);
    for (const name of entry.matches.keys()) {
      const rules = this.byClass.get(name) ?? [];
      rules.splice(rules.indexOf(entry), 1);
    }
    this.removed.push(entry);
    return [...entry.matches.keys()];
  }

  addClass(traffic: SampledClass): void {
    this.classes.set(traffic.name, traffic);
    this.classesByTarget.add(traffic.to, traffic.name);
    for (const id of new Set(this.byDestination.overlapping(traffic.to)))
      this.compare(this.byId.get(id) as Entry, traffic);
  }

  forgetClass(name: string): void {
    const traffic = this.classes.get(name);
    if (traffic === undefined) return;
    this.classes.delete(name);
    this.classesByTarget.delete(traffic.to, name);
    for (const { matches, matched, dropped } of [...(this.byClass.get(name) ?? []), ...this.removed]) {
      matches.delete(name);
      matched.forget(name);
      dropped.forget(name);
    }
    this.byClass.delete(name);
  }

  beginSecond(): void {
    this.removed = [];
    this.acted = [];
  }

  /** Part of a second: those of these rules that are of this table act. Returns them in their order. */
  act(rules: Iterable<InstalledRule>): readonly InstalledRule[] {
    const own = [...rules].filter((rule): rule is Entry => this.byId.get(rule.rule.id) === rule);
    return (this.acted = own.sort(compareEntries));
  }

  /** Splits samples of a class by the rules that act on them; those that no rule matches have none. */
  treatments(name: string, samples: SampleSet): Treatment[] {
    let open: Treatment[] = [{ samples, rules: [] }];
    const decided: Treatment[] = [];
    for (const entry of this.byClass.get(name) ?? []) {
      const matches = entry.matches.get(name) as SampleSet;
      const goesOn = continues(entry.rule.actions);
      const next: Treatment[] = [];
      for (const treatment of open) {
        const [hit, rest] = [treatment.samples & matches, treatment.samples & ~matches];
        if (hit !== 0n) (goesOn ? next : decided).push({ samples: hit, rules: [...treatment.rules, entry] });
        if (rest !== 0n) next.push({ samples: rest, rules: treatment.rules });
      }
      open = next;
    }
    return [...decided, ...open];
  }

  private compare(entry: Entry, { name, packets }: SampledClass): void {
    const set = samplesWhere(packets, (packet) => this.matches(entry.rule, packet));
    if (set === 0n) return;
    entry.matches.set(name, set);
    const rules = this.byClass.get(name) ?? [];
    const at = rules.findIndex((other) => compareEntries(entry, other) < 0);
    rules.splice(at < 0 ? rules.length : at, 0, entry);
    this.byClass.set(name, rules);
  }
}

/** The order in which rules are tested; those of one family do not concern the other. */
const compareEntries = (a: Entry, b: Entry): number =>
  a.rule.family === b.rule.family ? compareKeys(a.key, b.key) : a.rule.family < b.rule.family ? -1 : 1;

/** Whether routers go on to later rules after one with these actions (RFC 8955 section 7.3). */
const continues = (actions: readonly Action[]): boolean =>
  actions.some((action) => action.kind === 'traffic-action' && action.terminal);
