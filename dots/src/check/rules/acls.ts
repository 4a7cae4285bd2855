import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject } from '../../model/json';
import { child } from '../../model/pointer';
import type { Direction } from '#dots/model/direction';
import { readOnly } from './aliases';
import { bareName, bitsIn } from '#dots/model/lexicalForms';
import { exact } from '#dots/model/numbers';
import { advice, rfcFault } from './fault';
import { peacetimeAdvice } from './planning';
import { foreignIcmp, hostBitsAdvice, icmpNumbers, mappedAdvice } from './target';

const nameIn = (value: unknown): string => (typeof value === 'string' ? bareName(value) : '');
const families = ['ipv4', 'ipv6'] as const;
const destinations = { ipv4: 'destination-ipv4-network', ipv6: 'destination-ipv6-network' } as const;

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
  const list = child(child(pointer, 'aces'), 'ace');
  const faults = [...aclType(acl, pointer), ...peacetimeAdvice(acl, pointer), ...readOnly(acl, pointer, direction)];
  for (const [index, ace] of itemsOf(objectAt(acl, 'aces')?.ace).entries()) {
    if (isObject(ace))
      oneAce(new Ace(ace, () => child(list, index), faults), acl['activation-type'] === 'immediate', direction);
  }
  return faults;
}

function aclType(acl: JsonObject, pointer: string): Fault[] {
  const type = nameIn(acl.type);
  if (type === '' || ['ipv4-acl-type', 'ipv6-acl-type'].includes(type)) return [];
  return [
    rfcFault(
      'acl-type',
      child(pointer, 'type'),
      '8783 4.2',
      'DOTS filters match IPv4 or IPv6: use "ipv4-acl-type" or "ipv6-acl-type".',
    ),
  ];
}

/**
 * An entry of an ACL and the list of faults that its rules add to: an ACL may have tens of thousands of entries, nearly
 * all without a fault.
 */
class Ace {
  readonly matches: JsonObject;
  readonly actions: JsonObject;

  constructor(
    readonly value: JsonObject,
    private readonly place: () => string,
    private readonly faults: Fault[],
  ) {
    this.matches = objectAt(value, 'matches') ?? nothing;
    this.actions = objectAt(value, 'actions') ?? nothing;
  }

  /** The pointer of a member of the entry. */
  pointer(...path: string[]): string {
    return path.reduce(child, this.place());
  }

  fault(code: string, path: string[], rfc: string, message: string, more?: Partial<Fault>): void {
    this.faults.push(rfcFault(code, this.pointer(...path), rfc, message, more));
  }

  add(faults: readonly Fault[]): void {
    if (faults.length > 0) this.faults.push(...faults);
  }
}

const nothing: JsonObject = {};

function oneAce(ace: Ace, immediate: boolean, direction?: Direction): void {
  destination(ace, immediate);
  fragmentsAndFlags(ace);
  bitFields(ace);
  protocolConflict(ace);
  actionFaults(ace);
  if (direction === 'request') ace.add(readOnly(ace.value, ace.pointer(), direction));
}

function destination(ace: Ace, immediate: boolean): void {
  const family = objectAt(ace.matches, 'ipv6') ? 'ipv6' : 'ipv4';
  const member = destinations[family];
  const network = objectAt(ace.matches, family)?.[member];
  const place = (): string => ace.pointer('matches', family, member);
  if (typeof network === 'string') ace.add([...hostBitsAdvice(network, place), ...mappedAdvice(network, place)]);
  else if (immediate && network === undefined)
    ace.fault(
      'destination-missing',
      [],
      '8783 7.2',
      'An ACL that is activated immediately must name the destination in every entry: add "destination-ipv4-network" or "destination-ipv6-network".',
    );
}

function fragmentsAndFlags(ace: Ace): void {
  const ipv4 = objectAt(ace.matches, 'ipv4');
  const tcp = objectAt(ace.matches, 'tcp');
  if (ipv4?.fragment !== undefined && ipv4.flags !== undefined) {
    ace.fault(
      'fragment-and-flags',
      ['matches', 'ipv4', 'flags'],
      '8783 4.2',
      '"fragment" and "flags" exclude each other: keep "fragment".',
      { atName: true },
    );
  }
  if (tcp?.['flags-bitmask'] !== undefined && tcp.flags !== undefined) {
    ace.fault(
      'bitmask-and-flags',
      ['matches', 'tcp', 'flags'],
      '8783 4.2',
      '"flags-bitmask" and "flags" exclude each other: keep "flags-bitmask".',
      { atName: true },
    );
  }
}

