import { compareKeys, orderKey, type OrderKey } from '#dots/flowspec/bgp/order';
import { prefixComponent, type Action, type FlowspecRule } from '#dots/flowspec/bgp/rule';
import { ruleMatches } from '#dots/flowspec/packets/evaluate';
import type { Packet } from '#dots/flowspec/packets/packet';
import { overlaps } from '#dots/model/prefix';
import { samplesWhere, type SampleSet } from './sampleSet';
import { Tally } from './tally';
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
 * one rule compares that rule alone, and its removal nothing.
 */
export class NodeTable {
  private readonly entries: Entry[] = [];
  private readonly byId = new Map<string, Entry>();
  /** Rules that were removed since the last second began: what they dropped in it still counts. */
  private removed: Entry[] = [];

  constructor(private readonly matches: typeof ruleMatches = ruleMatches) {}

  /** In the order in which they are tested. */
  get rules(): readonly InstalledRule[] {
    return this.entries;
  }

  /** The rules that acted in the current second, removed ones included. */
  get rulesOfSecond(): readonly InstalledRule[] {
    return [...this.entries, ...this.removed];
  }

  rule(id: string): InstalledRule | undefined {
    return this.byId.get(id);
  }

  /** Adds a rule, in place of one with the same id. Returns the names of the classes that it touches. */
  add(rule: NodeRule, classes: Iterable<SampledClass>): string[] {
    const touched = this.remove(rule.id);
    const entry: Entry = {
      rule,
      key: orderKey(rule.components),
      matches: new Map(),
      matched: new Tally(),
      dropped: new Tally(),
    };
    for (const traffic of classes) this.compare(entry, traffic);
    const at = this.entries.findIndex((other) => compareEntries(entry, other) < 0);
    this.entries.splice(at < 0 ? this.entries.length : at, 0, entry);
    this.byId.set(rule.id, entry);
    return [...new Set([...touched, ...entry.matches.keys()])];
  }

  /** Removes a rule. Returns the names of the classes that it touched. */
  remove(id: string): string[] {
    const entry = this.byId.get(id);
    if (entry === undefined) return [];
    this.byId.delete(id);
    this.entries.splice(this.entries.indexOf(entry), 1);
    this.removed.push(entry);
    return [...entry.matches.keys()];
  }

  addClass(traffic: SampledClass): void {
    for (const entry of this.entries) this.compare(entry, traffic);
  }

  forgetClass(name: string): void {
    for (const { matches, matched, dropped } of [...this.entries, ...this.removed]) {
      matches.delete(name);
      matched.forget(name);
      dropped.forget(name);
    }
  }

  beginSecond(): void {
    this.removed = [];
    for (const { matched, dropped } of this.entries) {
      matched.beginSecond();
      dropped.beginSecond();
    }
  }

  /** Splits samples of a class by the rules that act on them; those that no rule matches have none. */
  treatments(name: string, samples: SampleSet): Treatment[] {
    let open: Treatment[] = [{ samples, rules: [] }];
    const decided: Treatment[] = [];
    for (const entry of this.entries) {
      const matches = entry.matches.get(name);
      if (matches === undefined) continue;
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

  private compare({ rule, matches }: Entry, { name, to, packets }: SampledClass): void {
    const destination = prefixComponent(rule.components, 1);
    const isElsewhere = destination?.offset === 0 && !overlaps(destination, to);
    if (rule.family !== to.family || isElsewhere) return;
    const set = samplesWhere(packets, (packet) => this.matches(rule, packet));
    if (set !== 0n) matches.set(name, set);
  }
}

/** The order in which rules are tested; those of one family do not concern the other. */
const compareEntries = (a: Entry, b: Entry): number =>
  a.rule.family === b.rule.family ? compareKeys(a.key, b.key) : a.rule.family < b.rule.family ? -1 : 1;

/** Whether routers go on to later rules after one with these actions (RFC 8955 section 7.3). */
const continues = (actions: readonly Action[]): boolean =>
  actions.some((action) => action.kind === 'traffic-action' && action.terminal);
