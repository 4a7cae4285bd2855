import { formatPrefix, type Family } from '#dots/model/prefix';
import { decodeAction, routeTargetText } from '../bgp/communities';
import { bitNames } from '../bgp/protocolNames';
import {
  componentKeywords,
  componentOctets,
  fragmentKeywords,
  hasConstantTest,
  hasOffset,
  headLines,
  leftOutLine,
  type RouterTarget,
} from './routerTarget';
import {
  isBitmask,
  isPrefix,
  prefixComponent,
  type Action,
  type BitmaskComponent,
  type BitmaskTest,
  type Component,
  type FlowspecRule,
  type NumericComponent,
} from '../bgp/rule';

/** The keyword of each component in ExaBGP 4.2. */
const keywords: Record<Component['type'], string> = { ...componentKeywords, 13: 'flow-label' };

/** Keywords of ExaBGP that differ for IPv6. */
const keywordsIpv6: Partial<typeof keywords> = { 3: 'next-header', 11: 'traffic-class' };

const tcpFlags = ['fin', 'syn', 'rst', 'push', 'ack', 'urg', 'ece', 'cwr'];

/** The highest rate that ExaBGP accepts as text; it accepts whole numbers only. */
const highestRate = 1e12;

/** Octets of the longest NLRI that it reads back, without the length octets. */
const longestNlri = 255;

function obstacle(rule: FlowspecRule): string | undefined {
  const named = ([1, 2] as const).some((type) => prefixComponent(rule.components, type) !== undefined);
  if (rule.family === 'ipv6' && !named) return 'ExaBGP announces an IPv6 rule without a prefix as IPv4';
  if (hasOffset(rule)) return 'ExaBGP writes IPv6 prefixes with an offset wrongly';
  if (rule.ipv6ExtendedCommunities !== undefined) return 'ExaBGP cannot redirect to an IPv6 route target';
  if (rule.actions.some((action) => action.kind === 'rt-redirect' && action.form === 'as4'))
    return 'ExaBGP does not load a redirect with a 4-octet AS';
  if (componentOctets(rule) > longestNlri) return 'ExaBGP cannot read an NLRI of 256 octets or more';
  return hasConstantTest(rule) ? 'ExaBGP cannot read the comparisons true and false' : undefined;
}

function bitmaskText({ not, match, value }: BitmaskTest, names: readonly string[]): string {
  const known = value > 0 && value < 1 << names.length;
  return `${not ? '!' : ''}${match ? '=' : ''}${known ? bitNames(value, names).join('+') : `0x${value.toString(16)}`}`;
}

function groupsOf(component: NumericComponent | BitmaskComponent): string[] {
  if (!isBitmask(component))
    return component.anyOf.map((group) => group.map(({ op, value }) => `${op}${value}`).join('&'));
  const names = component.type === 9 ? tcpFlags : fragmentKeywords;
  return component.anyOf.map((group) => group.map((test) => bitmaskText(test, names)).join('&'));
}

function matchLine(component: Component, family: Family): string {
  if (isPrefix(component))
    return `${keywords[component.type]} ${formatPrefix(component.prefix)}${family === 'ipv6' ? '/0' : ''};`;
  const keyword = (family === 'ipv6' ? keywordsIpv6[component.type] : undefined) ?? keywords[component.type];
  return `${keyword} [ ${groupsOf(component).join(' ')} ];`;
}

/** The action in ExaBGP's syntax if that is exact, otherwise as the octets of its extended community. */
function thenLine(hex: string): string {
  const action = decodeAction(hex);
  return `${keywordFor(action) ?? `extended-community 0x${hex}`};`;
}

function keywordFor(action: Action): string | undefined {
  if (action.kind === 'traffic-rate-bytes' && action.as === 0) {
    if (action.rate === 0) return 'discard';
    return Number.isInteger(action.rate) && action.rate <= highestRate ? `rate-limit ${action.rate}` : undefined;
  }
  if (action.kind === 'rt-redirect' && action.form !== 'ipv4') return `redirect ${routeTargetText(action)}`;
  return action.kind === 'traffic-marking' ? `mark ${action.dscp}` : undefined;
}

function route(rule: FlowspecRule, index: number): string[] {
  const reason = obstacle(rule);
  if (reason !== undefined) return [leftOutLine(rule, index, reason)];
  return [
    ...headLines(rule, exabgp),
    `route rule-${index + 1} {`,
    '  match {',
    ...rule.components.map((component) => `    ${matchLine(component, rule.family)}`),
    '  }',
    '  then {',
    ...(rule.extendedCommunities.length === 0 ? ['accept;'] : rule.extendedCommunities.map(thenLine)).map(
      (line) => `    ${line}`,
    ),
    '  }',
    '}',
  ];
}

/**
 * The rules as ExaBGP 4.2 reads them inside `neighbor { flow { ... } }`, one route each. A rule that ExaBGP would
 * announce wrongly is omitted, and a comment states why.
 */
export function renderExabgp(rules: readonly FlowspecRule[]): string {
  return rules
    .flatMap(route)
    .map((line) => `${line}\n`)
    .join('');
}

/** ExaBGP: the routes of a `flow` section. */
export const exabgp: RouterTarget = { name: 'ExaBGP 4.2', obstacle, render: renderExabgp };

/** The two peers of a whole ExaBGP configuration. */
export interface ExabgpNeighbor {
  localAddress: string;
  peerAddress: string;
  localAs: number;
  peerAs: number;
}

/** A session on loopback with private AS numbers: replace it with yours. */
const exampleNeighbor: ExabgpNeighbor = {
  localAddress: '127.0.0.1',
  peerAddress: '127.0.0.2',
  localAs: 65001,
  peerAs: 65001,
};

/**
 * A whole ExaBGP 4.2 configuration with one neighbor that announces the rules. The router id is the local (IPv4)
 * address.
 */
export function renderExabgpConfiguration(
  rules: readonly FlowspecRule[],
  neighbor: ExabgpNeighbor = exampleNeighbor,
): string {
  const routes = renderExabgp(rules)
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => `    ${line}\n`)
    .join('');
  return `neighbor ${neighbor.peerAddress} {
  router-id ${neighbor.localAddress};
  local-address ${neighbor.localAddress};
  local-as ${neighbor.localAs};
  peer-as ${neighbor.peerAs};
  family {
    ipv4 flow;
    ipv6 flow;
  }
  flow {
${routes}  }
}
`;
}
