import { limitsTraffic } from './advice';
import type { Findings, Remark } from './documents/findings';
import { remainder, type Search } from './order/conflicts';
import type { EncodedRule } from './order/encodedRule';
import { decidedPackets, type Decided, type Traffic } from './order/traffic';
import type { Entry } from './packets/draft';
import { describePacket } from './packets/packet';
import { regionsOf, type Region } from './packets/region';
import { bgpPackets, signalPackets } from './packets/sessions';

/** Traffic that rules should let pass, in words. */
interface Wanted {
  code: `flowspec/${string}`;
  /** What is dropped. */
  packets: string;
  /** What to do. */
  advice: string;
  rfc: string;
}

const families = ['ipv4', 'ipv6'] as const;
const keepSessions = 'Make sure that this does not cut off your own sessions.';

function sessionTraffic(ports: readonly number[]): Traffic<Wanted>[] {
  const code = 'flowspec/control-port';
  const bgp = { code, packets: 'packets of BGP sessions (port 179)', advice: keepSessions, rfc: '8955 12' } as const;
  const dots = {
    code,
    packets: `packets of DOTS signal channels (port ${ports.join(', ')})`,
    advice: keepSessions,
    rfc: '9132 3',
  } as const;
  return families.flatMap((family) => [
    { what: bgp, family, regions: bgpPackets(family) },
    { what: dots, family, regions: signalPackets(family, ports) },
  ]);
}

/** Regions made while earlier entries are cut out of those that accept. */
const mostCuts = 100_000;

/** What the entries of ACLs accept, in their order: less what earlier ones drop. */
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

function remark({ code, packets, advice, rfc }: Wanted, rule: EncodedRule, example: string): Remark {
  const drops = rule.listed.action === 'discard' ? 'drops' : 'limits';
  return {
    code,
    class: 'advice',
    severity: 'warning',
    rfc,
    message: `This ${drops} ${packets}. Example: ${example}. ${advice}`,
  };
}

/** Reports each kind of traffic once for an entry, at the first of its rules that decides a packet of it. */
function reportAll(decided: readonly Decided<Wanted>[], rules: readonly EncodedRule[], report: Findings): void {
  const reported = new Map<Entry, Set<string>>();
  for (const { rule, what, packet } of decided) {
    const made = rules[rule] as EncodedRule;
    const known = reported.get(made.entry) ?? new Set();
    if (!known.has(what.packets)) report.add(made.entry.source, remark(what, made, describePacket(packet)));
    reported.set(made.entry, known.add(what.packets));
  }
}

/**
 * Warns of rules that drop, or limit, packets of BGP and DOTS sessions, or packets that ACLs which are not translated accept.
 * Only packets count that routers decide by these rules.
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
