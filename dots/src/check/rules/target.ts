import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '../../model/json';
import { child } from '../../model/pointer';
import { formatPrefix, parsePrefix, width, type Prefix } from '../../model/prefix';
import { advice, rfcFault } from './fault';

/** Ranges that can be no target (RFC 9132 section 4.4.1.1), with their last address. */
const forbidden: readonly { prefix: Prefix; last: bigint; what: string }[] = [
  ['127.0.0.0/8', 'loopback'], ['::1/128', 'loopback'],
  ['224.0.0.0/4', 'multicast'], ['ff00::/8', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
].map(([text, what]) => {
  const prefix = parsePrefix(text as string) as Prefix;
  return { prefix, last: prefix.address + (1n << BigInt(width(prefix.family) - prefix.length)) - 1n, what: what as string };
});

function forbiddenRange({ family, address, length }: Prefix): (typeof forbidden)[number] | undefined {
  return forbidden.find(({ prefix, last }) => prefix.family === family && prefix.length <= length && address >= prefix.address && address <= last);
}

/** Members of which a request or alias needs at least one. */
export const selectors = ['target-prefix', 'target-fqdn', 'target-uri'] as const;

/** Faults of the prefixes in a leaf-list: forbidden ranges, host bits. */
export function prefixFaults(owner: JsonObject, member: string, pointer: string, rfc: string): Fault[] {
  return itemsOf(owner[member]).flatMap((value, index) => (typeof value === 'string' ? prefixFault(value, () => child(child(pointer, member), index), rfc) : []));
}

/** The faults of one prefix. @param place its pointer, made only when there is a fault */
export function prefixFault(text: string, place: () => string, rfc: string): Fault[] {
  const prefix = parsePrefix(text);
  if (prefix === undefined) return [];
  const range = forbiddenRange(prefix);
  if (range) return [rfcFault('forbidden-prefix', place(), rfc, `The prefix ${text} is in the ${range.what} range ${formatPrefix(range.prefix)}, which a server must refuse.`)];
  if (!prefix.hostBits) return [];
  return [advice('host-bits', place(), '7950 9.1', `The prefix ${text} has bits set behind its length; servers read it as ${formatPrefix(prefix)}: write that.`)];
}

/** Protocols that have ports. */
const withPorts = new Set<JsonValue>([6, 17, 33, 132]);

/** Advice on ports that can match nothing. */
export function portAdvice(scope: JsonObject, pointer: string): Fault[] {
  const protocols = itemsOf(scope['target-protocol']);
  if (itemsOf(scope['target-port-range']).length === 0 || protocols.length === 0 || protocols.some((one) => typeof one !== 'number' || withPorts.has(one))) return [];
  return [advice('ports-without-protocol', child(pointer, 'target-port-range'), '9132 4.4.1.1', 'None of the protocols in "target-protocol" has ports: add 6 (TCP) or 17 (UDP), or drop the ports.')];
}

/** Advice on names as targets: they are resolved under attack. */
export function nameAdvice(scope: JsonObject, pointer: string): Fault[] {
  return (['target-fqdn', 'target-uri'] as const).filter((member) => itemsOf(scope[member]).length > 0).map((member) =>
    advice('resolved-target', child(pointer, member), '9132 4.4.1.1', 'The server has to resolve this name, also while the name servers are under attack: name the prefixes too if you know them.', { severity: 'information' }));
}

/** Empty lists and texts make a whole request invalid (RFC 9132 section 4.4.1.1, RFC 9244 section 5.3). */
export function emptyFaults(value: JsonValue, pointer: string, rfc = '9132 4.4.1.1'): Fault[] {
  if (value === '' || (Array.isArray(value) && value.length === 0)) {
    return [rfcFault('empty-value', pointer, rfc, 'An empty value makes the whole request invalid: fill it in, or leave the member out.')];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => emptyFaults(item, child(pointer, index), rfc));
  return isObject(value) ? Object.entries(value).flatMap(([name, item]) => emptyFaults(item, child(pointer, name), rfc)) : [];
}
