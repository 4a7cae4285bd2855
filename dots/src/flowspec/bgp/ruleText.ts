import { routeTargetText } from './communities';
import { bitNames, fragmentBits, fragmentNames, protocolName, tcpFlagNames } from './protocolNames';
import { patternText } from './prefixPattern';
import {
  isBitmask,
  isPrefix,
  type Action,
  type BitmaskComponent,
  type BitmaskTest,
  type Component,
  type NumericComponent,
  type NumericTest,
} from './rule';

/** The text before the value of a component, by its type. */
const words: Record<Component['type'], string> = {
  1: 'dst',
  2: 'src',
  3: 'protocol',
  4: 'port',
  5: 'dst port',
  6: 'src port',
  7: 'icmp type',
  8: 'icmp code',
  9: 'tcp flags',
  10: 'length',
  11: 'dscp',
  12: 'fragment',
  13: 'flow label',
};

function testWords({ op, value }: NumericTest): string {
  if (op === '=') return String(value);
  if (op === '!=') return `not ${value}`;
  return op === 'true' || op === 'false' ? op : `${op} ${value}`;
}

/** A group of tests, all of which must match; the usual pair of bounds reads as a range. */
function numericGroup(group: readonly NumericTest[]): string {
  const [low, high, more] = group;
  if (low?.op === '>=' && high?.op === '<=' && more === undefined) return `${low.value}-${high.value}`;
  return group.map(testWords).join(' and ');
}

function isNames(group: readonly NumericTest[]): boolean {
  return group.length === 1 && group[0]?.op === '=';
}

function numericWords(component: NumericComponent): string {
  if (component.type === 3 && component.anyOf.every(isNames)) {
    return component.anyOf.map((group) => protocolName(Number(group[0]?.value))).join(' or ');
  }
  return `${words[component.type]} ${component.anyOf.map(numericGroup).join(' or ')}`;
}

function bitmaskTest({ not, match, value }: BitmaskTest, names: readonly string[]): string {
  const bits = bitNames(value, names);
  if (match) return `${not ? 'not ' : ''}${bits.join('+') || '0'}`;
  if (bits.length === 1) return `${not ? 'not ' : ''}${bits[0]}`;
  return `${not ? 'none' : 'any'} of ${bits.join('/') || '0'}`;
}

/** The mask that is true for every fragment, first or later. */
const anyFragment = fragmentBits.notFirst | fragmentBits.first;

function bitmaskWords(component: BitmaskComponent): string {
  const only = component.anyOf.length === 1 && component.anyOf[0]?.length === 1 ? component.anyOf[0][0] : undefined;
  if (component.type === 12 && only?.match === false && only.value === anyFragment)
    return only.not ? 'not fragmented' : 'any fragment';
  const names = component.type === 9 ? tcpFlagNames : fragmentNames;
  const groups = component.anyOf.map((group) => group.map((test) => bitmaskTest(test, names)).join(' and '));
  return `${words[component.type]} ${groups.join(' or ')}`;
}

/** The value of one test in words: the name of a protocol, the names of bits, or the number. */
export function describeTest(type: Exclude<Component['type'], 1 | 2>, value: number | string): string {
  if (type === 3)
    return protocolName(Number(value)).startsWith('protocol')
      ? String(value)
      : `${value} (${protocolName(Number(value))})`;
  if (type !== 9 && type !== 12) return String(value);
  return `0x${Number(value).toString(16)} (${bitNames(Number(value), type === 9 ? tcpFlagNames : fragmentNames).join(', ') || 'none'})`;
}

/** A component in words: `dst 192.0.2.0/24`, `udp`, `src port 53 or 1024-65535`. */
export function describeComponent(component: Component): string {
  if (isPrefix(component)) return `${words[component.type]} ${patternText(component.prefix)}`;
  return isBitmask(component) ? bitmaskWords(component) : numericWords(component);
}

/** An action in words: `discard`, `rate 125000 byte/s`, `redirect 65000:100`, `mark dscp 46`. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case 'traffic-rate-bytes':
      return action.rate === 0 ? 'discard' : `rate ${action.rate} byte/s`;
    case 'traffic-rate-packets':
      return action.rate === 0 ? 'discard' : `rate ${action.rate} packet/s`;
    case 'traffic-action':
      return (
        [...(action.sample ? ['sample'] : []), ...(action.terminal ? ['continue with later rules'] : [])].join(
          ' and ',
        ) || 'stop here'
      );
    case 'rt-redirect':
      return `redirect ${routeTargetText(action)}`;
    case 'rt-redirect-ipv6':
      return `redirect ${routeTargetText(action)}`;
    case 'traffic-marking':
      return `mark dscp ${action.dscp}`;
  }
}

/** The effect of a list of actions on packets; without any they are accepted. */
export function describeActions(actions: readonly Action[]): string {
  return actions.length === 0 ? 'accept' : actions.map(describeAction).join(', ');
}

/** What a rule matches, in words; a rule without components matches everything. */
export function describeMatch(components: readonly Component[]): string {
  return components.length === 0 ? 'everything' : components.map(describeComponent).join(', ');
}

/** A rule on one line: `dst 192.0.2.10/32, udp, src port 53 -> discard`. */
export function describeRule(components: readonly Component[], actions: readonly Action[]): string {
  return `${describeMatch(components)} -> ${describeActions(actions)}`;
}
