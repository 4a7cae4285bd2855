import type { Fault } from '#dots/model/finding';
import { everyAddress, makePrefix, type Family, type Prefix } from '#dots/model/prefix';
import type { PrefixPattern } from './prefixPattern';

/** The comparisons of a numeric operator (RFC 8955 table 1), at the index of their lt, gt, eq bits. */
export const numericOperators = ['false', '=', '>', '>=', '<', '<=', '!=', 'true'] as const;

/** One comparison of a numeric operator. */
export type NumericOperator = (typeof numericOperators)[number];

/** One comparison. A value above 2^53-1 (8-octet operands) is a decimal string, as JSON writes 64-bit integers. */
export interface NumericTest {
  op: NumericOperator;
  value: number | string;
}

/** One bitmask test: `match` requires all bits of the value, otherwise any of them; `not` inverts the result. */
export interface BitmaskTest {
  not: boolean;
  match: boolean;
  value: number;
}

/** The component types with a prefix: destination and source. */
export type PrefixType = 1 | 2;
/** The component types with numeric operators. */
export type NumericType = 3 | 4 | 5 | 6 | 7 | 8 | 10 | 11 | 13;
/** The component types with bitmask operators: TCP flags and fragment. */
export type BitmaskType = 9 | 12;

/** A component that matches an address. */
export interface PrefixComponent {
  type: PrefixType;
  prefix: PrefixPattern;
}
/** A component that compares numbers: it matches if all tests of one of the groups match. */
export interface NumericComponent {
  type: NumericType;
  anyOf: NumericTest[][];
}
/** A component that tests bits: it matches if all tests of one of the groups match. */
export interface BitmaskComponent {
  type: BitmaskType;
  anyOf: BitmaskTest[][];
}
/** One component of a Flowspec rule (RFC 8955 section 4.2.2, RFC 8956 section 3). */
export type Component = PrefixComponent | NumericComponent | BitmaskComponent;

/** A traffic filtering action (RFC 8955 section 7, RFC 8956 section 6.1); without actions, traffic is accepted. */
export type Action =
  /** Bytes per second, a 32-bit float on the wire; 0 discards. `as` is informational. */
  | { kind: 'traffic-rate-bytes'; as: number; rate: number }
  /** Packets per second; 0 discards. */
  | { kind: 'traffic-rate-packets'; as: number; rate: number }
  /** `terminal` (bit 47) set means: go on to later rules. */
  | { kind: 'traffic-action'; sample: boolean; terminal: boolean }
  /** The administrator is an AS number, or the IPv4 address as a number. */
  | { kind: 'rt-redirect'; form: 'as2' | 'ipv4' | 'as4'; administrator: number; value: number }
  | { kind: 'rt-redirect-ipv6'; address: string; value: number }
  | { kind: 'traffic-marking'; dscp: number };

/** A place in one of the given documents. */
export interface Place {
  file: string;
  pointer: string;
}

/** A fault in one of the given documents. */
export interface FlowspecFinding extends Fault {
  file: string;
}

/** One Flowspec rule, ready to be announced. */
export interface FlowspecRule {
  /** Which BGP Flowspec table it belongs to: AFI 1 or AFI 2, SAFI 133. */
  family: Family;
  /** In ascending order of type. */
  components: Component[];
  actions: Action[];
  /** Hex digits, the length octets included. */
  nlri: string;
  /** 16 hex digits each. */
  extendedCommunities: string[];
  /** 40 hex digits each (IPv6-address-specific, RFC 5701); only a redirect to an IPv6 route target has one. */
  ipv6ExtendedCommunities?: string[];
  /** The rule in words, on one line. */
  text: string;
  /** Its source: an ACE or a mitigation scope. */
  source: Place;
  /** Further ACEs and scopes that have the same rule; absent: there is none. */
  shared?: Place[];
}

/** The component of one kind, if present. */
export function prefixComponent(components: readonly Component[], type: PrefixType): PrefixPattern | undefined {
  for (const component of components) if (isPrefix(component) && component.type === type) return component.prefix;
  return undefined;
}

/** The addresses that a rule may match: a prefix with an offset says nothing of its first bits. */
export function destinationOf({ family, components }: Pick<FlowspecRule, 'family' | 'components'>): Prefix {
  const named = prefixComponent(components, 1);
  return named?.offset === 0 ? makePrefix(named.octets, named.length) : everyAddress(family);
}

/** Whether a component has an address prefix. */
export function isPrefix(component: Component): component is PrefixComponent {
  return component.type <= 2;
}

/** Whether a component has bitmask operators. */
export function isBitmask(component: Component): component is BitmaskComponent {
  return component.type === 9 || component.type === 12;
}
