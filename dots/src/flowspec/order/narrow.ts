import { addressBits, covers, halves, makePrefix, type Family, type Prefix } from '#dots/model/prefix';
import { within, type Draft } from '../packets/draft';
import { intersect, interval, subtract, type IntervalSet } from '../packets/intervals';
import { fragmentBits } from '../bgp/protocolNames';
import { bitmaskSet, impliedProtocols, numericSet, regionsOf } from '../packets/region';
import {
  isBitmask,
  isPrefix,
  prefixComponent,
  type BitmaskComponent,
  type BitmaskTest,
  type BitmaskType,
  type Component,
  type NumericComponent,
  type NumericTest,
  type NumericType,
  type PrefixType,
} from '../bgp/rule';

/** The most tests in one component; a repair with more would be unreadable and is not made. */
const mostTests = 64;

/** The numbers that a field can have. */
function fieldOf(type: NumericType): IntervalSet {
  const bits = { 3: 8, 4: 16, 5: 16, 6: 16, 7: 8, 8: 8, 10: 16, 11: 6, 13: 20 }[type];
  return interval(0, 2 ** bits);
}

/** The tests for the numbers of one interval; at an end of the field one bound suffices. */
function boundedTests(from: number, to: number, end: number): NumericTest[] {
  if (from + 1 === to) return [{ op: '=', value: from }];
  const low: NumericTest[] = from > 0 ? [{ op: '>=', value: from }] : [];
  return to < end ? [...low, { op: '<=', value: to - 1 }] : low;
}

/** A component for the numbers of a set; undefined where it is empty. */
function numericOf(type: NumericType, set: IntervalSet): NumericComponent | undefined {
  const end = Number(fieldOf(type)[1]);
  const anyOf: NumericTest[][] = [];
  for (let at = 0; at < set.length; at += 2) anyOf.push(boundedTests(Number(set[at]), Number(set[at + 1]), end));
  return anyOf.length === 0 || anyOf.length > mostTests || anyOf.some((group) => group.length === 0)
    ? undefined
    : { type, anyOf };
}

/** The component of a type, if present. */
function componentOf<T extends Component>({ components }: Draft, type: T['type']): T | undefined {
  return components.find((component): component is T => component.type === type);
}

/** The draft with the component of a type replaced. */
function withComponent({ family, components }: Draft, component: Component): Draft {
  return {
    family,
    components: [...components.filter(({ type }) => type !== component.type), component].sort(
      (a, b) => a.type - b.type,
    ),
  };
}

/**
 * The prefixes that together cover the addresses of `outer` without those of `inner`, which it covers: one for each
 * additional bit.
 */
function siblings(outer: Prefix, inner: Prefix): Prefix[] {
  const list: Prefix[] = [];
  for (let length = outer.length; length < inner.length; length++) {
    const [low, high] = halves(makePrefix(inner.octets, length));
    list.push(covers(low, inner) ? high : low);
  }
  return list;
}

function everyAddress(family: Family): Prefix {
  return makePrefix(new Array<number>(addressBits(family) / 8).fill(0), 0);
}

function prefixesOutside(draft: Draft, type: PrefixType, other: Prefix): Draft[] {
  const own = prefixComponent(draft.components, type) ?? everyAddress(draft.family);
  if (covers(other, own)) return [];
  if (!covers(own, other)) return [draft];
  return siblings(own, other).map((prefix) => withComponent(draft, within(type, prefix)));
}

function numbersOutside(draft: Draft, type: NumericType, other: IntervalSet): Draft[] | undefined {
  const own = componentOf<NumericComponent>(draft, type);
  const set = subtract(own === undefined ? fieldOf(type) : intersect(numericSet(own), fieldOf(type)), other);
  if (set.length === 0) return [];
  const component = numericOf(type, set);
  return component && [withComponent(draft, component)];
}

/** Groups of tests of which one matches exactly where none of the given groups does. */
function negated(anyOf: readonly BitmaskTest[][]): BitmaskTest[][] {
  return anyOf.reduce<BitmaskTest[][]>(
    (made, group) => made.flatMap((tests) => group.map((test) => [...tests, { ...test, not: !test.not }])),
    [[]],
  );
}

