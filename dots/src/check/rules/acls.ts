import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject } from '../../model/json';
import { child } from '../../model/pointer';
import type { Direction } from '../direction';
import { readOnly } from './aliases';
import { exact } from '../numbers';
import { advice, rfcFault } from './fault';
import { peacetimeAdvice } from './planning';
import { hostBitsAdvice } from './target';

const bareName = (value: unknown): string => (typeof value === 'string' ? value.slice(value.indexOf(':') + 1) : '');
const families = ['ipv4', 'ipv6'] as const;

function objectAt(owner: JsonObject | undefined, member: string): JsonObject | undefined {
  const value = owner?.[member];
  return isObject(value) ? value : undefined;
}

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
    ...peacetimeAdvice(acl, pointer),
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
  const family = objectAt(matches, 'ipv6') ? 'ipv6' : 'ipv4';
  const member = `destination-${family}-network`;
  const network = objectAt(matches, family)?.[member];
  if (typeof network === 'string') return hostBitsAdvice(network, () => child(child(child(pointer, 'matches'), family), member));
  if (acl['activation-type'] !== 'immediate' || network !== undefined) return [];
  return [rfcFault('destination-missing', pointer, '8783 7.2', 'An ACL that is activated immediately must name the destination in every entry: add "destination-ipv4-network" or "destination-ipv6-network".')];
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
  const faults: Fault[] = [];
  for (const family of families) {
    const fragment = objectAt(objectAt(matches, family), 'fragment');
    if (fragment) faults.push(...fragmentFaults(fragment, family, child(child(pointer, family), 'fragment')));
  }
  const flags = objectAt(objectAt(matches, 'tcp'), 'flags-bitmask');
  if (flags) faults.push(...flagsFaults(flags, child(child(pointer, 'tcp'), 'flags-bitmask')));
  return faults;
}

function fragmentFaults(fragment: JsonObject, family: string, pointer: string): Fault[] {
  const faults = operatorFaults(fragment, pointer);
  if (family !== 'ipv6' || typeof fragment.type !== 'string' || !fragment.type.split(' ').includes('df')) return faults;
  return [...faults, rfcFault('df-in-ipv6', child(pointer, 'type'), '8783 4.3', 'IPv6 has no "df" bit: take it out of this filter.')];
}

function flagsFaults(flags: JsonObject, pointer: string): Fault[] {
  const faults = operatorFaults(flags, pointer);
  if (typeof flags.bitmask !== 'number' || flags.bitmask <= 0xfff) return faults;
  return [...faults, rfcFault('bitmask-range', child(pointer, 'bitmask'), '8783 4.3', `The bitmask covers 12 bits of the TCP header (0 to 4095); it is ${flags.bitmask}.`)];
}

function operatorFaults(field: JsonObject, pointer: string): Fault[] {
  const bits = typeof field.operator === 'string' ? field.operator.split(' ') : [];
  if (!bits.includes('match') || !bits.includes('any')) return [];
  return [rfcFault('match-and-any', child(pointer, 'operator'), '8783 4.3', '"match" and "any" exclude each other: keep one of them.')];
}

/** Protocol numbers that a transport container implies; another number can match nothing. */
const implied: readonly [transport: string, protocols: number[]][] = [['tcp', [6]], ['udp', [17]], ['icmp', [1, 58]]];

function protocolConflict(matches: JsonObject, pointer: string): Fault[] {
  const transport = implied.find(([name]) => Object.hasOwn(matches, name));
  const family = families.find((name) => typeof objectAt(matches, name)?.protocol === 'number');
  if (transport === undefined || family === undefined) return [];
  const protocol = objectAt(matches, family)?.protocol as number;
  if (transport[1].includes(protocol)) return [];
  return [rfcFault('protocol-conflict', child(child(pointer, family), 'protocol'), '8783 4.2', `Protocol ${protocol} and "${transport[0]}" exclude each other: this entry can match nothing.`, { severity: 'warning' })];
}

function actionFaults(actions: JsonObject, pointer: string): Fault[] {
  const rate = actions['rate-limit'];
  if (bareName(actions.forwarding) === 'reject') {
    return [rfcFault('no-reject', child(pointer, 'forwarding'), '8783 4.1', 'DOTS has no "reject", because its ICMP messages would feed the attack: use "drop".')];
  }
  const bytes = typeof rate === 'string' ? exact(rate) : undefined;
  if (bytes === undefined || bytes > 0n) return [];
  if (bytes === 0n) return [advice('rate-limit-zero', child(pointer, 'rate-limit'), '8783 7.2', 'A rate of 0 bytes per second lets nothing pass: write "drop" if that is meant.')];
  return [rfcFault('rate-limit-negative', child(pointer, 'rate-limit'), '8783 7.2', 'A rate limit is in bytes per second and cannot be negative.')];
}
