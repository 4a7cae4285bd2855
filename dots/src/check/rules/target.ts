import type { Fault } from '../../model/finding';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '../../model/json';
import { child } from '../../model/pointer';
import { formatPrefix, hasHostBits, mappedIpv4, overlaps, parsePrefix, type Prefix } from '../../model/prefix';
import { domainNameProblem, isAddress } from '../../model/domainName';
import { targetUriProblem } from '../../model/targetUri';
import { advice, rfcFault } from './fault';

/** Ranges that cannot be targets (RFC 9132 section 4.4.1.1). */
const forbidden: readonly { prefix: Prefix; what: string }[] = [
  ['127.0.0.0/8', 'loopback'],
  ['::1/128', 'loopback'],
  ['224.0.0.0/4', 'multicast'],
  ['ff00::/8', 'multicast'],
  ['255.255.255.255/32', 'broadcast'],
].map(([text, what]) => ({ prefix: parsePrefix(text as string) as Prefix, what: what as string }));

/** Members of which a request or alias needs at least one. */
export const selectors = ['target-prefix', 'target-fqdn', 'target-uri'] as const;

/** Faults of the prefixes in a leaf-list: forbidden ranges, host bits. */
export function prefixFaults(owner: JsonObject, member: string, pointer: string, rfc: string): Fault[] {
  return itemsOf(owner[member]).flatMap((value, index) =>
    typeof value === 'string' ? prefixFault(value, () => child(child(pointer, member), index), rfc) : [],
  );
}

/**
 * The faults of one prefix.
 * @param place its pointer, made only when there is a fault
 */
function prefixFault(text: string, place: () => string, rfc: string): Fault[] {
  const range = forbiddenRange(text);
  if (range === undefined) return [...hostBitsAdvice(text, place), ...mappedAdvice(text, place)];
  return [
    rfcFault(
      'forbidden-prefix',
      place(),
      rfc,
      `The prefix ${text} includes addresses of the ${range}, which a server must refuse.`,
    ),
  ];
}

/** The range of forbidden addresses that a prefix or address overlaps, in words. */
function forbiddenRange(text: string): string | undefined {
  const prefix = parsePrefix(text);
  const range = prefix && forbidden.find((one) => overlaps(one.prefix, mappedIpv4(prefix) ?? prefix));
  return range && `${range.what} range ${formatPrefix(range.prefix)}`;
}

