import { icmpProtocol, tcp } from '../bgp/protocolNames';
import { sortRules } from '../bgp/order';
import { matchesAddress } from '../bgp/prefixPattern';
import { fragmentBitsOf, hasPorts, hasTransportHeader, type Packet } from './packet';
import {
  isBitmask,
  isPrefix,
  type Action,
  type BitmaskTest,
  type Component,
  type FlowspecRule,
  type NumericTest,
  type NumericType,
  type PrefixComponent,
} from '../bgp/rule';

/** Whether a number satisfies a comparison of RFC 8955 table 1. */
export function numericMatches({ op, value }: NumericTest, data: number): boolean {
  const operand = Number(value);
  switch (op) {
    case 'false':
      return false;
    case '=':
      return data === operand;
    case '>':
      return data > operand;
    case '>=':
      return data >= operand;
    case '<':
      return data < operand;
    case '<=':
      return data <= operand;
    case '!=':
      return data !== operand;
    case 'true':
      return true;
  }
}

/** Whether bits satisfy a bitmask test of RFC 8955 section 4.2.1.2. */
export function bitmaskMatches({ not, match, value }: BitmaskTest, data: number): boolean {
  const matched = match ? (data & value) === value : (data & value) !== 0;
  return matched !== not;
}

/** The numbers of a packet that a numeric component tests; none if the packet does not have the field. */
function numericData(type: NumericType, packet: Packet): number[] {
  const ports = hasPorts(packet);
  const icmp = packet.protocol === icmpProtocol(packet.family) && hasTransportHeader(packet);
  switch (type) {
    case 3:
      return [packet.protocol];
    case 4:
      return ports ? [packet.sourcePort, packet.destinationPort] : [];
    case 5:
      return ports ? [packet.destinationPort] : [];
    case 6:
      return ports ? [packet.sourcePort] : [];
    case 7:
      return icmp ? [packet.icmpType] : [];
    case 8:
      return icmp ? [packet.icmpCode] : [];
    case 10:
      return [packet.length];
    case 11:
      return [packet.dscp];
    case 13:
      return [packet.flowLabel];
  }
}

function bitmaskData(type: 9 | 12, packet: Packet): number[] {
  if (type === 12) return [fragmentBitsOf(packet)];
  return packet.protocol === tcp && hasTransportHeader(packet) ? [packet.tcpFlags & 0x0fff] : [];
}

function prefixMatches({ type, prefix }: PrefixComponent, packet: Packet): boolean {
  return prefix.family === packet.family && matchesAddress(prefix, type === 1 ? packet.destination : packet.source);
}

/** Whether a packet matches one component. */
function componentMatches(component: Component, packet: Packet): boolean {
  if (isPrefix(component)) return prefixMatches(component, packet);
  if (isBitmask(component)) {
    return bitmaskData(component.type, packet).some((data) =>
      component.anyOf.some((group) => group.every((test) => bitmaskMatches(test, data))),
    );
  }
  return numericData(component.type, packet).some((data) =>
    component.anyOf.some((group) => group.every((test) => numericMatches(test, data))),
  );
}

/** Whether a packet of the rule's family matches all components (RFC 8955 section 4.2). */
export function ruleMatches(rule: Pick<FlowspecRule, 'family' | 'components'>, packet: Packet): boolean {
  return rule.family === packet.family && rule.components.every((component) => componentMatches(component, packet));
}

/** The actions on a packet, and the rules that decided them; neither means accept. */
export interface Verdict {
  actions: Action[];
  rules: FlowspecRule[];
}

/**
 * A router's treatment of a packet: rules are tested in the order of RFC 8955 section 5.1; the first match decides,
 * unless its traffic-action is not terminal, which adds the actions of the next match.
 */
export function evaluateRules(rules: readonly FlowspecRule[], packet: Packet): Verdict {
  return evaluateSorted(sortRules(rules), packet);
}

/** `evaluateRules` for rules that are in router order already. */
export function evaluateSorted(rules: readonly FlowspecRule[], packet: Packet): Verdict {
  const verdict: Verdict = { actions: [], rules: [] };
  for (const rule of rules) {
    if (!ruleMatches(rule, packet)) continue;
    verdict.actions.push(...rule.actions);
    verdict.rules.push(rule);
    if (!rule.actions.some((action) => action.kind === 'traffic-action' && action.terminal)) break;
  }
  return verdict;
}
