import type { Family } from '#dots/model/prefix';
import { decodeAction } from './communities';
import { describeAction, describeComponent, describeTest } from './ruleText';
import { familyName, readNlri } from './nlri';
import { fromHex, OctetReader, toHex, toNumber } from './octets';
import { patternText } from './prefixPattern';
import { isBitmask, isPrefix, type Component, type FlowspecRule } from './rule';

/** Some octets, in hex digits, and their meaning. */
export interface Explained {
  octets: string;
  words: string;
}

const componentNames: Record<Component['type'], string> = {
  1: 'destination prefix',
  2: 'source prefix',
  3: 'protocol',
  4: 'port',
  5: 'destination port',
  6: 'source port',
  7: 'ICMP type',
  8: 'ICMP code',
  9: 'TCP flags',
  10: 'packet length',
  11: 'DSCP',
  12: 'fragment',
  13: 'flow label',
};

function octetCount(count: number): string {
  return `${count} ${count === 1 ? 'octet' : 'octets'}`;
}

/** Returns the octets of a list in order. */
class Octets {
  private at = 0;

  constructor(private readonly list: readonly number[]) {}

  take(count: number): number[] {
    this.at += count;
    return this.list.slice(this.at - count, this.at);
  }

  next(words: string, count = 1): Explained {
    return { octets: toHex(this.take(count)), words };
  }
}

/** What is added where an octet has bits that do not count: they must be 0 when written, and are ignored when read. */
function ignoredWords(bits: number, section: string): string {
  return bits === 0 ? '' : `; 0x${bits.toString(16).padStart(2, '0')} of it is ignored (${section})`;
}

function* prefixLines(component: Component, octets: Octets): Generator<Explained> {
  if (!isPrefix(component)) return;
  const { prefix } = component;
  yield octets.next(`prefix length ${prefix.length}`);
  if (prefix.family === 'ipv6') yield octets.next(`offset ${prefix.offset}`);
  const count = Math.ceil((prefix.length - prefix.offset) / 8);
  if (count === 0) return;
  const address = octets.take(count);
  const padding = 2 ** (8 * count - (prefix.length - prefix.offset)) - 1;
  const section = prefix.family === 'ipv4' ? 'RFC 8955 section 4.2.2.1' : 'RFC 8956 section 3.1';
  const ignored = ignoredWords((address.at(-1) ?? 0) & padding, section);
  yield { octets: toHex(address), words: `the significant octets of the address: ${patternText(prefix)}${ignored}` };
}

function operatorWords(operator: number, isFirst: boolean, comparison: string): string {
  const link = isFirst ? '' : (operator & 0x40) === 0 ? 'or ' : 'and ';
  const width = 1 << ((operator >> 4) & 3);
  return `operator: ${link}${comparison}; the value has ${octetCount(width)}${(operator & 0x80) === 0 ? '' : '; last of the list'}`;
}

function comparisonWords(operator: number, bitmask: boolean): string {
  if (bitmask)
    return `${(operator & 2) === 0 ? '' : 'not '}${(operator & 1) === 0 ? 'any of these bits' : 'all of these bits'}`;
  return (
    ['never', 'equal', 'greater', 'greater or equal', 'less', 'less or equal', 'not equal', 'always'][operator & 7] ??
    ''
  );
}

/**
 * The bits of an operator that are ignored: those that are reserved, and the AND of the first one (RFC 8955 section
 * 4.2.1).
 */
function ignoredOperatorBits(operator: number, isFirst: boolean, bitmask: boolean): number {
  return operator & ((isFirst ? 0x40 : 0) | (bitmask ? 0x0c : 0x08));
}

/** Where it says which bits of an operand are ignored. */
function operandSection(type: Component['type'], family: Family): string {
  return type === 12 && family === 'ipv6' ? 'RFC 8956 section 3.6' : `RFC 8955 section 4.2.2.${type}`;
}

