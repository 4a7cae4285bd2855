import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { child } from '#dots/model/pointer';

/** A use of something that a server may not offer (RFC 8783 section 7.1), by where capabilities describe it. */
export interface FieldUse {
  /** The container in `capabilities`, or `''` for what is beside the containers. */
  group: string;
  /** The member in it: a boolean, or a list that must contain `value`. */
  field: string;
  value?: string | number;
  pointer: string;
  /** What is used, in words. */
  what: string;
}

export interface AclFact {
  name: string;
  pointer: string;
  /** The client that owns it, if the document names one. */
  cuid?: string;
  activation: string;
  aces: ReadonlySet<string>;
  /** The destination prefixes of its entries, each where it first occurs. */
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
  return [
    {
      name: acl.name,
      pointer: child(pointer, 'name'),
      ...(cuid !== undefined && { cuid }),
      activation,
      aces,
      destinations,
      fields,
    },
  ];
}

/** Members of a match whose name in `capabilities` is another one. */
const capabilityNames: Readonly<Record<string, string>> = {
  'destination-ipv4-network': 'destination-prefix',
  'source-ipv4-network': 'source-prefix',
  'destination-ipv6-network': 'destination-prefix',
  'source-ipv6-network': 'source-prefix',
  'source-port-range-or-operator': 'source-port',
  'destination-port-range-or-operator': 'destination-port',
};

/** What a match can contain, each with its container in `capabilities`, and the protocol that it implies. */
const matchGroups = [['ipv4'], ['ipv6'], ['tcp', 6], ['udp', 17], ['icmp', 1]] as const;

const icmpV6 = 58;

const destinationNames: ReadonlySet<string> = new Set(['destination-ipv4-network', 'destination-ipv6-network']);

/**
 * Reads the entries of an ACL, of which there may be tens of thousands with the same few fields: a field seen before
 * costs one look-up, and pointers are made only for reported fields.
 */
class AclReader {
  readonly aces = new Set<string>();
  readonly destinations = new Map<string, string>();
  readonly fields: FieldUse[] = [];
  /** What has been used, by container and name. */
  private readonly used = new Map<string, Set<string | number>>();
  private index = -1;

  constructor(private readonly list: string) {}

  next(ace: JsonValue): void {
    this.index += 1;
    if (!isObject(ace)) return;
    const { name, matches, actions } = ace;
    if (typeof name === 'string') this.aces.add(name);
    if (isObject(matches)) this.matches(matches);
    if (isObject(actions)) this.actions(actions);
  }

  private matches(matches: JsonObject): void {
    for (const [group, protocol] of matchGroups) {
      const container = matches[group];
      if (!isObject(container)) continue;
      if (protocol === undefined) {
        if (this.isNew('address-family', group))
          this.addField('', 'address-family', group, ['matches', group], `"${group}"`);
      } else
        this.protocol(
          group === 'icmp' && matches.ipv6 !== undefined ? icmpV6 : protocol,
          ['matches', group],
          `"${group}"`,
        );
      this.container(group, container);
    }
  }

  private container(group: string, container: JsonObject): void {
    for (const name in container) {
      const value = container[name];
      if (this.isNew(group, name))
        this.addField(
          group,
          group === 'ipv6' && name === 'ttl' ? 'hoplimit' : (capabilityNames[name] ?? name),
          undefined,
          ['matches', group, name],
          `"${name}" of "${group}"`,
        );
      if (typeof value === 'object') this.ports(group, name, value);
      else if (typeof value === 'string') this.destination(group, name, value);
      else if (name === 'protocol' && typeof value === 'number')
        this.protocol(value, ['matches', group, name], `protocol ${value}`);
    }
  }

  private ports(group: string, name: string, value: JsonValue): void {
    if (
      !isObject(value) ||
      value['lower-port'] === undefined ||
      !name.endsWith('-range-or-operator') ||
      !this.isNew(group, 'port-range')
    )
      return;
    this.addField(group, 'port-range', undefined, ['matches', group, name], `ranges of ports of "${group}"`);
  }

  private destination(group: string, name: string, value: string): void {
    if (destinationNames.has(name) && !this.destinations.has(value))
      this.destinations.set(value, this.pointer(['matches', group, name]));
  }

  private protocol(value: number, path: readonly string[], what: string): void {
    if (this.isNew('transport-protocols', value)) this.addField('', 'transport-protocols', value, path, what);
  }

  private actions(actions: JsonObject): void {
    const { forwarding, 'rate-limit': rate } = actions;
    if (typeof forwarding === 'string' && this.isNew('forwarding', forwarding)) {
      const value = forwarding.slice(forwarding.indexOf(':') + 1);
      if (value === forwarding || this.isNew('forwarding', value))
        this.addField('', 'forwarding-actions', value, ['actions', 'forwarding'], `the action "${value}"`);
    }
    if (rate !== undefined && this.isNew('rate-limit', ''))
      this.addField('', 'rate-limit', undefined, ['actions', 'rate-limit'], '"rate-limit"');
  }

  private isNew(group: string, use: string | number): boolean {
    const known = this.used.get(group);
    if (known?.has(use) === true) return false;
    if (known === undefined) this.used.set(group, new Set([use]));
    else known.add(use);
    return true;
  }

  private addField(
    group: string,
    field: string,
    value: string | number | undefined,
    path: readonly string[],
    what: string,
  ): void {
    this.fields.push({ group, field, ...(value !== undefined && { value }), pointer: this.pointer(path), what });
  }

  private pointer(path: readonly string[]): string {
    return path.reduce(child, child(this.list, this.index));
  }
}
