import { isObject, itemsOf, type JsonObject } from '#dots/model/json';
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
  /** The prefixes that its entries name as destinations. */
  destinations: { text: string; pointer: string }[];
  /** The first use of each field. */
  fields: FieldUse[];
}

/** The facts of one ACL; none where it has no name. */
export function aclFacts(acl: JsonObject, pointer: string, cuid?: string): AclFact[] {
  if (typeof acl.name !== 'string') return [];
  const reader = new AclReader();
  const list = child(child(pointer, 'aces'), 'ace');
  itemsOf(isObject(acl.aces) ? acl.aces.ace : undefined).forEach((ace, index) => {
    if (isObject(ace)) reader.ace(ace, child(list, index));
  });
  const { aces, destinations } = reader;
  const activation = typeof acl['activation-type'] === 'string' ? acl['activation-type'] : 'activate-when-mitigating';
  return [{ name: acl.name, pointer: child(pointer, 'name'), ...(cuid !== undefined && { cuid }), activation, aces, destinations, fields: [...reader.fields.values()] }];
}

/** Members of a match whose name in `capabilities` is another one. */
const capabilityNames: Readonly<Record<string, string>> = {
  'destination-ipv4-network': 'destination-prefix', 'source-ipv4-network': 'source-prefix',
  'destination-ipv6-network': 'destination-prefix', 'source-ipv6-network': 'source-prefix',
  'source-port-range-or-operator': 'source-port', 'destination-port-range-or-operator': 'destination-port',
};

/** What a match can hold, each with its container in `capabilities`. */
const matchGroups = ['ipv4', 'ipv6', 'tcp', 'udp', 'icmp'] as const;

const transports: Readonly<Record<string, readonly number[]>> = { tcp: [6], udp: [17], icmp: [1, 58] };

class AclReader {
  readonly aces = new Set<string>();
  readonly destinations: AclFact['destinations'] = [];
  readonly fields = new Map<string, FieldUse>();

  ace(ace: JsonObject, pointer: string): void {
    if (typeof ace.name === 'string') this.aces.add(ace.name);
    if (isObject(ace.matches)) this.matches(ace.matches, child(pointer, 'matches'));
    if (isObject(ace.actions)) this.actions(ace.actions, child(pointer, 'actions'));
  }

  private matches(matches: JsonObject, pointer: string): void {
    for (const group of matchGroups) {
      const container = matches[group];
      if (!isObject(container)) continue;
      const at = child(pointer, group);
      if (group === 'ipv4' || group === 'ipv6') this.use({ group: '', field: 'address-family', value: group, pointer: at, what: `"${group}"` });
      const [transport] = transports[group] ?? [];
      if (transport !== undefined) this.use({ group: '', field: 'transport-protocols', value: group === 'icmp' && Object.hasOwn(matches, 'ipv6') ? 58 : transport, pointer: at, what: `"${group}"` });
      this.container(group, container, at);
    }
  }

  private container(group: string, container: JsonObject, pointer: string): void {
    for (const [name, value] of Object.entries(container)) {
      const at = child(pointer, name);
      const hopLimit = group === 'ipv6' && name === 'ttl';
      this.use({ group, field: hopLimit ? 'hoplimit' : capabilityNames[name] ?? name, pointer: at, what: `"${name}" of "${group}"` });
      if (name.endsWith('-range-or-operator') && isObject(value) && Object.hasOwn(value, 'lower-port')) this.use({ group, field: 'port-range', pointer: at, what: `ranges of ports of "${group}"` });
      if (name === 'protocol' && typeof value === 'number') this.use({ group: '', field: 'transport-protocols', value, pointer: at, what: `protocol ${value}` });
      if (/^destination-ipv[46]-network$/.test(name) && typeof value === 'string') this.destinations.push({ text: value, pointer: at });
    }
  }

  private actions(actions: JsonObject, pointer: string): void {
    const { forwarding } = actions;
    if (typeof forwarding === 'string') {
      const value = forwarding.slice(forwarding.indexOf(':') + 1);
      this.use({ group: '', field: 'forwarding-actions', value, pointer: child(pointer, 'forwarding'), what: `the action "${value}"` });
    }
    if (Object.hasOwn(actions, 'rate-limit')) this.use({ group: '', field: 'rate-limit', pointer: child(pointer, 'rate-limit'), what: '"rate-limit"' });
  }

  private use(use: FieldUse): void {
    const key = `${use.group} ${use.field} ${use.value ?? ''}`;
    if (!this.fields.has(key)) this.fields.set(key, use);
  }
}
