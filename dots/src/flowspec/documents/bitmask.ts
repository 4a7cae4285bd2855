import type { JsonObject } from '#dots/model/json';
import type { Match } from './match';
import { fragmentBits, tcpFlagNames } from '../bgp/protocolNames';
import { asBits, asObject, member, quote, type Located } from './values';
import type { BitmaskTest } from '../bgp/rule';

/** The operator of RFC 8783: how the bits of a mask are to be compared. */
interface Operator {
  not: boolean;
  match: boolean;
}

const allOf = (value: number): BitmaskTest => ({ not: false, match: true, value });
const anyOf = (value: number): BitmaskTest => ({ not: false, match: false, value });
const noneOf = (value: number): BitmaskTest => ({ not: true, match: false, value });

/** Reads the `operator` beside a mask; absent it means match. Undefined after reporting an invalid one. */
function readOperator(container: Located<JsonObject>, match: Match): Operator | undefined {
  const located = member(container, 'operator');
  if (located === undefined) return { not: false, match: true };
  const bits = match.bits(located, ['not', 'match', 'any']);
  if (bits === undefined) return undefined;
  if (bits.has('match') && bits.has('any')) {
    match.fail(located, 'flowspec/operator', '8783 4.3', 'The operator cannot be both match and any.');
    return undefined;
  }
  if (!bits.has('match') && !bits.has('any')) {
    match.report.information(
      located,
      'flowspec/operator',
      '8783 4.3',
      `The operator ${quote(located.value)} names neither match nor any; it is read as "${bits.has('not') ? 'not ' : ''}match".`,
    );
  }
  return { not: bits.has('not'), match: !bits.has('any') };
}

/** The container of a mask, with only the allowed members. */
function container(located: Located, mask: string, match: Match): { operator: Operator; mask: Located } | undefined {
  const object = asObject(located, match.report);
  const value = object && member(object, mask);
  if (object === undefined || value === undefined) {
    if (object !== undefined) match.fail(located, 'flowspec/value', '8783 4.3', `"${mask}" is missing.`);
    match.failed = true;
    return undefined;
  }
  for (const name of Object.keys(object.value))
    if (name !== 'operator' && name !== mask) match.unknown(member(object, name) as Located, name);
  const operator = readOperator(object, match);
  return operator && { operator, mask: value };
}

/** `flags-bitmask`: 12 bits of the TCP header with the operator of RFC 8783, which is the one of Flowspec. */
export function readFlagsBitmask(located: Located, match: Match): void {
  const read = container(located, 'bitmask', match);
  if (read === undefined) return;
  const value = match.number(read.mask, 0xffff);
  if (value === undefined) return;
  if (value > 0x0fff) {
    match.fail(
      read.mask,
      'flowspec/value',
      '8783 4.3',
      `The bitmask ${value} reaches beyond the 12 control bits of TCP; it can be at most 4095.`,
    );
    return;
  }
  match.set({ type: 9, anyOf: [[{ ...read.operator, value }]] });
}

/** `flags` of TCP: these bits set and all other named bits clear (RFC 8783 section 4.2). */
export function readTcpFlags(located: Located, match: Match): void {
  const bits = match.bits(located, tcpFlagNames);
  if (bits === undefined) return;
  const set = tcpFlagNames.reduce((mask, name, index) => mask | (bits.has(name) ? 1 << index : 0), 0);
  const rest = 0xff & ~set;
  match.set({ type: 9, anyOf: [[...(set === 0 ? [] : [allOf(set)]), ...(rest === 0 ? [] : [noneOf(rest)])]] });
}

const anyFragment = anyOf(fragmentBits.notFirst | fragmentBits.first);
const noFragment = noneOf(fragmentBits.notFirst | fragmentBits.first);