function* operatorLines(component: Component, octets: Octets, family: Family): Generator<Explained> {
  if (isPrefix(component)) return;
  const { type } = component;
  const bitmask = isBitmask(component);
  for (const [index, test] of component.anyOf.flat().entries()) {
    const [operator = 0] = octets.take(1);
    const ignored = ignoredOperatorBits(operator, index === 0, bitmask);
    const words = operatorWords(operator, index === 0, comparisonWords(operator, bitmask));
    yield { octets: toHex([operator]), words: `${words}${ignoredWords(ignored, 'RFC 8955 section 4.2.1')}` };
    const operand = octets.take(1 << ((operator >> 4) & 3));
    const lost = operand.length > 2 ? 0 : toNumber(operand) & ~Number(test.value);
    yield {
      octets: toHex(operand),
      words: `value: ${describeTest(type, test.value)}${ignoredWords(lost, operandSection(type, family))}`,
    };
  }
}

/**
 * The meaning of each octet of an NLRI, its length octets included. Throws FlowspecError for one that cannot be read.
 */
export function explainNlri(hex: string, family: Family): Explained[] {
  const list = fromHex(hex);
  const reader = new OctetReader(list);
  const components = readNlri(reader, family);
  const octets = new Octets(list);
  const head = (list[0] ?? 0) < 0xf0 ? 1 : 2;
  const lines = [octets.next(`${familyName(family)}: ${octetCount(reader.at - head)} of components follow`, head)];
  for (const component of components) {
    lines.push(
      octets.next(
        `component type ${component.type}, ${componentNames[component.type]}: ${describeComponent(component)}`,
      ),
    );
    lines.push(...prefixLines(component, octets), ...operatorLines(component, octets, family));
  }
  return lines;
}

/** The width in octets and the meaning of each field of an action, after the two octets of its type. */
const actionFields: Record<string, [count: number, words: string][]> = {
  8006: [
    [2, 'AS number, for information only'],
    [4, 'bytes per second as a 32-bit float'],
  ],
  '800c': [
    [2, 'AS number, for information only'],
    [4, 'packets per second as a 32-bit float'],
  ],
  8007: [
    [5, 'unused'],
    [1, 'bits: 2 = sample, 1 = continue with later rules'],
  ],
  8008: [
    [2, 'AS number'],
    [4, 'number within it'],
  ],
  8108: [
    [4, 'IPv4 address'],
    [2, 'number within it'],
  ],
  8208: [
    [4, 'AS number'],
    [2, 'number within it'],
  ],
  8009: [
    [5, 'unused'],
    [1, 'DSCP'],
  ],
  '000d': [
    [16, 'IPv6 address'],
    [2, 'number within it'],
  ],
};

/** The meaning of each octet of an action's extended community. Throws FlowspecError for one that cannot be read. */
export function explainCommunity(hex: string): Explained[] {
  const action = decodeAction(hex);
  const octets = new Octets(fromHex(hex));
  const lines = [octets.next(`extended community, ${action.kind}: ${describeAction(action)}`, 2)];
  for (const [count, words] of actionFields[hex.slice(0, 4)] ?? []) lines.push(octets.next(words, count));
  return lines;
}

/** The meaning of each octet of a rule, below the rule in words. */
export function explainRule({
  family,
  nlri,
  text,
  extendedCommunities,
  ipv6ExtendedCommunities = [],
}: Pick<FlowspecRule, 'family' | 'nlri' | 'text' | 'extendedCommunities' | 'ipv6ExtendedCommunities'>): string {
  const lines = [
    ...explainNlri(nlri, family),
    ...[...extendedCommunities, ...ipv6ExtendedCommunities].flatMap(explainCommunity),
  ];
  const width = Math.min(34, Math.max(...lines.map(({ octets }) => octets.length)));
  return `${text}\n${lines.map(({ octets, words }) => `  ${octets.padEnd(width)}  ${words}\n`).join('')}`;
}
