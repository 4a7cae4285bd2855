import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';

/** A use of something that a server may not offer (RFC 8783 section 7.1), by where capabilities tell it. */
export interface FieldUse {
  /** The container in `capabilities`, or `''` for what stands beside the containers. */
  group: string;
  /** The member in it: a boolean, or a list that has to hold `value`. */
  field: string;
  value?: string | number;
  pointer: string;
  /** What is used, in words. */
  what: string;
}

export interface AclFact {
  name: string;
  pointer: string;
  /** The client that has it, where the document says it. */
  cuid?: string;
  activation: string;
  aces: ReadonlySet<string>;
  /** The prefixes that its entries name as destinations, each where it is first named. */
  destinations: { text: string; pointer: string }[];
  /** The first use of each field. */
  fields: FieldUse[];
}

/** The facts of one ACL; none where it has no name. */
export function aclFacts(acl: JsonObject, pointer: string, cuid?: string): AclFact[] {
  if (typeof acl.name !== 'string') return [];
  const reader = new AclReader(child(child(pointer, 'aces'), 'ace'));
  for (const ace of itemsOf(isObject(acl.aces) ? acl.aces.ace : undefined)) reader.next(ace);
  const { aces, fields } = reader;
  const destinations = [...reader.destinations].map(([text, at]) => ({ text, pointer: at }));
  const activation = typeof acl['activation-type'] === 'string' ? acl['activation-type'] : 'activate-when-mitigating';
  return [{ name: acl.name, pointer: child(pointer, 'name'), ...(cuid !== undefined && { cuid }), activation, aces, destinations, fields }];
}

/** Members of a match whose name in `capabilities` is another one. */
const capabilityNames: Readonly<Record<string, string>> = {
  'destination-ipv4-network': 'destination-prefix', 'source-ipv4-network': 'source-prefix',
  'destination-ipv6-network': 'destination-prefix', 'source-ipv6-network': 'source-prefix',
  'source-port-range-or-operator': 'source-port', 'destination-port-range-or-operator': 'destination-port',
};

/** What a match can hold, each with its container in `capabilities`. */
const matchGroups = ['ipv4', 'ipv6', 'tcp', 'udp', 'icmp'] as const;

const destinationNames: ReadonlySet<string> = new Set(['destination-ipv4-network', 'destination-ipv6-network']);

/** The protocol that a container stands for. */
const transports = { tcp: 6, udp: 17, icmp: 1 } as const;

/** Reads the entries of an ACL. Pointers are made only for what is told, for an ACL may have ten thousands of entries. */
class AclReader {
  readonly aces = new Set<string>();
  readonly destinations = new Map<string, string>();
  readonly fields: FieldUse[] = [];
  /** What has been used, by container, name and value. */
  private readonly used = new Map<string, Map<string, Set<string | number | undefined>>>();
  private index = -1;

  constructor(private readonly list: string) {}

  next(ace: JsonValue): void {
    this.index += 1;
    if (!isObject(ace)) return;
    if (typeof ace.name === 'string') this.aces.add(ace.name);
    if (isObject(ace.matches)) this.matches(ace.matches);
    if (isObject(ace.actions)) this.actions(ace.actions);
  }

  private matches(matches: JsonObject): void {
    for (const group of matchGroups) {
      const container = matches[group];
      if (!isObject(container)) continue;
      if (group === 'ipv4' || group === 'ipv6') this.use('', 'address-family', group, () => ({ path: ['matches', group], what: `"${group}"` }));
      else this.use('', 'transport-protocols', group === 'icmp' && Object.hasOwn(matches, 'ipv6') ? 58 : transports[group], () => ({ path: ['matches', group], what: `"${group}"` }));
      this.container(group, container);
    }
  }

  private container(group: string, container: JsonObject): void {
    for (const name in container) {
      const value = container[name];
      this.use(group, group === 'ipv6' && name === 'ttl' ? 'hoplimit' : capabilityNames[name] ?? name, undefined, () => ({ path: ['matches', group, name], what: `"${name}" of "${group}"` }));
      if (isObject(value) && name.endsWith('-range-or-operator') && Object.hasOwn(value, 'lower-port')) this.use(group, 'port-range', undefined, () => ({ path: ['matches', group, name], what: `ranges of ports of "${group}"` }));
      else if (name === 'protocol' && typeof value === 'number') this.use('', 'transport-protocols', value, () => ({ path: ['matches', group, name], what: `protocol ${value}` }));
      else if (destinationNames.has(name) && typeof value === 'string' && !this.destinations.has(value)) this.destinations.set(value, this.pointer(['matches', group, name]));
    }
  }

  private actions(actions: JsonObject): void {
    const { forwarding } = actions;
    if (typeof forwarding === 'string') {
      const value = forwarding.slice(forwarding.indexOf(':') + 1);
      this.use('', 'forwarding-actions', value, () => ({ path: ['actions', 'forwarding'], what: `the action "${value}"` }));
    }
    if (Object.hasOwn(actions, 'rate-limit')) this.use('', 'rate-limit', undefined, () => ({ path: ['actions', 'rate-limit'], what: '"rate-limit"' }));
  }

  private use(group: string, field: string, value: string | number | undefined, tell: () => { path: readonly string[]; what: string }): void {
    if (this.used.get(group)?.get(field)?.has(value) === true) return;
    const fields = this.used.get(group) ?? new Map<string, Set<string | number | undefined>>();
    this.used.set(group, fields.set(field, (fields.get(field) ?? new Set()).add(value)));
    const { path, what } = tell();
    this.fields.push({ group, field, ...(value !== undefined && { value }), pointer: this.pointer(path), what });
  }

  private pointer(path: readonly string[]): string {
    return path.reduce(child, child(this.list, this.index));
  }
}