function bitFields(ace: Ace): void {
  for (const family of families) {
    const fragment = objectAt(objectAt(ace.matches, family), 'fragment');
    if (fragment) fragmentFaults(ace, fragment, family);
  }
  const flags = objectAt(objectAt(ace.matches, 'tcp'), 'flags-bitmask');
  if (flags) flagsFaults(ace, flags);
}

function fragmentFaults(ace: Ace, fragment: JsonObject, family: string): void {
  const path = ['matches', family, 'fragment'];
  operatorFaults(ace, fragment, path);
  if (typeof fragment.type !== 'string') return;
  const bits = bitsIn(fragment.type);
  if (bits.length === 0)
    ace.fault(
      'fragment-type-empty',
      [...path, 'type'],
      '8783 4.3',
      'This filter names no fragment type, so it has no rule: write "isf" for any fragment, or remove "fragment".',
      { severity: 'warning' },
    );
  if (family !== 'ipv6' || !bits.includes('df')) return;
  ace.fault('df-in-ipv6', [...path, 'type'], '8783 4.3', 'IPv6 has no "df" bit; remove it from this filter.');
}

function flagsFaults(ace: Ace, flags: JsonObject): void {
  const path = ['matches', 'tcp', 'flags-bitmask'];
  operatorFaults(ace, flags, path);
  if (typeof flags.bitmask !== 'number' || flags.bitmask <= 0xfff) return;
  ace.fault(
    'bitmask-range',
    [...path, 'bitmask'],
    '8783 4.3',
    `The bitmask covers 12 bits of the TCP header (0 to 4095); it is ${flags.bitmask}.`,
  );
}

function operatorFaults(ace: Ace, field: JsonObject, path: string[]): void {
  const bits = typeof field.operator === 'string' ? bitsIn(field.operator) : [];
  if (bits.includes('match') && bits.includes('any'))
    ace.fault(
      'match-and-any',
      [...path, 'operator'],
      '8783 4.3',
      '"match" and "any" exclude each other: keep one of them.',
    );
}

/** The protocol number that a transport container implies; with another number an entry matches no packet. */
const implied = {
  ipv4: { tcp: 6, udp: 17, icmp: 1 },
  ipv6: { tcp: 6, udp: 17, icmp: 58 },
} as const;

function protocolConflict(ace: Ace): void {
  for (const family of families) {
    const protocol = objectAt(ace.matches, family)?.protocol;
    if (typeof protocol !== 'number') continue;
    const path = ['matches', family, 'protocol'];
    const containers = Object.entries(implied[family]).filter(([name]) => ace.matches[name] !== undefined);
    const rival = containers.find(([, number]) => number !== protocol);
    if (rival !== undefined)
      return ace.fault(
        'protocol-conflict',
        path,
        '8783 4.2',
        `Protocol ${protocol} and "${rival[0]}" exclude each other, because "${rival[0]}" is protocol ${rival[1]} here: no packet matches this entry.`,
        { severity: 'warning' },
      );
    if (protocol === icmpNumbers[family].foreign) ace.add([foreignIcmp(family, ace.pointer(...path))]);
  }
}

function actionFaults(ace: Ace): void {
  const { forwarding, 'rate-limit': rate } = ace.actions;
  if (nameIn(forwarding) === 'reject') {
    return ace.fault(
      'no-reject',
      ['actions', 'forwarding'],
      '8783 4.1',
      'DOTS has no "reject", because its ICMP messages would feed the attack: use "drop".',
    );
  }
  const bytes = typeof rate === 'string' ? exact(rate) : undefined;
  if (bytes === undefined || bytes > 0n) return;
  if (bytes < 0n)
    ace.fault(
      'rate-limit-negative',
      ['actions', 'rate-limit'],
      '8783 7.2',
      'A rate limit is in bytes per second and cannot be negative.',
    );
  else
    ace.add([
      advice(
        'rate-limit-zero',
        ace.pointer('actions', 'rate-limit'),
        '8783 7.2',
        'A rate of 0 bytes per second drops all traffic: write "drop" if that is intended.',
      ),
    ]);
}
