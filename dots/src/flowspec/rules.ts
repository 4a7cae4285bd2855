import { advise } from './advice';
import { encodeAction } from './communities';
import { compareOrders, listRule, type Comparison, type Conflict, type ListedRule } from './conflicts';
import type { Draft, Entry } from './draft';
import { FlowspecError } from './error';
import { encodeNlri } from './nlri';
import { describePacket } from './packet';
import { regionsOf, regionsTouch } from './region';
import type { Report } from './report';
import { describeActions, describeMatch, describeRule } from './text';
import type { FlowspecRule } from './types';

/** A rule with the entry it comes from. */
interface Made { rule: FlowspecRule; entry: Entry; listed: ListedRule }

/** The table of rules while it is filled in the order of first-match evaluation. */
class RuleTable {
  readonly made: Made[] = [];
  /** Entries without rules, with how many rules stand before them. */
  readonly leftOut: { entry: Entry; from: number }[] = [];
  private readonly known = new Map<string, Made>();

  constructor(private readonly report: Report) {}

  /** Makes the rules of an entry; each one that cannot be, or that would never apply, is told. */
  add(entry: Entry): void {
    if (entry.leftOut === true) {
      this.leftOut.push({ entry, from: this.made.length });
      return;
    }
    const rules = entry.drafts.flatMap((draft) => this.make(draft, entry) ?? []);
    advise(entry, rules, this.report);
  }

  private make(draft: Draft, entry: Entry): FlowspecRule | undefined {
    const nlri = this.encode(draft, entry);
    const listed = listRule(draft.components, draft.family, describeActions(entry.actions));
    if (nlri === undefined || this.isUseless(draft, nlri, listed, entry)) return undefined;
    const rule = { ...draft, nlri, actions: entry.actions, ...communities(entry), text: describeRule(draft.components, entry.actions), source: entry.source };
    const made = { rule, entry, listed };
    this.made.push(made);
    this.known.set(`${draft.family} ${nlri}`, made);
    return rule;
  }

  private encode(draft: Draft, entry: Entry): string | undefined {
    try {
      return encodeNlri(draft.components, draft.family);
    } catch (error) {
      if (!(error instanceof FlowspecError)) throw error;
      this.report.error(entry.source, 'flowspec/too-long', '8955 4.1',
        `${entry.label} gets no rule for ${describeMatch(draft.components.slice(0, 1))}: ${error.message} ${error.hint ?? ''}`.trim());
      return undefined;
    }
  }

  /** A rule that no packet matches, or one that is in the table already: announced again, it would replace the first. */
  private isUseless(draft: Draft, nlri: string, listed: ListedRule, entry: Entry): boolean {
    const words = describeMatch(draft.components);
    if (listed.regions?.length === 0) {
      this.report.warning(entry.source, 'flowspec/never-matches', '8955 4.2',
        `No packet can match "${words}", so ${entry.label} gives no such rule.`);
      return true;
    }
    const first = this.known.get(`${draft.family} ${nlri}`);
    if (first === undefined) return false;
    const same = first.listed.action === listed.action;
    const difference = same ? '' : ` with another action (${first.listed.action}), and comes first`;
    this.report.add(entry.source, {
      code: same ? 'flowspec/duplicate' : 'flowspec/shadowed', severity: same ? 'information' : 'warning', rfc: '8955 4',
      message: `${first.entry.label} already has the rule "${words}"${difference}; the one of ${entry.label} is left out.`,
    });
    return true;
  }
}

function communities({ actions }: Entry): Pick<FlowspecRule, 'extendedCommunities' | 'ipv6ExtendedCommunities'> {
  const encoded = actions.map(encodeAction);
  const ipv6 = encoded.filter((hex) => hex.length === 40);
  return { extendedCommunities: encoded.filter((hex) => hex.length === 16), ...(ipv6.length > 0 && { ipv6ExtendedCommunities: ipv6 }) };
}

/** Tells where routers, which order rules by what they match, decide otherwise than the order of the entries. */
function reportConflict({ first, routersFirst, packet }: Conflict, made: readonly Made[], report: Report): void {
  const [listed, routers] = [made[first], made[routersFirst]];
  if (listed === undefined || routers === undefined) return;
  const sameFile = listed.entry.source.file === routers.entry.source.file;
  report.add(routers.entry.source, {
    code: 'flowspec/order', severity: 'warning', rfc: '8955 5.1',
    message: `Routers test a rule of ${routers.entry.label} before ${listed.entry.label}, which comes first here. `
      + `Example: ${describePacket(packet)}. By the order here: ${listed.listed.action}; in routers: ${routers.listed.action}.`,
    ...(sameFile && { related: [{ pointer: listed.entry.source.pointer, message: `${listed.entry.label} comes first here` }] }),
  });
}

function reportOrder({ conflicts, unknown }: Comparison, made: readonly Made[], report: Report): void {
  const told = new Set<string>();
  for (const conflict of conflicts) {
    const pair = JSON.stringify([made[conflict.first]?.entry.source, made[conflict.routersFirst]?.entry.source]);
    if (!told.has(pair)) reportConflict(conflict, made, report);
    told.add(pair);
  }
  const place = made[0]?.entry.source;
  if (unknown !== undefined && place !== undefined) {
    report.warning({ file: place.file, pointer: '' }, 'flowspec/order-unknown', '8955 5.1',
      `Whether routers always decide as the order here does is not known: ${unknown}.`);
  }
}

/** Whether a rule may match packets that the entry is about. */
function concerns({ listed }: Made, entry: Entry): boolean {
  return entry.drafts.some(({ family, components }) => family === listed.family
    && (regionsOf(components, family) ?? []).some((a) => (listed.regions ?? []).some((b) => regionsTouch(a, b))));
}

/** Tells when packets that an entry without rules is about fall to a later entry that does something else with them. */
function reportLeftOut({ leftOut, made }: RuleTable, report: Report): void {
  for (const { entry, from } of leftOut) {
    const action = describeActions(entry.actions);
    const later = made.slice(from).find((one) => one.listed.action !== action && concerns(one, entry));
    if (later === undefined) continue;
    report.warning(entry.source, 'flowspec/left-out', '8783 4',
      `${entry.label} (${action}) has no rule, so that its packets fall to ${later.entry.label} (${later.listed.action}).`);
  }
}

/** Makes the rules of all entries, which come in the order of first-match evaluation, and compares that with the routers' order. */
export function makeRules(entries: readonly Entry[], report: Report): { rules: FlowspecRule[]; comparison: Comparison } {
  const table = new RuleTable(report);
  for (const entry of entries) table.add(entry);
  reportLeftOut(table, report);
  const comparison = compareOrders(table.made.map(({ listed }) => listed));
  reportOrder(comparison, table.made, report);
  return { rules: table.made.map(({ rule }) => rule), comparison };
}
