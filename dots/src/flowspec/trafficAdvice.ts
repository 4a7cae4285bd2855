import { limitsTraffic } from './advice';
import { describeActions } from './bgp/ruleText';
import type { Findings, Remark } from './documents/findings';
import { remainder, type Search } from './order/conflicts';
import type { EncodedRule } from './order/encodedRule';
import { decidedPackets, type Decided, type Traffic } from './order/traffic';
import type { Entry } from './packets/draft';
import { describePacket } from './packets/packet';
import { regionsOf, type Region } from './packets/region';
import { bgpPackets, signalPackets } from './packets/sessions';

/** Traffic that rules should not drop, in words. */
interface Wanted {
  code: `flowspec/${string}`;
  /** What is dropped. */
  packets: string;
  /** What to do. */
  advice: string;
  rfc: string;
}

const families = ['ipv4', 'ipv6'] as const;

function sessionTraffic(ports: readonly number[]): Traffic<Wanted>[] {
  const session = {
    code: 'flowspec/control-port',
    advice: 'Make sure that this does not cut off your own sessions.',
    rfc: '8955 12',
  } as const;
  const bgp = { ...session, packets: 'packets of BGP sessions' };
  const dots = { ...session, packets: 'packets of DOTS signal channels' };
  return families.flatMap((family) => [
    { what: bgp, family, regions: bgpPackets(family) },
    { what: dots, family, regions: signalPackets(family, ports) },
  ]);
}

/** Regions made while earlier entries are cut out of those that accept. */
const mostCuts = 100_000;

/** What the entries of ACLs accept, in their order, without what earlier ones drop. */
function acceptedTraffic(entries: readonly Entry[]): Traffic<Wanted>[] {
  const search: Search = { cutsLeft: mostCuts };
  const before = { ipv4: [] as Region[], ipv6: [] as Region[] };
  return entries.flatMap((entry) => {
    const isAccept = entry.actions.length === 0 && entry.leftOut !== true;
    return families.flatMap((family) => {
      const own = entry.drafts.flatMap((draft) =>
        draft.family === family ? (regionsOf(draft.components, family) ?? []) : [],
      );
      const regions = isAccept ? remainder(own, before[family], search) : [];
      if (!isAccept) before[family].push(...own);
      return regions.length === 0 ? [] : [{ what: accepted(entry), family, regions }];
    });
  });
}

function accepted({ label, source: { file } }: Entry): Wanted {
  return {
    code: 'flowspec/accepted-traffic',
    packets: `packets that ${label} in ${file} accepts`,
    advice: 'Translate that document as well, so that its entries come first, or name a narrower target.',
    rfc: '9132 4.4.1.3',
  };
}

/** The most kinds of traffic that one finding names. */
const mostNamed = 3;

/** Reports, once for an entry, which traffic its rules drop, each kind with a packet. */
function reportAll(decided: readonly Decided<Wanted>[], rules: readonly EncodedRule[], report: Findings): void {
  const byEntry = new Map<Entry, Map<string, Decided<Wanted>>>();
  for (const one of decided) {
    const { entry } = rules[one.rule] as EncodedRule;
    const known = byEntry.get(entry) ?? new Map<string, Decided<Wanted>>();
    if (!known.has(one.what.packets)) known.set(one.what.packets, one);
    byEntry.set(entry, known);
  }
  for (const [entry, kinds] of byEntry) report.add(entry.source, remark(entry, [...kinds.values()]));
}

function remark({ actions }: Entry, kinds: readonly Decided<Wanted>[]): Remark {
  const [first] = kinds as [Decided<Wanted>];
  const { code, rfc, advice } = first.what;
  const named = kinds
    .slice(0, mostNamed)
    .map(({ what: { packets }, packet }) => `${packets} (for example ${describePacket(packet)})`);
  const more = kinds.length > mostNamed ? [`${kinds.length - mostNamed} more`] : [];
  const drops = describeActions(actions) === 'discard' ? 'drops' : 'limits';
  return {
    code,
    class: 'advice',
    severity: 'warning',
    rfc,
    message: `This ${drops} ${[...named, ...more].join(' and ')}. ${advice}`,
  };
}

/**
 * Warns of rules that drop, or limit, packets of BGP and DOTS sessions, or packets that ACLs which are not translated
 * accept. Only packets that routers decide by these rules count.
 */
export function adviseOnTraffic(
  rules: readonly EncodedRule[],
  { signalPorts, accepting }: { signalPorts: readonly number[]; accepting: readonly Entry[] },
  report: Findings,
): void {
  const listed = rules.map((rule) => rule.listed);
  const limits = (index: number): boolean => limitsTraffic((rules[index] as EncodedRule).entry);
  reportAll(decidedPackets(listed, sessionTraffic(signalPorts), limits) ?? [], rules, report);
  const decided = decidedPackets(listed, acceptedTraffic(accepting), limits);
  if (decided !== undefined) return reportAll(decided, rules, report);
  const { file } = (rules[0] as EncodedRule).entry.source;
  report.information(
    { file, pointer: '' },
    'flowspec/accepted-traffic',
    '9132 4.4.1.3',
    'The ACLs of the workspace are too many to compare their accept entries with these rules.',
  );
}