/** The address in a URI or name, if it is one; otherwise the text. */
export const addressIn = (text: string): string =>
  text.length > longestHost
    ? text
    : (/^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?=[:/?#]|$)/i
        .exec(text)
        ?.slice(1)
        .find((address) => address !== undefined) ?? text);

/** Longer texts are not URIs in use. */
const longestHost = 2048;

/** What makes a text of each member unusable as a host, as the end of a sentence. */
const hostProblems = { 'target-fqdn': domainNameProblem, 'target-uri': targetUriProblem } as const;

const advised = {
  'target-fqdn': 'write a domain name, or name the address in "target-prefix"',
  'target-uri': 'write it as "https://www.example.com/path"',
} as const;

/**
 * Faults of names and URIs: their form (RFC 3986, RFC 1123), and, where they are addresses, the same rules as for
 * prefixes (RFC 9132 section 4.4.1.1).
 */
export function hostFaults(owner: JsonObject, pointer: string, rfc: string): Fault[] {
  return (['target-fqdn', 'target-uri'] as const).flatMap((member) =>
    itemsOf(owner[member]).flatMap((text, index) =>
      typeof text === 'string' && text !== '' ? hostFault(text, member, child(child(pointer, member), index), rfc) : [],
    ),
  );
}

function hostFault(text: string, member: 'target-fqdn' | 'target-uri', pointer: string, rfc: string): Fault[] {
  const range = forbiddenRange(addressIn(text));
  if (range !== undefined)
    return [
      rfcFault('forbidden-prefix', pointer, rfc, `This names an address of the ${range}, which a server must refuse.`),
    ];
  const problem = hostProblems[member](text);
  if (problem === undefined) return [];
  return [rfcFault(member, pointer, rfc, `This ${nouns[member]} ${problem}: ${advised[member]}.`)];
}

const nouns = { 'target-fqdn': 'name', 'target-uri': 'URI' } as const;

/**
 * Advice on a prefix that no packet matches.
 * @param place its pointer, made only when there is a fault
 */
export function mappedAdvice(text: string, place: () => string): Fault[] {
  const prefix = text.startsWith('::') ? parsePrefix(text) : undefined;
  const ipv4 = prefix && mappedIpv4(prefix);
  if (ipv4 === undefined || ipv4.length === 0) return [];
  return [
    advice(
      'mapped-prefix',
      place(),
      '4291 2.5.5.2',
      `No packet matches ${text}: IPv4-mapped addresses do not occur in packets. Write ${formatPrefix(ipv4)}.`,
    ),
  ];
}

/**
 * Advice on a prefix whose text has bits that are not matched.
 * @param place its pointer, made only when there is a fault
 */
export function hostBitsAdvice(text: string, place: () => string): Fault[] {
  if (text.endsWith(text.includes(':') ? '/128' : '/32')) return [];
  const prefix = parsePrefix(text);
  if (prefix === undefined || !hasHostBits(text)) return [];
  return [
    advice(
      'host-bits',
      place(),
      '7950 9.1',
      `The prefix ${text} has bits set beyond its length; servers read it as ${formatPrefix(prefix)}: write that.`,
    ),
  ];
}

/** Protocols that have ports. */
const withPorts = new Set<JsonValue>([6, 17, 33, 132]);

/** Advice on ports that cannot match. */
export function portAdvice(scope: JsonObject, pointer: string): Fault[] {
  const protocols = itemsOf(scope['target-protocol']);
  if (
    itemsOf(scope['target-port-range']).length === 0 ||
    protocols.length === 0 ||
    protocols.some((one) => typeof one !== 'number' || withPorts.has(one))
  )
    return [];
  return [
    advice(
      'ports-without-protocol',
      child(pointer, 'target-port-range'),
      '9132 4.4.1.1',
      'None of the protocols in "target-protocol" has ports: add 6 (TCP) or 17 (UDP), or remove the ports.',
    ),
  ];
}

/** Whether a well-formed entry has to be resolved. */
const isName = (text: string, member: 'target-fqdn' | 'target-uri'): boolean =>
  !isAddress(addressIn(text)) && hostProblems[member](text) === undefined;

/** The protocol number of ICMP in a family, and that in the other one. */
export const icmpNumbers = { ipv4: { own: 1, foreign: 58 }, ipv6: { own: 58, foreign: 1 } } as const;

/** Advice on the ICMP of the other family. */
export function icmpAdvice(scope: JsonObject, pointer: string): Fault[] {
  const families = new Set(
    itemsOf(scope['target-prefix']).flatMap((text) =>
      typeof text === 'string' ? (parsePrefix(text)?.family ?? []) : [],
    ),
  );
  return [...families].flatMap((family) => {
    const index = itemsOf(scope['target-protocol']).indexOf(icmpNumbers[family].foreign);
    return index < 0 ? [] : [foreignIcmp(family, child(child(pointer, 'target-protocol'), index))];
  });
}

/** Advice on a protocol number at a pointer that is the ICMP of the other family. */
export function foreignIcmp(family: Prefix['family'], pointer: string): Fault {
  const { own, foreign } = icmpNumbers[family];
  const name = family === 'ipv4' ? 'IPv4' : 'IPv6';
  return advice(
    'icmp-family',
    pointer,
    '9066 5.3.1',
    `Protocol ${foreign} is not the ICMP of ${name}, which is ${own}.`,
  );
}

/** Advice on names as targets: they are resolved under attack. */
export function nameAdvice(scope: JsonObject, pointer: string): Fault[] {
  return (['target-fqdn', 'target-uri'] as const)
    .filter((member) => itemsOf(scope[member]).some((text) => typeof text === 'string' && isName(text, member)))
    .map((member) =>
      advice(
        'resolved-target',
        child(pointer, member),
        '9132 4.4.1.1',
        'The server must resolve this name, even while the name servers are under attack: add the prefixes if you know them.',
        { severity: 'information' },
      ),
    );
}

/** Empty lists and texts make a whole request invalid (RFC 9132 section 4.4.1.1, RFC 9244 section 5.3). */
export function emptyFaults(value: JsonValue, pointer: string, rfc = '9132 4.4.1.1'): Fault[] {
  if (value === '' || (Array.isArray(value) && value.length === 0)) {
    return [
      rfcFault(
        'empty-value',
        pointer,
        rfc,
        'An empty value makes the whole request invalid: fill it in, or remove the member.',
      ),
    ];
  }
  if (Array.isArray(value)) return value.flatMap((item, index) => emptyFaults(item, child(pointer, index), rfc));
  return isObject(value)
    ? Object.entries(value).flatMap(([name, item]) => emptyFaults(item, child(pointer, name), rfc))
    : [];
}
