import type { FlowspecRule } from '#dots/flowspec/bgp/rule';
import { renderingFindings } from '#dots/flowspec/renderings/render';
import { regionsOf, regionsTouch, type Region } from '#dots/flowspec/packets/region';
import { bgpPackets, signalPackets } from '#dots/flowspec/packets/sessions';
import { covers, formatPrefix, mappedIpv4, type Family, type Prefix } from '#dots/model/prefix';
import { plural } from '#dots/words/quantities';
import type { PolicyNode, Role } from '#dots/workspace/policy/policy';
import { normalTraffic, type Baseline } from './baseline';
import type { Refusal } from './refusal';

/** What a request has in its scope. */
export interface ScopeShape {
  /** ACLs that it switches on. */
  acls: boolean;
  /** Ports of the target. */
  targetPorts: boolean;
  /** Prefixes, ports or ICMP types of sources. */
  sources: boolean;
}

/** A request as it is checked before the answer. */
export interface CheckedRequest {
  role: Role;
  targets: readonly Prefix[];
  /** The own prefixes of its client; undefined: unrestricted. */
  ownPrefixes: readonly Prefix[] | undefined;
  scope: ScopeShape;
  /** The rules that it would add where it is filtered. */
  rules: readonly FlowspecRule[];
}

/** A node, and how many rules it has already. */
export interface ProgrammedNode extends Pick<PolicyNode, 'name' | 'rules' | 'router'> {
  installed: number;
}

/** What requests are checked against. */
export interface CheckContext {
  /** The nodes that would be programmed. */
  nodes: readonly ProgrammedNode[];
  baselines: readonly Baseline[];
  /** The ports of DOTS signal channels: rules for a DMS match no packet of theirs. */
  signalPorts: readonly number[];
}

/** The first check that a request fails; undefined where it passes all: what stays refused comes first. */
export function refusalOf(request: CheckedRequest, context: CheckContext): Refusal | undefined {
  return (
    outsideOwnPrefixes(request) ??
    tooWide(request) ??
    controlTraffic(request, context) ??
    beyondRouters(request, context) ??
    againstBaselines(request, context) ??
    beyondBudgets(request, context)
  );
}

/** A client protects its own prefixes only (RFC 9132 section 4.4.1.1). */
function outsideOwnPrefixes({ targets, ownPrefixes }: CheckedRequest): Refusal | undefined {
  const outside = targets.find(
    (target) => ownPrefixes?.every((own) => !covers(own, mappedIpv4(target) ?? target)) === true,
  );
  if (outside === undefined) return undefined;
  const text = `${formatPrefix(outside)} is outside of the prefixes of the client. Name targets within ${(ownPrefixes ?? []).map(formatPrefix).join(', ')}.`;
  return { check: 'own-prefixes', text };
}

/** A DMS that asks for offload names what it blocks: a prefix, or prefix and protocol, would take all traffic. */
function tooWide({ role, scope }: CheckedRequest): Refusal | undefined {
  if (role !== 'dms' || scope.acls || scope.targetPorts || scope.sources) return undefined;
  const text =
    'The scope is too wide: a DMS must name what it blocks. Add ports or sources, or acl-list with ACLs to switch on.';
  return { check: 'too-wide', text };
}

/** Control traffic that rules match: BGP and DOTS sessions. */
export function controlPackets(rules: readonly FlowspecRule[], signalPorts: readonly number[]): string[] {
  const kinds = [
    { what: 'BGP', packetsOf: bgpPackets },
    { what: 'DOTS', packetsOf: (family: Family) => signalPackets(family, signalPorts) },
  ];
  return kinds.flatMap(({ what, packetsOf }) => {
    const rule = rules.find((each) => matchesAny(each, packetsOf(each.family)));
    return rule === undefined ? [] : [`packets of ${what} sessions ("${rule.text}")`];
  });
}

/** No rule for a DMS matches control traffic; what those of other roles match is for the decision to name. */
function controlTraffic({ role, rules }: CheckedRequest, { signalPorts }: CheckContext): Refusal | undefined {
  const matched = role === 'dms' ? controlPackets(rules, signalPorts) : [];
  if (matched.length === 0) return undefined;
  return { check: 'control-ports', text: `A rule would drop ${matched.join(' and ')}. Exclude their ports.` };
}

/** The router software of a node that cannot announce a rule as it is. */
function beyondRouters({ rules }: CheckedRequest, { nodes }: CheckContext): Refusal | undefined {
  for (const { name, router } of nodes) {
    const findings = router === undefined ? [] : renderingFindings(rules, router);
    const limit = findings.find(({ severity }) => severity === 'warning');
    if (limit !== undefined) return { check: 'router', text: `${name} cannot take a rule. ${limit.message}` };
  }
  return undefined;
}

/** Rules that would drop what a baseline calls normal (RFC 9244 section 7.3). */
function againstBaselines({ rules }: CheckedRequest, { baselines }: CheckContext): Refusal | undefined {
  for (const baseline of baselines) {
    const rule = rules.find((each) => matchesAny(each, normalTraffic(baseline, each.family)));
    if (rule === undefined) continue;
    const text = `"${rule.text}" would drop what ${baseline.name} calls normal. Name sources or ports that differ from it.`;
    return { check: 'baseline', text };
  }
  return undefined;
}

function beyondBudgets({ rules }: CheckedRequest, { nodes }: CheckContext): Refusal | undefined {
  const full = nodes.find((node) => node.installed + rules.length > node.rules);
  if (full === undefined) return undefined;
  const text = `${full.name} takes ${plural(full.rules, 'rule')}, has ${full.installed}, and would need ${rules.length} more. Ask again when others have ended, or ask for fewer.`;
  return { check: 'budget', text };
}

/** Whether a rule matches a packet of some regions; one whose packets are unknown counts as such. */
function matchesAny({ components, family }: FlowspecRule, regions: readonly Region[]): boolean {
  const own = regionsOf(components, family);
  return own === undefined || own.some((each) => regions.some((region) => regionsTouch(each, region)));
}
