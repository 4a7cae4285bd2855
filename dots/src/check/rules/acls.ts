import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject } from '../../model/json';
import { child } from '../../model/pointer';
import type { Direction } from '../rfc';
import { readOnly } from './aliases';
import { rfcFault } from './fault';
import { prefixFaults } from './target';

const bareName = (value: unknown): string => (typeof value === 'string' ? value.slice(value.indexOf(':') + 1) : '');
const objectAt = (owner: JsonObject, member: string): JsonObject | undefined => (isObject(owner[member]) ? owner[member] : undefined);

/** The rules for ACLs and their entries (RFC 8783 sections 4 and 7.2). */
export function aclFaults(body: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const list = child(pointer, 'acl');
  return itemsOf(body.acl).flatMap((acl, index) => (isObject(acl) ? oneAcl(acl, child(list, index), direction) : []));
}

function oneAcl(acl: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const aces = objectAt(acl, 'aces');
  const list = child(child(pointer, 'aces'), 'ace');
  return [
    ...aclType(acl, pointer),
    ...readOnly(acl, pointer, direction),
    ...itemsOf(aces?.ace).flatMap((ace, index) => (isObject(ace) ? oneAce(ace, acl, child(list, index), direction) : [])),
  ];
}

function aclType(acl: JsonObject, pointer: string): Fault[] {
  const type = bareName(acl.type);
  if (type === '' || ['ipv4-acl-type', 'ipv6-acl-type'].includes(type)) return [];
  return [rfcFault('acl-type', child(pointer, 'type'), '8783 4.2', 'DOTS filters match IPv4 or IPv6: use "ipv4-acl-type" or "ipv6-acl-type".')];
}

function oneAce(ace: JsonObject, acl: JsonObject, pointer: string, direction?: Direction): Fault[] {
  const matches = objectAt(ace, 'matches') ?? {};
  const actions = objectAt(ace, 'actions') ?? {};
  const at = child(pointer, 'matches');
  return [
    ...destination(matches, acl, pointer),
    ...fragmentsAndFlags(matches, at),
    ...bitFields(matches, at),
    ...protocolConflict(matches, at),
    ...actionFaults(actions, child(pointer, 'actions')),
    ...readOnly(ace, pointer, direction),
  ];
}

function destination(matches: JsonObject, acl: JsonObject, pointer: string): Fault[] {
  const prefixes = (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const member = `destination-${family}-network`;
    const network = objectAt(matches, family)?.[member];
    return network === undefined ? [] : [{ family, member, network }];
  });
  if (acl['activation-type'] === 'immediate' && prefixes.length === 0) {
    return [rfcFault('destination-missing', pointer, '8783 7.2', 'An ACL that is activated immediately must name the destination in every entry: add "destination-ipv4-network" or "destination-ipv6-network".')];
  }
  return prefixes.flatMap(({ family, member, network }) => prefixFaults({ [member]: [network] }, member, child(child(pointer, 'matches'), family), '8783 7.2')
    .map((fault) => ({ ...fault, pointer: fault.pointer.slice(0, fault.pointer.lastIndexOf('/')) })));
}

function fragmentsAndFlags(matches: JsonObject, pointer: string): Fault[] {
  const ipv4 = objectAt(matches, 'ipv4');
  const tcp = objectAt(matches, 'tcp');
  const faults: Fault[] = [];
  if (ipv4 && Object.hasOwn(ipv4, 'fragment') && Object.hasOwn(ipv4, 'flags')) {
    faults.push(rfcFault('fragment-and-flags', child(child(pointer, 'ipv4'), 'flags'), '8783 4.2', '"fragment" and "flags" must not stand together: keep "fragment".', { atName: true }));
  }
  if (tcp && Object.hasOwn(tcp, 'flags-bitmask') && Object.hasOwn(tcp, 'flags')) {
    faults.push(rfcFault('bitmask-and-flags', child(child(pointer, 'tcp'), 'flags'), '8783 4.2', '"flags-bitmask" and "flags" must not stand together: keep "flags-bitmask".', { atName: true }));
  }
  return faults;
}

function bitFields(matches: JsonObject, pointer: string): Fault[] {
  const places: [JsonObject | undefined, string][] = (['ipv4', 'ipv6'] as const).map((family) => [objectAt(objectAt(matches, family) ?? {}, 'fragment'), child(child(pointer, family), 'fragment')]);
  const bitmask = objectAt(objectAt(matches, 'tcp') ?? {}, 'flags-bitmask');
  const bitmaskAt = child(child(pointer, 'tcp'), 'flags-bitmask');
  const faults = [...places, [bitmask, bitmaskAt] as [JsonObject | undefined, string]].flatMap(([field, at]) => (field ? operatorFaults(field, at) : []));
  if (typeof bitmask?.bitmask === 'number' && bitmask.bitmask > 0xfff) {
    faults.push(rfcFault('bitmask-range', child(bitmaskAt, 'bitmask'), '8783 4.3', `The bitmask covers 12 bits of the TCP header (0 to 4095); it is ${bitmask.bitmask}.`));
  }
  const ipv6Fragment = places[1]?.[0];
  if (typeof ipv6Fragment?.type === 'string' && ipv6Fragment.type.split(' ').includes('df')) {
    faults.push(rfcFault('df-in-ipv6', child(places[1]?.[1] ?? pointer, 'type'), '8783 4.3', 'IPv6 has no "df" bit: take it out of this filter.'));
  }
  return faults;
}

function operatorFaults(field: JsonObject, pointer: string): Fault[] {
  const bits = typeof field.operator === 'string' ? field.operator.split(' ') : [];
  if (!bits.includes('match') || !bits.includes('any')) return [];
  return [rfcFault('match-and-any', child(pointer, 'operator'), '8783 4.3', '"match" and "any" exclude each other: keep one of them.')];
}

/** A transport container implies a protocol number; another number can match nothing. */
function protocolConflict(matches: JsonObject, pointer: string): Fault[] {
  const implied: Record<string, number[]> = { tcp: [6], udp: [17], icmp: [1, 58] };
  const transport = Object.keys(implied).find((name) => Object.hasOwn(matches, name));
  if (transport === undefined) return [];
  return (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const protocol = objectAt(matches, family)?.protocol;
    if (typeof protocol !== 'number' || implied[transport]?.includes(protocol)) return [];
    return [rfcFault('protocol-conflict', child(child(pointer, family), 'protocol'), '8783 4.2', `Protocol ${protocol} and "${transport}" exclude each other: this entry can match nothing.`, { severity: 'warning' })];
  });
}

function actionFaults(actions: JsonObject, pointer: string): Fault[] {
  if (bareName(actions.forwarding) !== 'reject') return [];
  return [rfcFault('no-reject', child(pointer, 'forwarding'), '8783 4.1', 'DOTS has no "reject", because its ICMP messages would feed the attack: use "drop".')];
}
