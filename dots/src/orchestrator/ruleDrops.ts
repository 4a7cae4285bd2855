import type { Amount } from '#dots/world/tally';
import type { World } from '#dots/world/world';
import type { InstalledAt } from './nodeTables';

const none: Amount = { bits: 0n, packets: 0n };

/** What rules have dropped since they act for somebody: what they dropped before, for others, does not count. */
export class RuleDrops {
  private past = none;
  /** The rules that act, and what each had dropped when it was looked at last. */
  private since = new Map<string, { rule: InstalledAt; seen: Amount }>();

  constructor(private readonly world: World) {}

  /** These rules act from now on. */
  follow(rules: readonly InstalledAt[]): void {
    this.settle();
    const before = this.since;
    this.since = new Map(
      rules.map((rule) => {
        const key = `${rule.node} ${rule.id}`;
        return [key, before.get(key) ?? { rule, seen: this.droppedBy(rule) }];
      }),
    );
  }

  /** Counts what has been dropped so far: a rule takes its counters along when it is removed. */
  settle(): void {
    for (const each of this.since.values()) {
      const now = this.droppedBy(each.rule);
      // A rule that was replaced counts anew.
      const from = each.seen.bits <= now.bits ? each.seen : none;
      each.seen = now;
      this.past = {
        bits: this.past.bits + now.bits - from.bits,
        packets: this.past.packets + now.packets - from.packets,
      };
    }
  }

  total(): Amount {
    this.settle();
    return this.past;
  }

  private droppedBy({ node, id }: InstalledAt): Amount {
    return this.world.ruleCounters(node, id)?.dropped ?? none;
  }
}
