import type { Family, Prefix } from '#dots/model/prefix';
import type { IntervalSet } from './intervals';
import { prefixPattern } from '../bgp/prefixPattern';
import { udp, tcp } from '../bgp/protocolNames';
import type { Action, Component, NumericTest, NumericType, Place, PrefixType } from '../bgp/rule';

/** A rule before it is encoded. */
export interface Draft {
  family: Family;
  components: Component[];
}

/** One ACE or mitigation scope with the rules it becomes. */
export interface Entry {
  source: Place;
  /** Its name in findings: `ACE "a" of ACL "b"`. */
  label: string;
  actions: Action[];
  drafts: Draft[];
  /** For a mitigation scope: its target prefixes, each with the entry of the scope that it comes from. */
  targets?: readonly { prefix: Prefix; by: Place }[];
  /**
   * The drafts must not become rules: part of the match cannot be expressed, so they match too much, or the document
   * has an error.
   */
  leftOut?: boolean;
}

/** A component that matches one value. */
export function equals(type: NumericType, value: number): Component {
  return { type, anyOf: [[{ op: '=', value }]] };
}

/** The tests for the values from `from` to `to`, both included. */
export function rangeTests(from: number, to: number): NumericTest[] {
  return from === to
    ? [{ op: '=', value: from }]
    : [
        { op: '>=', value: from },
        { op: '<=', value: to },
      ];
}

/** A component that matches the values of a set, ascending: the same set always has the same NLRI. */
export function oneOf(type: NumericType, set: IntervalSet): Component {
  const anyOf: NumericTest[][] = [];
  for (let at = 0; at < set.length; at += 2) anyOf.push(rangeTests(Number(set[at]), Number(set[at + 1]) - 1));
  return { type, anyOf };
}

/** A component that matches a list of values, ascending and each once. */
export function anyValue(type: NumericType, values: readonly number[]): Component {
  return { type, anyOf: [...new Set(values)].sort((a, b) => a - b).map((value) => [{ op: '=' as const, value }]) };
}

/** An address component: type 1 for the destination, 2 for the source. */
export function within(type: PrefixType, prefix: Prefix): Component {
  return { type, prefix: prefixPattern(prefix) };
}

/** The destination component of a prefix. */
export function destination(prefix: Prefix): Component {
  return within(1, prefix);
}

/** The source component of a prefix. */
export function source(prefix: Prefix): Component {
  return within(2, prefix);
}

/** Whether Flowspec can match the ports of a protocol (RFC 8955 section 4.2.2.4). */
export function hasPortComponents(protocol: number): boolean {
  return protocol === tcp || protocol === udp;
}
