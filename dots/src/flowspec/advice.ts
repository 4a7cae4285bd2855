import { formatPrefix } from '#dots/model/prefix';
import type { Entry } from './packets/draft';
import { numericHolds } from './packets/evaluate';
import { longestForGobgp } from './renderings/gobgp';
import { tcp, udp } from './bgp/protocolNames';
import type { Remark, Findings } from './documents/findings';
import { componentOctets } from './renderings/routerTarget';
import {
  isBitmask,
  isPrefix,
  prefixComponent,
  type Component,
  type FlowspecRule,
  type NumericComponent,
  type NumericType,
} from './bgp/rule';

/** Values in one component that FRR 8.4 and IOS XR still take. */
const mostValues = 5;
/** Rates in bytes per second below which ExaBGP warns and some routers drop everything. */
const smallRate = 9600;
/** Ports of TCP or UDP that must stay open for the network to be steered at all: BGP, and the DOTS signal channel. */
const controlPorts: Record<number, string> = { 179: 'BGP', 4646: 'the DOTS signal channel' };

function numeric(components: readonly Component[], type: NumericType): NumericComponent | undefined {
  return components.find((component): component is NumericComponent => component.type === type);
}

function holds(component: NumericComponent, data: number): boolean {
  return component.anyOf.some((group) => group.every((test) => numericHolds(test, data)));
}

function limitsTraffic({ actions }: FlowspecRule): boolean {
  return actions.some((action) => action.kind === 'traffic-rate-bytes' || action.kind === 'traffic-rate-packets');
}

function discards({ actions }: FlowspecRule): boolean {
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
  return looksAtPorts && limitsTraffic(rule) && (protocol === undefined || holds(protocol, udp));
}

/** The control port that a rule cuts off by name, not as one of nearly all ports. */
function controlPort(rule: FlowspecRule): number | undefined {
  const ports = numeric(rule.components, 5);
  const protocol = numeric(rule.components, 3);
  if (
    ports === undefined ||
    !limitsTraffic(rule) ||
    (protocol !== undefined && !holds(protocol, tcp) && !holds(protocol, udp))
  )
    return undefined;
  return Object.keys(controlPorts)
    .map(Number)
    .find((port) => holds(ports, port));
}

function advice(code: Remark['code'], severity: Remark['severity'], rfc: string, message: string): Remark {
  return { code, severity, rfc, message, class: 'advice' };
}

/** What there is to say about one rule. */
function* remarksOn(rule: FlowspecRule): Generator<Remark> {
  const to = prefixComponent(rule.components, 1);
  if (to !== undefined && discards(rule) && rule.components.length === 1) {
    yield advice(
      'flowspec/whole-destination',
      'warning',
      '8955 4.2',
      `This discards everything sent to ${formatPrefix(to)}, whatever it is. Name protocols and ports if only an attack is to be filtered.`,
    );
  }
  if (to?.length === 0)
    yield advice(
      'flowspec/any-destination',
      'warning',
      '8955 6',
      'The destination is every address: this filters all that passes the router.',
    );
  const port = controlPort(rule);
  if (port !== undefined)
    yield advice(
      'flowspec/control-port',
      'warning',
      '8955 12',
      `The rule matches port ${port}, which ${controlPorts[port]} needs: make sure that it does not cut off your own sessions.`,
    );
  if (hidesFragments(rule))
    yield advice(
      'flowspec/later-fragments',
      'hint',
      '8955 4.2.2.4',
      'Later fragments of large datagrams show no ports, so the rule does not match them. Add an entry for fragments if the attack uses them.',
    );
  const rate = rule.actions.find((action) => action.kind === 'traffic-rate-bytes')?.rate ?? 0;
  if (rate > 0 && rate < smallRate)
    yield advice(
      'flowspec/rate-small',
      'hint',
      '8955 7.1',
      `${rate} byte/s is very little: ExaBGP warns below ${smallRate}, and some routers then drop everything.`,
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
      '"Not equal" is correct, but FRR 8.4 answers it by closing the BGP session; two ranges around the value do the same.',
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

/** Adds what an operator should think of before announcing the rules of an entry. */
export function advise(entry: Entry, rules: readonly FlowspecRule[], report: Findings): void {
  for (const rule of rules) for (const remark of remarksOn(rule)) report.add(entry.source, remark);
  const rate = entry.actions.find((action) => action.kind === 'traffic-rate-bytes')?.rate ?? 0;
  if (rate > 0 && rules.length > 1) {
    report.warning(
      entry.source,
      'flowspec/rate-multiplied',
      '8955 7.1',
      `${entry.label} became ${rules.length} rules, and each has the whole rate limit: together they let up to ${rules.length * rate} byte/s pass instead of ${rate}. It is not shared out, as that would drop traffic that the entry lets pass.`,
    );
  }
}
