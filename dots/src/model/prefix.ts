/** An address family. */
export type Family = 'ipv4' | 'ipv6';

/** An address in 4 or 16 octets, most significant first. */
export type Octets = readonly number[];

/** An IP prefix; bits of the address beyond the length are cleared. */
export interface Prefix {
  family: Family;
  /** Network address. */
  octets: Octets;
  /** In bits. */
  length: number;
}

/** How many bits an address of the family has. */
export function addressBits(family: Family): 32 | 128 {
  return family === 'ipv4' ? 32 : 128;
}

/** The octets of an IPv4 or IPv6 address in text; undefined for anything else. Linear time. */
export function parseAddress(text: string): number[] | undefined {
  if (text.length > longestText) return undefined;
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

/**
 * Reads `192.0.2.0/24` or `2001:db8::/32`; an address without a length is a host. Undefined for anything else. Linear
 * time.
 */
export function parsePrefix(text: string): Prefix | undefined {
  const written = readPrefix(text);
  return written && makePrefix(written.octets, written.length);
}

/** `parsePrefix` for a text that must have a length, as the YANG type `ip-prefix` requires (RFC 6991 section 4). */
export function parseNetwork(text: string): Prefix | undefined {
  return text.includes('/') ? parsePrefix(text) : undefined;
}

/** Whether the text of a prefix has bits set beyond its length: they are ignored (RFC 6991 section 4). */
export function hasHostBits(text: string): boolean {
  const written = readPrefix(text);
  return written !== undefined && !sameBits(written.octets, maskedOctets(written.octets, written.length));
}

/** Longer texts are not prefixes. */
const longestText = 64;

/** The address as written, and the length of the prefix. */
function readPrefix(text: string): { octets: number[]; length: number } | undefined {
  const slash = text.indexOf('/');
  const octets = parseAddress(slash < 0 ? text : text.slice(0, slash));
  if (octets === undefined) return undefined;
  const length = slash < 0 ? 8 * octets.length : lengthIn(text.slice(slash + 1), familyOf(octets));
  return length === undefined || length > 8 * octets.length ? undefined : { octets, length };
}

/** One zero may begin the length of an IPv6 prefix, none that of an IPv4 prefix (RFC 6991 section 4). */
const lengths: Record<Family, RegExp> = { ipv4: /^(\d|[1-3]\d)$/, ipv6: /^(\d{1,2}|1\d\d)$/ };

function lengthIn(text: string, family: Family): number | undefined {
  return lengths[family].test(text) ? Number(text) : undefined;
}

/** A prefix of an address. */
export function makePrefix(octets: Octets, length: number): Prefix {
  return { family: familyOf(octets), octets: maskedOctets(octets, length), length };
}

/** The prefix of all addresses of a family. */
export function everyAddress(family: Family): Prefix {
  return { family, octets: new Array<number>(addressBits(family) / 8).fill(0), length: 0 };
}

/** The prefix of a single address. */
export function hostPrefix(octets: Octets): Prefix {
  return makePrefix(octets, 8 * octets.length);
}

function familyOf(octets: Octets): Family {
  return octets.length === 4 ? 'ipv4' : 'ipv6';
}

/** The octets with every bit from `length` on cleared. */
function maskedOctets(octets: Octets, length: number): number[] {
  return octets.map((octet, index) => {
    const cleared = 8 * index + 8 - length;
    if (cleared <= 0) return octet;
    return cleared >= 8 ? 0 : octet & (0xff << cleared);
  });
}

/** Whether two addresses agree in their first `length` bits, or in all of them. */
export function sameBits(a: Octets, b: Octets, length = 8 * a.length): boolean {
  const whole = length >> 3;
  for (let index = 0; index < whole; index++) if (a[index] !== b[index]) return false;
  const rest = length & 7;
  return rest === 0 || ((a[whole] ?? 0) ^ (b[whole] ?? 0)) >> (8 - rest) === 0;
}

/** Whether every address of `inner` is in `outer`. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  return (
    outer.family === inner.family && outer.length <= inner.length && sameBits(outer.octets, inner.octets, outer.length)
  );
}

/** Whether the two share an address. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return covers(a, b) || covers(b, a);
}

const mapped: Prefix = makePrefix([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0], 96);

/**
 * The IPv4 prefix that programs write as these IPv6 addresses (RFC 4291 section 2.5.5.2); undefined for other prefixes.
 * The packets of these hosts are IPv4.
 */
export function mappedIpv4(prefix: Prefix): Prefix | undefined {
  return covers(mapped, prefix) ? makePrefix(prefix.octets.slice(12), prefix.length - mapped.length) : undefined;
}

/** The two halves of a prefix, one bit longer each; it must not be a single address. */
export function halves({ octets, length }: Prefix): [low: Prefix, high: Prefix] {
  const high = octets.map((octet, index) => (index === length >> 3 ? octet | (0x80 >> (length & 7)) : octet));
  return [makePrefix(octets, length + 1), makePrefix(high, length + 1)];
}

/** Orders addresses by their value: negative when `a` is the lower one. */
export function compareAddresses(a: Octets, b: Octets): number {
  for (const [index, octet] of a.entries()) {
    const difference = octet - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** A key for maps: the same for all prefixes in one network of `length` bits. */
export function networkKey({ family, octets }: Prefix, length: number): string {
  return `${family} ${length} ${maskedOctets(octets, length).join('.')}`;
}

/** The canonical text: dotted quads, or RFC 5952 for IPv6. */
export function formatPrefix({ octets, length }: Prefix): string {
  return `${formatAddress(octets)}/${length}`;
}

/** The canonical text of an address. */
export function formatAddress(octets: Octets): string {
  if (octets.length === 4) return octets.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((octets[2 * index] ?? 0) << 8) | (octets[2 * index + 1] ?? 0)).toString(16),
  );
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(groups: string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (let index = 0; index <= groups.length; index++) {
    if (groups[index] === '0') continue;
    if (index - start > best.length) best = { start, length: index - start };
    start = index + 1;
  }
  return best;
}

/** Reads four decimal numbers, without leading zeros; a loop, because large ACLs have tens of thousands of them. */
function parseIpv4(text: string): number[] | undefined {
  const octets: number[] = [];
  let octet = -1;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit === -2 && octet >= 0 && octets.length < 3) {
      octets.push(octet);
      octet = -1;
    } else if (digit >= 0 && digit <= 9 && octet !== 0) {
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return undefined;
    } else return undefined;
  }
  return octets.length === 3 && octet >= 0 ? [...octets, octet] : undefined;
}

function parseIpv6(text: string): number[] | undefined {
  const parts = text.split('::');
  if (parts.length > 2) return undefined;
  const [head, tail] = parts.map((part, index) => parseGroups(part, index === parts.length - 1));
  if (head === undefined || (parts.length === 2 && tail === undefined)) return undefined;
  const missing = 16 - head.length - (tail?.length ?? 0);
  if (parts.length === 1 ? missing !== 0 : missing < 2) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
}

/** The octets of one side of "::"; at the end of the address a dotted quad counts as two groups. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  const octets: number[] = [];
  for (const [index, group] of groups.entries()) {
    const quad = isEnd && index === groups.length - 1 && group.includes('.') ? parseIpv4(group) : undefined;
    if (quad !== undefined) octets.push(...quad);
    else if (/^[0-9a-fA-F]{1,4}$/.test(group)) octets.push(parseInt(group, 16) >> 8, parseInt(group, 16) & 0xff);
    else return undefined;
  }
  return octets.length > 16 ? undefined : octets;
}
