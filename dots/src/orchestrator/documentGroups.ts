import { destinationOf, type FlowspecRule } from '#dots/flowspec/bgp/rule';
import { formatPrefix, type Prefix } from '#dots/model/prefix';
import { PrefixSets } from '#dots/model/prefixSets';

/** How many documents, and rules, are put in order together at most: it bounds the work of a change. */
const mostDocuments = 64;
const mostRules = 512;

/** What a document does with packets to some destinations. */
interface Claim {
  to: Prefix;
  action: string;
}

interface Member {
  claims: readonly Claim[];
  rules: number;
  group: ReadonlySet<string>;
}

/** How the groups have changed: those that there are no more, and the new ones. */
export interface Regrouping {
  left: ReadonlySet<ReadonlySet<string>>;
  made: readonly ReadonlySet<string>[];
}

/**
 * Documents in groups. Those of different groups have no destination in common for which they have different actions,
 * so their order does not matter: a change concerns the documents of its group alone. A document that would make a
 * group too large is alone.
 */
export class DocumentGroups {
  private readonly members = new Map<string, Member>();
  /** The files of claims, by action. */
  private readonly byAction = new Map<string, PrefixSets>();

  /** Sets the rules that a document has by itself; undefined: it is gone. */
  set(file: string, rules: readonly FlowspecRule[] | undefined): Regrouping {
    const left = new Set<ReadonlySet<string>>();
    const others = new Set(this.leave(file, left));
    if (rules === undefined) return { left, made: this.regrouped(others) };
    const claims = claimsOf(rules);
    const near = this.around(file, claims, rules.length);
    if (near === undefined) {
      const alone = new Set([file]);
      this.members.set(file, { claims: [], rules: rules.length, group: alone });
      return { left, made: [...this.regrouped(others), alone] };
    }
    this.members.set(file, { claims, rules: rules.length, group: new Set([file]) });
    for (const { to, action } of claims) this.claimed(action).add(to, file);
    for (const other of near) {
      left.add(this.groupOf(other));
      others.add(other);
    }
    return { left, made: this.regrouped(others.add(file)) };
  }

  /** The documents that are put in order with one, itself included. */
  groupOf(file: string): ReadonlySet<string> {
    return this.members.get(file)?.group ?? new Set();
  }

  /** Takes a document out. Returns the others of its group. */
  private leave(file: string, left: Set<ReadonlySet<string>>): string[] {
    const member = this.members.get(file);
    if (member === undefined) return [];
    left.add(member.group);
    this.members.delete(file);
    for (const { to, action } of member.claims) this.claimed(action).delete(to, file);
    return [...member.group].filter((other) => other !== file);
  }

  /** The documents of all groups that claims are related to; undefined where they are too many. */
  private around(file: string, claims: readonly Claim[], ruleCount: number): Set<string> | undefined {
    const near = new Set<string>();
    let rules = ruleCount;
    for (const other of this.related(file, claims)) {
      if (near.has(other)) continue;
      for (const each of this.groupOf(other)) {
        near.add(each);
        rules += this.members.get(each)?.rules ?? 0;
      }
      if (near.size >= mostDocuments || rules > mostRules) return undefined;
    }
    return near;
  }

  /** The documents that do something else with packets to the same destinations, each at least once. */
  private *related(file: string, claims: readonly Claim[]): Generator<string> {
    for (const claim of claims)
      for (const [action, prefixes] of this.byAction) {
        if (action === claim.action) continue;
        for (const other of prefixes.overlapping(claim.to)) if (other !== file) yield other;
      }
  }

  /** Divides documents into groups; those that they are related to are among them. */
  private regrouped(files: ReadonlySet<string>): ReadonlySet<string>[] {
    const open = new Set(files);
    const groups: ReadonlySet<string>[] = [];
    for (const first of files) {
      if (!open.delete(first)) continue;
      const group = new Set([first]);
      for (const file of group)
        for (const other of this.related(file, this.members.get(file)?.claims ?? []))
          if (open.delete(other)) group.add(other);
      for (const file of group) this.regroup(file, group);
      groups.push(group);
    }
    return groups;
  }

  private regroup(file: string, group: ReadonlySet<string>): void {
    const member = this.members.get(file);
    if (member !== undefined) this.members.set(file, { ...member, group });
  }

  private claimed(action: string): PrefixSets {
    const known = this.byAction.get(action) ?? new PrefixSets();
    this.byAction.set(action, known);
    return known;
  }
}

/** Each destination with each action once. */
function claimsOf(rules: readonly FlowspecRule[]): Claim[] {
  const claims = new Map<string, Claim>();
  for (const { family, components, actions } of rules) {
    const to = destinationOf({ family, components });
    const action = JSON.stringify(actions);
    claims.set(`${action} ${formatPrefix(to)}`, { to, action });
  }
  return [...claims.values()];
}
