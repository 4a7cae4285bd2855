import { formatPrefix, type Family } from '#dots/model/prefix';
import { headLines, leftOutLine, numericTests, type RouterTarget } from './routerTarget';
import {
  isBitmask,
  isPrefix,
  type BitmaskComponent,
  type BitmaskTest,
  type Component,
  type FlowspecRule,
  type PrefixComponent,
} from '../bgp/rule';

/** The keyword of each component in BIRD 2.0. */
const keywords: Record<Component['type'], string> = {
  1: 'dst',
  2: 'src',
  3: 'proto',
  4: 'port',
  5: 'dport',
  6: 'sport',
  7: 'icmp type',
  8: 'icmp code',
  9: 'tcp flags',
  10: 'length',
  11: 'dscp',
  12: 'fragment',
  13: 'label',
};

/** The name of each fragment bit. */
const fragments: Record<number, string> = {
  1: 'dont_fragment',
  2: 'is_fragment',
  4: 'first_fragment',
  8: 'last_fragment',
};

/**
 * Whether BIRD writes a fragment test in exactly these octets: it names one bit in each, as "match" or as "not any".
 */
function isOwnForm({ not, match, value }: BitmaskTest): boolean {
  return fragments[value] !== undefined && not !== match;
}

/**
 * A fragment test as alternatives of tests of one bit: any of several bits is one alternative for each, all of them are
 * one.
 */
function singleBits({ not, match, value }: BitmaskTest): string[][] {
  const names = [1, 2, 4, 8]
    .filter((bit) => (value & bit) !== 0)
    .map((bit) => `${not ? '!' : ''}${fragments[bit] ?? ''}`);
  return not === match ? names.map((name) => [name]) : [names];
}

/** The groups of a fragment component in BIRD's syntax. */
function fragmentGroups({ anyOf }: BitmaskComponent): string[][] {
  const product = (groups: string[][], test: BitmaskTest): string[][] =>
    groups.flatMap((group) => singleBits(test).map((more) => [...group, ...more]));
  return anyOf.flatMap((group) => group.reduce(product, [[]]));
}

/** Every value names bits that BIRD knows. */
function isWritable({ type, anyOf }: BitmaskComponent): boolean {
  return anyOf.flat().every(({ value }) => value > 0 && value <= (type === 9 ? 0xfff : 0xf));
}

function obstacle(rule: FlowspecRule): string | undefined {
  if (rule.ipv6ExtendedCommunities !== undefined) return 'BIRD cannot redirect to an IPv6 route target';
  if (numericTests(rule).some(({ value }) => Number(value) > 0xffff))
    return 'BIRD truncates values above 65535 to two octets';
  return rule.components.every((component) => !isBitmask(component) || isWritable(component))
    ? undefined
    : 'BIRD knows the 12 control bits of TCP and the 4 of fragments only';
}

function rewrites({ components }: FlowspecRule): string | undefined {
  const rewritten = components.some(
    (component) => isBitmask(component) && component.type === 12 && !component.anyOf.flat().every(isOwnForm),
  );
  return rewritten ? 'names one fragment bit in each test' : undefined;
}

/** A mask in BIRD's form value/mask, in which an exclamation mark negates: all bits, not all bits, no bit, any bit. */
function flagsText({ not, match, value }: BitmaskTest): string {
  const mask = `0x${value.toString(16)}`;
  return `${not === match ? '!' : ''}${match ? mask : '0x0'}/${mask}`;
}

function bitmaskGroups(component: BitmaskComponent): string[][] {
  return component.type === 12 ? fragmentGroups(component) : component.anyOf.map((group) => group.map(flagsText));
}

function prefixItem({ prefix }: PrefixComponent): string {
  return `${formatPrefix(prefix)}${prefix.offset === 0 ? '' : ` offset ${prefix.offset}`}`;
}

function valueText(component: Component): string {
  if (isPrefix(component)) return prefixItem(component);
  const groups = isBitmask(component)
    ? bitmaskGroups(component)
    : component.anyOf.map((group) => group.map(({ op, value }) => `${op} ${value}`));
  return groups.map((group) => group.join(' && ')).join(' || ');
}

function item(component: Component, family: Family): string {
  const keyword = component.type === 3 && family === 'ipv6' ? 'next header' : keywords[component.type];
  return `${keyword} ${valueText(component)};`;
}

function communityText(hex: string): string {
  return `bgp_ext_community.add((generic, 0x${hex.slice(0, 8)}, 0x${hex.slice(8)}));`;
}

function route(rule: FlowspecRule, index: number): string[] {
  const reason = obstacle(rule);
  if (reason !== undefined) return [leftOutLine(rule, index, reason)];
  const match = `route flow${rule.family.slice(3)} { ${rule.components.map((component) => item(component, rule.family)).join(' ')} }`;
  const then =
    rule.extendedCommunities.length === 0 ? '' : ` { ${rule.extendedCommunities.map(communityText).join(' ')} }`;
  return [...headLines(rule, bird), `${match}${then};`];
}

function staticProtocol(family: Family, routes: readonly string[]): string {
  const version = family.slice(3);
  return `protocol static rules${version} {
  flow${version} { table flowtab${version}; };
${routes.map((line) => `  ${line}\n`).join('')}}
`;
}

/** The two peers; `port` if it is not the one of BGP (179). */
export interface BirdNeighbor {
  localAddress: string;
  peerAddress: string;
  localAs: number;
  peerAs: number;
  port?: number;
}

/** A session on loopback with private AS numbers: replace it with yours. */
const exampleNeighbor: BirdNeighbor = {
  localAddress: '127.0.0.1',
  peerAddress: '127.0.0.2',
  localAs: 65001,
  peerAs: 65001,
};

/**
 * A whole BIRD 2.0 configuration that announces the rules to one neighbor, and stores received rules in the same
 * tables.
 */
export function renderBird(
  rules: readonly FlowspecRule[],
  { localAddress, peerAddress, localAs, peerAs, port }: BirdNeighbor = exampleNeighbor,
): string {
  const routes: Record<Family, string[]> = { ipv4: [], ipv6: [] };
  for (const [index, rule] of rules.entries()) routes[rule.family].push(...route(rule, index));
  return `router id ${localAddress};
flow4 table flowtab4;
flow6 table flowtab6;
${staticProtocol('ipv4', routes.ipv4)}${staticProtocol('ipv6', routes.ipv6)}protocol bgp neighbor1 {
  local ${localAddress}${port === undefined ? '' : ` port ${port}`} as ${localAs};
  neighbor ${peerAddress} as ${peerAs};
  multihop;
  passive;
  flow4 { table flowtab4; import all; export all; };
  flow6 { table flowtab6; import all; export all; };
}
`;
}

/** BIRD: a whole configuration. */
export const bird: RouterTarget = { name: 'BIRD 2.0', obstacle, rewrites, render: (rules) => renderBird(rules) };
