import type { Family } from '#dots/model/prefix';
import { anyValue, equals, hasPortComponents, oneOf } from '../packets/draft';
import type { IntervalSet } from '../packets/intervals';
import { icmpProtocol, protocolName } from '../bgp/protocolNames';
import { familyName } from '../bgp/nlri';
import type { Scope } from './scope';
import type { Component } from '../bgp/rule';

/** Protocols with ports that Flowspec cannot match: DCCP, SCTP, UDP-Lite. */
const otherPorts = [33, 132, 136];

function limitsPorts({ targets, sources }: Scope): boolean {
  return targets.ports.length > 0 || sources.ports.length > 0;
}

/** Whether a set has all 65536 ports. */
function allPorts(ports: IntervalSet): boolean {
  return ports.length === 2 && ports[0] === 0 && ports[1] === 65536;
}

/** The port components of a scope; a range of all ports is redundant once TCP or UDP is required anyway. */
function portComponents({ targets, sources }: Scope): Component[] {
  const list: [5 | 6, IntervalSet][] = [
    [5, targets.ports],
    [6, sources.ports],
  ];
  return list
    .filter(([, ports]) => ports.length > 0 && !(targets.protocols.length > 0 && allPorts(ports)))
    .map(([type, ports]) => oneOf(type, ports));
}

/**
 * The components beside the prefixes, one list for each rule that is needed: TCP and UDP with the ports, ICMP with its
 * types, and all other protocols without either, because a component for a field that a protocol does not have never
 * matches.
 */
export function protocolGroups(family: Family, scope: Scope): Component[][] {
  const { targets, sources } = scope;
  if (targets.protocols.length === 0) return anyProtocol(family, scope);
  noteProtocols(family, scope);
  const withPorts = limitsPorts(scope);
  const visible = targets.protocols.filter((protocol) => !withPorts || !otherPorts.includes(protocol));
  const ported = visible.filter((protocol) => withPorts && hasPortComponents(protocol));
  const typed = visible.filter((protocol) => sources.icmpTypes.length > 0 && protocol === icmpProtocol(family));
  const plain = visible.filter((protocol) => !ported.includes(protocol) && !typed.includes(protocol));
  return [
    ...(ported.length > 0 ? [[anyValue(3, ported), ...portComponents(scope)]] : []),
    ...(typed.length > 0 ? [icmpTypes(family, scope)] : []),
    ...(plain.length > 0 ? [[anyValue(3, plain)]] : []),
  ];
}

function icmpTypes(family: Family, { sources }: Scope): Component[] {
  return [equals(3, icmpProtocol(family)), oneOf(7, sources.icmpTypes)];
}

/** No protocol is named: ports then mean TCP and UDP, and ICMP types mean ICMP. */
function anyProtocol(family: Family, scope: Scope): Component[][] {
  const { targets, sources, report } = scope;
  const withPorts = limitsPorts(scope);
  if (withPorts) {
    const place = targets.ports.length > 0 ? targets.places.ports : sources.places.ports;
    report.warning(
      place,
      'flowspec/ports-any-protocol',
      '8955 4.2.2.4',
      'No protocol is named, and Flowspec matches ports of TCP and UDP only: packets of other protocols do not match. Name the protocols in target-protocol.',
    );
  }
  if (!withPorts && sources.icmpTypes.length === 0) return [[]];
  return [
    ...(withPorts ? [portComponents(scope)] : []),
    ...(sources.icmpTypes.length > 0 ? [icmpTypes(family, scope)] : []),
  ];
}

/** Reports the named protocols to which ports or ICMP types do not apply. */
function noteProtocols(family: Family, scope: Scope): void {
  if (limitsPorts(scope)) notePorts(scope);
  const {
    targets: { protocols, places },
    sources,
    report,
  } = scope;
  const icmp = icmpProtocol(family);
  if (sources.icmpTypes.length > 0 && !protocols.includes(icmp)) {
    report.warning(
      sources.places.icmpTypes,
      'flowspec/icmp-types',
      '9066 5.3.1',
      `target-protocol does not name ICMP for ${familyName(family)} (${icmp}), so the ICMP types match nothing there.`,
    );
  }
  const foreign = icmpProtocol(family === 'ipv4' ? 'ipv6' : 'ipv4');
  if (protocols.includes(foreign)) {
    report.warning(places.protocols, 'flowspec/icmp-family', '9066 5.3.1', foreignIcmp(family));
  }
}

/** Why packets of a family do not normally have the protocol number of the other family's ICMP. */
export function foreignIcmp(family: Family): string {
  const foreign = icmpProtocol(family === 'ipv4' ? 'ipv6' : 'ipv4');
  return `Protocol ${foreign} is ${protocolName(foreign)}, which ${familyName(family)} does not use: there it is ${icmpProtocol(family)}.`;
}

function notePorts({ targets: { protocols, places }, report }: Scope): void {
  for (const name of protocols.filter((protocol) => otherPorts.includes(protocol)).map(protocolName)) {
    report.error(
      places.protocols,
      'flowspec/ports-not-visible',
      '8955 4.2.2.4',
      `Flowspec cannot match the ports of ${name}; a rule without them would match more than intended, so ${name} has none.`,
    );
  }
  const without = protocols
    .filter((protocol) => !hasPortComponents(protocol) && !otherPorts.includes(protocol))
    .map(protocolName);
  if (without.length > 0) {
    report.warning(
      places.protocols,
      'flowspec/ports-do-not-apply',
      '8955 4.2.2.4',
      `${without.join(', ')} has no ports: a separate rule matches it without ports.`,
    );
  }
}
