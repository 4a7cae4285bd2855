import type { FlowspecFinding } from '../bgp/rule';
import { isBitmask, isPrefix, prefixComponent, type Component, type FlowspecRule, type NumericTest } from '../bgp/rule';

/** A program that announces rules written in its own syntax. */
export interface RouterTarget {
  /** Its name and the version that its limits were observed in. */
  name: string;
  /** Why it cannot announce a rule exactly, or undefined. */
  obstacle(rule: FlowspecRule): string | undefined;
  /** What it encodes in other octets that match the same packets, if anything; flow labels are common to all tools. */
  rewrites?(rule: FlowspecRule): string | undefined;
  /** The text that makes it announce rules; one with an obstacle is a comment. */
  render(rules: readonly FlowspecRule[]): string;
}

/** The keywords of components that ExaBGP and GoBGP have in common. */
export const componentKeywords = {
  1: 'destination',
  2: 'source',
  3: 'protocol',
  4: 'port',
  5: 'destination-port',
  6: 'source-port',
  7: 'icmp-type',
  8: 'icmp-code',
  9: 'tcp-flags',
  10: 'packet-length',
  11: 'dscp',
  12: 'fragment',
} as const;

/** The bits of the fragment component in both, from the least significant on. */
export const fragmentKeywords = ['dont-fragment', 'is-fragment', 'first-fragment', 'last-fragment'];

/** All numeric comparisons of a rule. */
export function numericTests({ components }: Pick<FlowspecRule, 'components'>): NumericTest[] {
  return components.flatMap((component) => (isPrefix(component) || isBitmask(component) ? [] : component.anyOf.flat()));
}

/** Whether a rule compares with `true` or `false`. */
export function hasConstantTest(rule: Pick<FlowspecRule, 'components'>): boolean {
  return numericTests(rule).some(({ op }) => op === 'true' || op === 'false');
}

/** Whether an IPv6 prefix of a rule starts at an offset. */
export function hasOffset({ components }: Pick<FlowspecRule, 'components'>): boolean {
  return ([1, 2] as const).some((type) => (prefixComponent(components, type)?.offset ?? 0) > 0);
}

/** How many octets the components of a rule have. */
export function componentOctets({ nlri }: Pick<FlowspecRule, 'nlri'>): number {
  const octets = nlri.length / 2;
  return nlri.startsWith('f') ? octets - 2 : octets - 1;
}

/**
 * The tools write flow labels in the fewest octets; RFC 8956 section 3.7 recommends four, which the rules here have.
 */
function writesLabelShort(component: Component): boolean {
  return component.type === 13 && component.anyOf.flat().some(({ value }) => Number(value) < 0x10000);
}

/** How a tool's octets differ from those shown, without changing what the rule matches. */
function caveat(rule: FlowspecRule, tool: Pick<RouterTarget, 'name' | 'rewrites'>): string | undefined {
  const what = rule.components.some(writesLabelShort)
    ? 'writes flow labels in the fewest octets'
    : tool.rewrites?.(rule);
  return (
    what &&
    `${tool.name} ${what}: the rule matches the same packets, but routers may order it differently among otherwise equal rules`
  );
}

/** The comment for a rule that a tool cannot announce. */
export function leftOutLine(rule: FlowspecRule, index: number, reason: string): string {
  return `# rule ${index + 1} is omitted (${reason}): ${rule.text}`;
}

/** The comments above a rule. */
export function headLines(rule: FlowspecRule, tool: Pick<RouterTarget, 'name' | 'rewrites'>): string[] {
  const note = caveat(rule, tool);
  return [`# ${rule.text}`, ...(note === undefined ? [] : [`# ${note}`])];
}

function finding(rule: FlowspecRule, severity: FlowspecFinding['severity'], message: string): FlowspecFinding {
  return {
    code: 'flowspec/tool',
    class: 'advice',
    severity,
    rfc: '8955 4',
    message,
    file: rule.source.file,
    pointer: rule.source.pointer,
  };
}

/** What is lost or changed when a tool announces the rules; each finding is at the source of the rule. */
export function toolFindings(rules: readonly FlowspecRule[], tool: RouterTarget): FlowspecFinding[] {
  return rules.flatMap((rule) => {
    const reason = tool.obstacle(rule);
    if (reason !== undefined)
      return [finding(rule, 'warning', `The rule "${rule.text}" is omitted from this rendering: ${reason}.`)];
    const note = caveat(rule, tool);
    return note === undefined ? [] : [finding(rule, 'information', `${note} ("${rule.text}").`)];
  });
}
