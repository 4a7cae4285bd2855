import { formatAddress, formatPrefix } from '#dots/model/prefix';
import { toOctets, toNumber } from '../bgp/octets';
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
  type Action,
  type BitmaskComponent,
  type BitmaskTest,
  type Component,
  type FlowspecRule,
  type NumericComponent,
} from '../bgp/rule';

/** The keyword of each component in GoBGP 3.10. */
const keywords: Record<Component['type'], string> = { ...componentKeywords, 13: 'label' };

/** Starting with the least significant bit. */
const tcpFlags = ['F', 'S', 'R', 'P', 'A', 'U', 'E', 'C'];

/** The most octets of components that GoBGP 3.10 still writes and reads. */
export const longestForGobgp = 238;

function isNamed(component: BitmaskComponent): boolean {
  const names = component.type === 9 ? tcpFlags : fragmentKeywords;
  return component.anyOf.flat().every(({ value }) => value > 0 && value < 1 << names.length);
}

/** A rate as digits with a point; GoBGP reads no exponent. */
function rateDigits(rate: number): string | undefined {
  const text = String(rate);
  return /^\d+(\.\d+)?$/.test(text) ? text : undefined;
}

/** The syntax for an action, or undefined if GoBGP has none for its octets. */
function actionWords(action: Action): string[] | undefined {
  switch (action.kind) {
    case 'traffic-rate-bytes': {
      const digits = rateDigits(action.rate);
      const as = action.as === 0 ? [] : ['as', String(action.as)];
      return digits === undefined ? undefined : [...(action.rate === 0 ? ['discard'] : ['rate-limit', digits]), ...as];
    }
    case 'traffic-action': {
      const kind = [...(action.sample ? ['sample'] : []), ...(action.terminal ? ['terminal'] : [])].join('-');
      return kind === '' ? undefined : ['action', kind];
    }
    case 'rt-redirect':
      return ['redirect', `${administrator(action)}:${action.value}`];
    case 'traffic-marking':
      return ['mark', String(action.dscp)];
    case 'traffic-rate-packets':
    case 'rt-redirect-ipv6':
      return undefined;
  }
}

/** An AS number of 4 octets has to be written with a dot: without one GoBGP truncates it to 2 octets. */
function administrator({ form, administrator: number }: Extract<Action, { kind: 'rt-redirect' }>): string {
  if (form === 'ipv4') return formatAddress(toOctets(number, 4));
  return form === 'as2' ? String(number) : `${toNumber(toOctets(number, 4).slice(0, 2))}.${number % 65536}`;
}

function obstacle(rule: FlowspecRule): string | undefined {
  if (hasOffset(rule)) return 'GoBGP writes IPv6 prefixes with an offset wrongly';
  if (hasConstantTest(rule)) return 'GoBGP swaps the comparisons true and false';
  if (!rule.components.every((component) => !isBitmask(component) || isNamed(component)))
    return 'GoBGP has names for the eight common TCP flags only';
  if (componentOctets(rule) > longestForGobgp)
    return `GoBGP writes components of more than ${longestForGobgp} octets wrongly`;
  if (rule.actions.some((action) => actionWords(action) === undefined)) return 'GoBGP has no syntax for its action';
  return undefined;
}

function bitmaskWord({ not, match, value }: BitmaskTest, type: 9 | 12): string {
  const names = (type === 9 ? tcpFlags : fragmentKeywords).filter((_, index) => (value & (1 << index)) !== 0);
  return `${not ? '!' : ''}${match ? '=' : ''}${names.join(type === 9 ? '' : '+')}`;
}

function numericWords({ anyOf }: NumericComponent): string[] {
  return anyOf.map((group) => group.map(({ op, value }) => `${op === '=' ? '==' : op}${value}`).join('&'));
}

function matchWords(component: Component): string[] {
  if (isPrefix(component)) return [keywords[component.type], formatPrefix(component.prefix)];
  const words = isBitmask(component)
    ? component.anyOf.map((group) => group.map((test) => bitmaskWord(test, component.type)).join('&'))
    : numericWords(component);
  return [keywords[component.type], ...words];
}

/** A word quoted for a shell. */
function quoted(word: string): string {
  return /^[\w./:-]+$/.test(word) ? word : `'${word}'`;
}

/** The arguments after `gobgp global rib add` for one rule that has no obstacle. */
function argumentsOf({ family, components, actions }: FlowspecRule): string[] {
  const then = actions.length === 0 ? ['accept'] : actions.flatMap((action) => actionWords(action) ?? []);
  return ['-a', `${family}-flowspec`, 'match', ...components.flatMap(matchWords), 'then', ...then];
}

function lines(rule: FlowspecRule, index: number): string[] {
  const reason = obstacle(rule);
  if (reason !== undefined) return [leftOutLine(rule, index, reason)];
  return [...headLines(rule, gobgp), `gobgp global rib add ${argumentsOf(rule).map(quoted).join(' ')}`];
}

/** GoBGP: commands for a shell, one for each rule. */
export const gobgp: RouterTarget = {
  name: 'GoBGP 3.10',
  obstacle,
  render: (rules) =>
    rules
      .flatMap(lines)
      .map((line) => `${line}\n`)
      .join(''),
};
