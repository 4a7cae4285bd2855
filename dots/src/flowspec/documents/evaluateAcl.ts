import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';
import { covers, hostPrefix, parseNetwork, type Family, type Prefix } from '#dots/model/prefix';
import { FlowspecError } from '../bgp/error';
import { icmpProtocol, tcp, tcpFlagNames, udp } from '../bgp/protocolNames';
import { hasTransportHeader, type Packet } from '../packets/packet';
import { bareName, bitsIn } from '#dots/model/lexicalForms';
import { numberIn } from '#dots/model/numbers';
import type { Action, Place } from '../bgp/rule';

/**
 * The action of an ACL on a packet, and the ACE that decides it; neither if no ACE matches, which accepts the packet.
 */
export interface AclVerdict {
  actions: Action[];
  source?: Place;
}

type FieldTest = (value: JsonValue, packet: Packet) => boolean;
type FieldTests = Readonly<Record<string, FieldTest>>;

function within(value: JsonValue, address: readonly number[]): boolean {
  const prefix = parseNetwork(String(value));
  return prefix !== undefined && covers(prefix, hostPrefix(address));
}

function bitsOf(value: JsonValue | undefined, otherwise = ''): Set<string> {
  return new Set(bitsIn(String(value ?? otherwise)));
}

/** The operator of RFC 8783: all or any of the tests, or the opposite. */
function operatorMatches(operator: JsonValue | undefined, tests: readonly boolean[]): boolean {
  const bits = bitsOf(operator, 'match');
  const matched = bits.has('any') ? tests.some(Boolean) : tests.every(Boolean);
  return matched !== bits.has('not');
}

/** Whether more fragments follow. */
function more(packet: Packet): boolean {
  return packet.fragment === 'first' || packet.fragment === 'middle';
}

const fragmentTests: Record<string, (packet: Packet) => boolean> = {
  df: (packet) => packet.dontFragment,
  isf: (packet) => packet.fragment !== 'whole',
  ff: (packet) => packet.fragment === 'first',
  lf: (packet) => packet.fragment === 'last',
};

const fragment: FieldTest = (value, packet) =>
  isObject(value) &&
  operatorMatches(
    value.operator,
    [...bitsOf(value.type)].map((type) => fragmentTests[type]?.(packet) === true),
  );

const flagsBitmask: FieldTest = (value, packet) => {
  if (!isObject(value)) return false;
  const mask = Number(value.bitmask);
  const wanted = Array.from({ length: 12 }, (_, bit) => 1 << bit).filter((bit) => (mask & bit) !== 0);
  return operatorMatches(
    value.operator,
    wanted.map((bit) => (packet.tcpFlags & bit) !== 0),
  );
};

const tcpFlags: FieldTest = (value, packet) => {
  const bits = bitsOf(value);
  return tcpFlagNames.every((name, index) => bits.has(name) === ((packet.tcpFlags & (1 << index)) !== 0));
};

const ipv4Flags: FieldTest = (value, packet) => {
  const bits = bitsOf(value);
  return bits.has('fragment') === packet.dontFragment && bits.has('more') === more(packet) && !bits.has('reserved');
};

/** Whether a port is in a range or satisfies an operator (RFC 8519). */
function portMatches(value: JsonValue, port: number): boolean {
  if (!isObject(value)) return false;
  if (value.port === undefined) return Number(value['lower-port']) <= port && port <= Number(value['upper-port']);
  const wanted = Number(value.port);
  switch (value.operator ?? 'eq') {
    case 'lte':
      return port <= wanted;
    case 'gte':
      return port >= wanted;
    case 'neq':
      return port !== wanted;
    default:
      return port === wanted;
  }
}

const ip: FieldTests = {
  protocol: (value, packet) => packet.protocol === value,
  dscp: (value, packet) => packet.dscp === value,
  fragment,
};

const ports: FieldTests = {
  'source-port-range-or-operator': (value, packet) => portMatches(value, packet.sourcePort),
  'destination-port-range-or-operator': (value, packet) => portMatches(value, packet.destinationPort),
};