/** The draft limited to bits for which one of the groups matches as well. */
function bitsWithin(draft: Draft, type: BitmaskType, groups: readonly BitmaskTest[][]): Draft[] | undefined {
  const own = componentOf<BitmaskComponent>(draft, type)?.anyOf ?? [[]];
  const anyOf = own
    .flatMap((tests) => groups.map((group) => [...tests, ...group]))
    .filter((group) => bitmaskSet({ type, anyOf: [group] }).length > 0);
  if (anyOf.length === 0) return [];
  return anyOf.flat().length > mostTests ? undefined : [withComponent(draft, { type, anyOf })];
}

function bitsOutside(draft: Draft, { type, anyOf }: BitmaskComponent): Draft[] | undefined {
  return anyOf.reduce((count, group) => count * group.length, 1) > mostTests
    ? undefined
    : bitsWithin(draft, type, negated(anyOf));
}

/**
 * The part of a draft that is removed because another draft requires protocols, or a visible transport header, by its
 * other components.
 */
function outsideImplied(draft: Draft, other: Draft): (Draft[] | undefined)[] {
  const sets = other.components
    .flatMap(({ type }) => [impliedProtocols(type, other.family) ?? []])
    .filter((set) => set.length > 0);
  const [first, ...more] = sets;
  if (first === undefined) return [];
  const later: BitmaskTest = { not: false, match: false, value: fragmentBits.notFirst };
  return [numbersOutside(draft, 3, more.reduce(intersect, first)), bitsWithin(draft, 12, [[later]])];
}

function outside(draft: Draft, component: Component): Draft[] | undefined {
  if (isPrefix(component)) return prefixesOutside(draft, component.type, component.prefix);
  return isBitmask(component)
    ? bitsOutside(draft, component)
    : numbersOutside(draft, component.type, numericSet(component));
}

/**
 * Rules that together match what `draft` matches and `other` does not; they may overlap. For each component of `other`
 * there is the draft with its complement, and for what `other` implies as well: a packet of the draft that `other` does
 * not match fails one of these. Undefined if a component has no complement of reasonable size, or matches two ports at
 * once (type 4).
 */
export function draftsOutside(draft: Draft, other: Draft): Draft[] | undefined {
  if ([draft, other].some(({ components }) => components.some(({ type }) => type === 4))) return undefined;
  const lists = [...other.components.map((component) => outside(draft, component)), ...outsideImplied(draft, other)];
  if (lists.includes(undefined)) return undefined;
  return (lists as Draft[][]).flat().filter(({ components, family }) => regionsOf(components, family)?.length !== 0);
}

/** The prefixes for a draft that cover the same addresses, those that overlap `other` being longer than it. */
function prefixesAbove(own: Prefix, other: Prefix): Prefix[] {
  return [...siblings(own, other), ...halves(other)];
}

/**
 * The halves of a draft by one prefix so that routers test it before `other`; undefined if the prefixes do not allow
 * it.
 */
function splitBy(draft: Draft, other: Draft, type: PrefixType): Draft[] | undefined {
  const bits = addressBits(draft.family);
  const own = prefixComponent(draft.components, type) ?? everyAddress(draft.family);
  const rival = prefixComponent(other.components, type);
  if (rival === undefined)
    return own.length === bits ? undefined : halves(own).map((prefix) => withComponent(draft, within(type, prefix)));
  if (!covers(own, rival)) return undefined;
  if (rival.length < bits) return prefixesAbove(own, rival).map((prefix) => withComponent(draft, within(type, prefix)));
  const rest = siblings(own, rival).map((prefix) => withComponent(draft, within(type, prefix)));
  const same = type === 1 ? splitBy(withComponent(draft, within(type, rival)), other, 2) : undefined;
  return same && [...rest, ...same];
}

/**
 * Rules that together match exactly what `draft` matches, and of which those that overlap `other` have a longer prefix,
 * so that routers test them before it (RFC 8955 section 5.1). Undefined if prefixes cannot achieve that.
 */
export function draftsAbove(draft: Draft, other: Draft): Draft[] | undefined {
  return prefixComponent(draft.components, 1) === undefined ? undefined : splitBy(draft, other, 1);
}
