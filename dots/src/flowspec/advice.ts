import { formatPrefix } from '#dots/model/prefix';
import type { EncodedRule } from './order/encodedRule';
import type { Entry } from './packets/draft';
import { numericMatches } from './packets/evaluate';
import { longestForGobgp } from './renderings/gobgp';
import { udp } from './bgp/protocolNames';
import type { Remark, Findings } from './documents/findings';
import { componentOctets } from './renderings/routerTarget';
import {
  isBitmask,
  isPrefix,
  prefixComponent,
  type Action,
  type Component,
  type FlowspecRule,
  type NumericComponent,
  type NumericType,
} from './bgp/rule';

/** The most values in one component that FRR 8.4 and IOS XR accept. */
const mostValues = 5;
/** Rates in bytes per second below which ExaBGP warns and some routers drop everything. */
const smallRate = 9600;

function numeric(components: readonly Component[], type: NumericType): NumericComponent | undefined {
  return components.find((component): component is NumericComponent => component.type === type);
}

function accepts(component: NumericComponent, data: number): boolean {
  return component.anyOf.some((group) => group.every((test) => numericMatches(test, data)));
}

/** Whether actions discard or limit traffic. */
export function limitsTraffic({ actions }: { actions: readonly Action[] }): boolean {
  return actions.some((action) => action.kind === 'traffic-rate-bytes' || action.kind === 'traffic-rate-packets');
}

function discards({ actions }: { actions: readonly Action[] }): boolean {
  return actions.some((action) => action.kind === 'traffic-rate-bytes' && action.rate === 0);
}

function hasNotEqual({ components }: FlowspecRule): boolean {
  return components.some(
    (component) =>
      !isPrefix(component) && !isBitmask(component) && component.anyOf.flat().some(({ op }) => op === '!='),
  );
}

function hasManyValues({ components }: FlowspecRule): boolean {
  return components.some((component) => !isPrefix(component) && component.anyOf.flat().length > mostValues);
}

function hasWideFlags({ components }: FlowspecRule): boolean {
  return components.some(
    (component) => component.type === 9 && component.anyOf.flat().some(({ value }) => Number(value) > 0xff),
  );
}

function hidesFragments(rule: FlowspecRule): boolean {
  const protocol = numeric(rule.components, 3);
  const looksAtPorts = ([4, 5, 6] as const).some((type) => numeric(rule.components, type) !== undefined);
  return looksAtPorts && limitsTraffic(rule) && (protocol === undefined || accepts(protocol, udp));
}

function advice(code: Remark['code'], severity: Remark['severity'], rfc: string, message: string): Remark {
  return { code, severity, rfc, message, class: 'advice' };
}

/** The advice on one rule. */
function* remarksOn(rule: FlowspecRule): Generator<Remark> {
  const to = prefixComponent(rule.components, 1);
  if (to !== undefined && discards(rule) && rule.components.length === 1) {
    yield advice(
      'flowspec/whole-destination',
      'warning',
      '8955 4.2',
      `This discards everything sent to ${formatPrefix(to)}. To filter only an attack, name its protocols and ports.`,
    );
  }
  if (to?.length === 0)
    yield advice(
      'flowspec/any-destination',
      'warning',
      '8955 6',
      'The destination is every address: this filters all traffic through the router.',
    );
  if (hidesFragments(rule))
    yield advice(
      'flowspec/later-fragments',
      'hint',
      '8955 4.2.2.4',
      'Later fragments of large datagrams carry no ports, so the rule does not match them. Add an entry for fragments if the attack uses them.',
    );
  const rate = rule.actions.find((action) => action.kind === 'traffic-rate-bytes')?.rate ?? 0;
  if (rate > 0 && rate < smallRate)
    yield advice(
      'flowspec/rate-small',
      'hint',
      '8955 7.1',
      `${rate} byte/s is very low: ExaBGP warns below ${smallRate}, and some routers then drop everything.`,
    );
  yield* routerLimits(rule);
}

/** What routers and tools in use are known to refuse. */
function* routerLimits(rule: FlowspecRule): Generator<Remark> {
  if (hasNotEqual(rule))
    yield advice(
      'flowspec/not-equal',
      'hint',
      '8955 4.2.1.1',
      '"Not equal" is correct, but FRR 8.4 closes the BGP session on receiving it; two ranges around the value match the same.',
    );
  if (hasManyValues(rule))
    yield advice(
      'flowspec/many-values',
      'hint',
      '8955 4.2.1',
      `More than ${mostValues} values in one component: IOS XR refuses the rule, and FRR 8.4 closes the BGP session.`,
    );
  if (hasWideFlags(rule))
    yield advice(
      'flowspec/wide-flags',
      'hint',
      '8955 4.2.2.9',
      'The mask reaches beyond the eight common TCP flags and takes two octets, which some routers refuse.',
    );
  if (componentOctets(rule) > longestForGobgp)
    yield advice(
      'flowspec/long-nlri',
      'hint',
      '8955 4.1',
      `The NLRI has ${componentOctets(rule)} octets of components; GoBGP 3.10 cannot handle more than ${longestForGobgp}.`,
    );
}

/** Adds what an operator should consider before announcing the rules of each entry. */
export function adviseOnRules(
  rules: readonly EncodedRule[],
  announcedRules: readonly FlowspecRule[],
  report: Findings,
): void {
  const counts = new Map<Entry, number>();
  for (const [index, { entry }] of rules.entries()) {
    for (const remark of remarksOn(announcedRules[index] as FlowspecRule)) report.add(entry.source, remark);
    counts.set(entry, (counts.get(entry) ?? 0) + 1);
  }
  for (const [entry, count] of counts) noteMultiplied(entry, count, report);
}

function noteMultiplied(entry: Entry, count: number, report: Findings): void {
  const rate = entry.actions.find((action) => action.kind === 'traffic-rate-bytes')?.rate ?? 0;
  if (rate === 0 || count === 1) return;
  report.warning(
    entry.source,
    'flowspec/rate-multiplied',
    '8955 7.1',
    `${entry.label} became ${count} rules, and each has the whole rate limit: together they accept up to ${count * rate} byte/s instead of ${rate}. The limit is not divided, because that would drop traffic that the entry accepts.`,
  );
}