/** The tests for packets of all named fragment types. ISF is "any fragment", which FF and LF imply. */
function fragmentTests(types: ReadonlySet<string>): BitmaskTest[] {
  const mask =
    (types.has('df') ? fragmentBits.df : 0) |
    (types.has('ff') ? fragmentBits.first : 0) |
    (types.has('lf') ? fragmentBits.last : 0);
  const fragment = types.has('isf') && !types.has('ff') && !types.has('lf') ? [anyFragment] : [];
  return mask === 0 ? fragment : [allOf(mask), ...fragment];
}

function fragmentGroups(types: ReadonlySet<string>, { not, match }: Operator): BitmaskTest[][] {
  if (match) {
    const tests = fragmentTests(types);
    return not ? tests.map((test) => [{ ...test, not: true }]) : [tests];
  }
  const bits = { df: fragmentBits.df, isf: anyFragment.value, ff: fragmentBits.first, lf: fragmentBits.last };
  const value = Object.entries(bits).reduce((mask, [name, bit]) => mask | (types.has(name) ? bit : 0), 0);
  return [[{ not, match: false, value }]];
}

/**
 * `fragment`: the bits have the values of RFC 8955, but ISF does not mean the same. RFC 8783 appendix A uses it for
 * every fragment, Flowspec only for later ones; so it becomes "later or first".
 */
export function readFragment(located: Located, match: Match): void {
  const read = container(located, 'type', match);
  const types = read && match.bits(read.mask, ['df', 'isf', 'ff', 'lf']);
  if (read === undefined || types === undefined) return;
  if (types.size === 0) {
    match.fail(read.mask, 'flowspec/value', '8783 4.3', 'No fragment type is named.');
    return;
  }
  if (types.has('df') && match.family === 'ipv6') {
    match.fail(read.mask, 'flowspec/df-ipv6', '8956 3.6', 'IPv6 has no "don\'t fragment" bit.');
    return;
  }
  if (types.has('isf')) noteFragments(read.mask, match);
  match.set({ type: 12, anyOf: fragmentGroups(types, read.operator) });
}

function noteFragments(located: Located, match: Match): void {
  match.report.information(
    located,
    'flowspec/isf',
    '8783 A',
    'isf is read as any fragment, the first one included, as RFC 8783 uses it; the Flowspec bit of that name means later fragments only.',
  );
  if (match.family === 'ipv6') {
    match.report.warning(
      located,
      'flowspec/atomic-fragment',
      '8956 3.6',
      'Flowspec does not distinguish an atomic fragment (a Fragment header on a whole packet) from an unfragmented packet: this rule treats it as unfragmented.',
    );
  }
}

/**
 * The fragment tests for exactly this DF and "more fragments" bit. More fragments: the first one, or a later one that
 * is not the last. No more: not fragmented, or the last.
 */
function flagGroups(df: boolean, more: boolean): BitmaskTest[][] {
  const { notFirst, first, last } = fragmentBits;
  const dontFragment: BitmaskTest = { not: !df, match: true, value: fragmentBits.df };
  if (more)
    return [
      [dontFragment, allOf(first)],
      [dontFragment, allOf(notFirst), noneOf(last)],
    ];
  return [
    [dontFragment, noFragment],
    [dontFragment, allOf(last)],
  ];
}

/** `flags` of IPv4 (RFC 8519): exactly these three bits, of which Flowspec cannot match the reserved one. */
export function readIpv4Flags(located: Located, match: Match): void {
  const bits = asBits(located, ['reserved', 'fragment', 'more'], match.report);
  if (bits === undefined) {
    match.failed = true;
    return;
  }
  if (bits.has('reserved')) {
    match.fail(
      located,
      'flowspec/not-expressible',
      '8955 4.2.2.12',
      'Flowspec cannot match the reserved bit of the IPv4 header.',
    );
    return;
  }
  match.report.warning(
    located,
    'flowspec/reserved-bit',
    '8783 4.2',
    '"flags" means these bits and no others, but Flowspec cannot match the reserved bit: packets with it set match as well. RFC 8783 recommends "fragment" instead.',
  );
  match.set({ type: 12, anyOf: flagGroups(bits.has('fragment'), bits.has('more')) });
}
