import {
  covers,
  formatAddress,
  hostPrefix,
  mappedIpv4,
  parseAddress,
  parsePrefix,
  type Octets,
  type Prefix,
} from './prefix';

/** A host and a UDP or TCP port. */
export interface HostPort {
  host: string;
  port: number;
}

/** Called before the first packet is sent to one of some IP addresses; rejects to prevent it. */
export type Permit = (addresses: readonly HostPort[]) => Promise<void>;

/**
 * IPv6 prefixes whose last 32 bits are the IPv4 address that is reached: mapped and translated addresses (RFC 4291
 * section 2.5.5.2, RFC 2765 section 2.1), and those of NAT64 (RFC 6052 section 2.1), also with a prefix of 96 bits for
 * local use (RFC 8215).
 */
const carriers = prefixes('::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '64:ff9b:1::/48');

/** The prefix of 6to4, after which an address has the IPv4 address of its router, octets (RFC 3056 section 2). */
const sixToFour = prefixes('2002::/16');
const routerAt = 2;

/** Addresses that do not leave this machine (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). */
const loopback = prefixes('127.0.0.0/8', '::1/128');

/** Dialling an unspecified address reaches this machine as well. */
const unspecified = prefixes('0.0.0.0/32', '::/128');

/**
 * Whether an IP address, with or without a zone, stays on this machine, also written as a mapped one; false for names.
 */
export function isLoopback(host: string): boolean {
  const octets = parseAddress(host.replace(/%.*$/, ''));
  if (octets === undefined) return false;
  return within(loopback, mappedIpv4(hostPrefix(octets))?.octets ?? octets);
}

/** Whether a name always means this machine: `localhost` and names that end with it (RFC 6761 section 6.3). */
export function isLocalName(host: string): boolean {
  return /^(.+\.)?localhost\.?$/i.test(host);
}

/**
 * The host that is reached on dialling, in one spelling: `localhost` for every address and name of this machine, an
 * IPv4 address for an IPv6 one that carries it, else the address in the form of RFC 5952, or the name in lower case
 * without a final dot.
 */
export function reachedHost(host: string): string {
  const name = host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  const written = parseAddress(name);
  if (written === undefined) return isLocalName(name) ? 'localhost' : name;
  const octets = carried(written);
  return within([...loopback, ...unspecified], octets) ? 'localhost' : formatAddress(octets);
}

/** The IPv4 address that an IPv6 one carries, or the address itself. */
function carried(address: Octets): Octets {
  if (within(carriers, address)) return address.slice(-4);
  return within(sixToFour, address) ? address.slice(routerAt, routerAt + 4) : address;
}

function within(prefixes: readonly Prefix[], octets: Octets): boolean {
  const host = hostPrefix(octets);
  return prefixes.some((prefix) => covers(prefix, host));
}

function prefixes(...texts: string[]): Prefix[] {
  return texts.map(parsePrefix).filter((prefix) => prefix !== undefined);
}
