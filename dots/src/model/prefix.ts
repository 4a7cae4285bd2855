/** An IP prefix as numbers: the address as one integer of 32 or 128 bits, its host bits cleared. */
export interface Prefix {
  family: 'ipv4' | 'ipv6';
  /** Network address. */
  address: bigint;
  /** Prefix length in bits. */
  length: number;
  /** Whether the text had bits set behind the prefix length. */
  hostBits: boolean;
}

/** Bits of an address of the family. */
export function width(family: Prefix['family']): 32 | 128 {
  return family === 'ipv4' ? 32 : 128;
}

/** Reads `192.0.2.0/24` or `2001:db8::/32`; an address without a length is a host. Undefined for anything else. Linear time. */
export function parsePrefix(text: string): Prefix | undefined {
  if (text.length > 64) return undefined;
  const [addressText = '', lengthText, ...rest] = text.split('/');
  if (rest.length > 0 || (lengthText !== undefined && !/^(\d{1,2}|1\d\d)$/.test(lengthText))) return undefined;
  const family = addressText.includes(':') ? 'ipv6' : 'ipv4';
  const address = family === 'ipv6' ? parseIpv6(addressText) : parseIpv4(addressText);
  const length = lengthText === undefined ? width(family) : Number(lengthText);
  if (address === undefined || length > width(family)) return undefined;
  const network = networkOf(address, length, width(family));
  return { family, address: network, length, hostBits: network !== address };
}

/** Whether every address of `inner` is in `outer`. */
export function covers(outer: Prefix, inner: Prefix): boolean {
  if (outer.family !== inner.family || outer.length > inner.length) return false;
  return networkOf(inner.address, outer.length, width(outer.family)) === outer.address;
}

/** Whether the two share an address. */
export function overlaps(a: Prefix, b: Prefix): boolean {
  return covers(a, b) || covers(b, a);
}

/** The canonical text: dotted quads, or RFC 5952 for IPv6. */
export function formatPrefix(prefix: Prefix): string {
  return `${formatAddress(prefix.family, prefix.address)}/${prefix.length}`;
}

/** The canonical text of an address. */
export function formatAddress(family: Prefix['family'], address: bigint): string {
  if (family === 'ipv4') return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    ((address >> BigInt(112 - 16 * index)) & 0xffffn).toString(16),
  );
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

function networkOf(address: bigint, length: number, bits: number): bigint {
  const host = BigInt(bits - length);
  return host === 0n ? address : (address >> host) << host;
}

/** Reads four decimal numbers, without leading zeros; a loop, because large ACLs hold tens of thousands of them. */
function parseIpv4(text: string): bigint | undefined {
  let address = 0;
  let dots = 0;
  let octet = -1;
  for (let index = 0; index < text.length; index++) {
    const digit = text.charCodeAt(index) - 48;
    if (digit === -2 && octet >= 0 && dots < 3) {
      address = address * 256 + octet;
      octet = -1;
      dots++;
    } else if (digit >= 0 && digit <= 9 && octet !== 0) {
      octet = octet < 0 ? digit : octet * 10 + digit;
      if (octet > 255) return undefined;
    } else return undefined;
  }
  return dots === 3 && octet >= 0 ? BigInt(address * 256 + octet) : undefined;
}

function parseIpv6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half, index) => parseGroups(half, index === halves.length - 1));
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...(tail ?? [])];
  return groups.reduce((address, group) => (address << 16n) | BigInt(group), 0n);
}

/** The 16-bit groups of one half; at the end of the address a dotted quad counts as two. */
function parseGroups(text: string, isEnd: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const quad = isEnd && index === parts.length - 1 && part.includes('.') ? parseIpv4(part) : undefined;
    if (quad !== undefined) groups.push(Number(quad >> 16n), Number(quad & 0xffffn));
    else if (/^[0-9a-fA-F]{1,4}$/.test(part)) groups.push(parseInt(part, 16));
    else return undefined;
  }
  return groups.length > 8 ? undefined : groups;
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