const containers: Readonly<Record<string, FieldTests>> = {
  ipv4: {
    ...ip,
    flags: ipv4Flags,
    length: (value, packet) => packet.length === value,
    'destination-ipv4-network': (value, packet) => within(value, packet.destination),
    'source-ipv4-network': (value, packet) => within(value, packet.source),
  },
  ipv6: {
    ...ip,
    length: (value, packet) => packet.length - 40 === value,
    'flow-label': (value, packet) => packet.flowLabel === value,
    'destination-ipv6-network': (value, packet) => within(value, packet.destination),
    'source-ipv6-network': (value, packet) => within(value, packet.source),
  },
  tcp: { ...ports, flags: tcpFlags, 'flags-bitmask': flagsBitmask },
  udp: ports,
  icmp: { type: (value, packet) => packet.icmpType === value, code: (value, packet) => packet.icmpCode === value },
};

/** Whether a packet has the protocol or family of a container. */
function isOf(name: string, packet: Packet): boolean {
  if (name === 'ipv4' || name === 'ipv6') return packet.family === name;
  return packet.protocol === { tcp, udp, icmp: icmpProtocol(packet.family) }[name];
}

/** Whether a container's fields match; fields of the transport header never match a later fragment, which has none. */
function containerMatches(name: string, container: JsonValue | undefined, packet: Packet): boolean {
  const tests = containers[name];
  if (!isObject(container) || tests === undefined || !isOf(name, packet)) return false;
  const transport = name !== 'ipv4' && name !== 'ipv6';
  return Object.entries(container).every(
    ([field, value]) => tests[field]?.(value, packet) === true && (!transport || hasTransportHeader(packet)),
  );
}

function checkKnown(matches: JsonObject): void {
  for (const [name, container] of Object.entries(matches)) {
    const tests = Object.hasOwn(containers, name) ? containers[name] : undefined;
    const stray =
      tests === undefined
        ? name
        : Object.keys(isObject(container) ? container : {}).find((field) => !Object.hasOwn(tests, field));
    if (stray !== undefined)
      throw new FlowspecError('flowspec/not-evaluable', `Packets cannot be compared with "${stray}".`);
  }
}

/** Whether a packet matches: without a destination, only packets to the own prefixes do (RFC 8783 section 7.2). */
function aceMatches(matches: JsonObject, packet: Packet, domain: readonly Prefix[]): boolean {
  checkKnown(matches);
  const l3 = matches[packet.family];
  const named = isObject(l3) && Object.hasOwn(l3, `destination-${packet.family}-network`);
  if (!named && !domain.some((prefix) => covers(prefix, hostPrefix(packet.destination)))) return false;
  return Object.entries(matches).every(([name, container]) => containerMatches(name, container, packet));
}

function isFor(acl: JsonObject, family: Family): boolean {
  return (
    acl['activation-type'] !== 'deactivate' && (typeof acl.type !== 'string' || bareName(acl.type).includes(family))
  );
}

function actionsOf(ace: JsonObject): Action[] {
  const actions = isObject(ace.actions) ? ace.actions : {};
  if (bareName(String(actions.forwarding)) === 'drop') return [{ kind: 'traffic-rate-bytes', as: 0, rate: 0 }];
  return actions['rate-limit'] === undefined
    ? []
    : [{ kind: 'traffic-rate-bytes', as: 0, rate: numberIn(String(actions['rate-limit'])) ?? 0 }];
}

/**
 * The action of a valid `acls` document on a packet by first-match evaluation over its active ACLs (RFC 8783 section
 * 4), computed from the document itself, independently of the rules made of it. Throws FlowspecError for fields that
 * `Packet` does not have.
 */
export function evaluateAcl(
  document: { file: string; value: JsonObject },
  packet: Packet,
  domain: readonly Prefix[] = [],
): AclVerdict {
  const top = 'ietf-dots-data-channel:acls';
  const acls = isObject(document.value[top]) ? document.value[top] : {};
  for (const [aclIndex, acl] of itemsOf(acls.acl).entries()) {
    if (!isObject(acl) || !isFor(acl, packet.family)) continue;
    for (const [aceIndex, ace] of itemsOf(isObject(acl.aces) ? acl.aces.ace : []).entries()) {
      if (!isObject(ace) || !aceMatches(isObject(ace.matches) ? ace.matches : {}, packet, domain)) continue;
      const pointer = ['acl', aclIndex, 'aces', 'ace', aceIndex].reduce<string>(child, child('', top));
      return { actions: actionsOf(ace), source: { file: document.file, pointer } };
    }
  }
  return { actions: [] };
}
