import { BlockList, isIP } from 'node:net';
import { DotsError } from '#dots/model/errors';

/** A host that is an IP address, and a UDP or TCP port. */
export interface Address {
  host: string;
  port: number;
}

/** coap: plain UDP; coaps: DTLS over UDP; coaps+tcp: TLS over TCP. */
export type Scheme = 'coap' | 'coaps' | 'coaps+tcp';

/**
 * The address of a server, as the user wrote it; the host is a name or an IP address. Without a scheme, DTLS and TLS
 * are both tried.
 */
export interface ServerAddress {
  scheme?: Scheme;
  host: string;
  port: number;
}

/** The port of the DOTS signal channel: RFC 9132 section 10.1. */
const dotsPort = 4646;

const schemes: readonly string[] = ['coap', 'coaps', 'coaps+tcp'] satisfies Scheme[];

/** The longest host name: RFC 1035 section 2.3.4, less the length and the root, bytes. */
const longestHost = 253;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an IP address stays on this machine. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && loopback.check(withoutZone(host), family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * An address in the form of certificates: the zone of a link-local address (RFC 4007 section 11) is known on this
 * machine only.
 */
export function withoutZone(host: string): string {
  return host.replace(/%.*$/, '');
}

/** `host:port`, with brackets around an IPv6 address. */
export function addressText({ host, port }: Address): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `localhost` as the address that it always means (RFC 6761 section 6.3); anything else unchanged. */
export function loopbackName(host: string): string {
  return host.toLowerCase() === 'localhost' ? '127.0.0.1' : host;
}

/**
 * The client's server name indication, which has no addresses and no final dot (RFC 6066 section 3); undefined for
 * none. Throws a DotsError of kind `usage`: `transport/address` for a name longer than a host name may be.
 */
export function indicatedName(serverName: string): string | undefined {
  const name = serverName.replace(/\.$/, '');
  const bytes = Buffer.byteLength(name);
  if (bytes > longestHost) {
    throw new DotsError(
      'usage',
      'transport/address',
      `The name of the server has ${bytes} bytes; a host name has at most ${longestHost}.`,
      'Use the name or IP address in its certificate.',
    );
  }
  return name === '' || isIP(name) !== 0 ? undefined : name;
}

/**
 * Reads the address of a server: `coaps://dots.example.net`, `coaps+tcp://192.0.2.1:4646`, `coap://127.0.0.1`, or
 * without a scheme
 * `dots.example.net`, `[2001:db8::1]:4646`; `coaps://[fe80::1%25eth0]` names the interface of a link-local address (RFC
 * 4007 section 11). Throws a DotsError of kind `usage`: `transport/address`, `transport/scheme`, and
 * `transport/plain-off-loopback`, because RFC 9132 section 3 forbids unprotected messages.
 */
export function parseServer(server: string): ServerAddress {
  const [, before, zone, after] = /^(.*\[[\da-f:.]+)%(?:25)?((?!25\])[\w.-]+)(\].*)$/i.exec(server) ?? [];
  if (before === undefined || zone === undefined || after === undefined) return parseWithoutZone(server);
  const address = parseWithoutZone(`${before}${after}`);
  return { ...address, host: `${address.host}%${zone}` };
}

function parseWithoutZone(server: string): ServerAddress {
  const [, scheme] = /^([a-z][a-z0-9+.-]*):\/\//i.exec(server) ?? [];
  if (scheme !== undefined && !isScheme(scheme.toLowerCase())) throw otherScheme(server, scheme);
  const url = urlOf(server, scheme === undefined);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? dotsPort : Number(url.port);
  if (port === 0) throw noAddress(server);
  if (scheme === undefined) return { host, port };
  if (url.protocol !== 'coap:') return { scheme: scheme.toLowerCase() as Scheme, host, port };
  if (!isLoopback(loopbackName(host))) throw plainOffLoopback(server);
  return { scheme: 'coap', host: loopbackName(host), port };
}

function isScheme(text: string): text is Scheme {
  return schemes.includes(text);
}

function urlOf(server: string, bare: boolean): URL {
  const text = bare ? `coaps://${isIP(server) === 6 ? `[${server}]` : server}` : server;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url !== undefined &&
    url.hostname !== '' &&
    url.hostname.length <= longestHost &&
    !/[^:]:\/?$/.test(server) &&
    /^\/?$/.test(url.pathname) &&
    url.search === '' &&
    url.hash === '' &&
    url.username === ''
  )
    return url;
  const port = /[^:]:(\d+)\/?$/.exec(server)?.[1];
  throw port !== undefined && Number(port) > 65_535 ? noPort(server, port) : noAddress(server);
}

function noPort(server: string, port: string): DotsError {
  return new DotsError(
    'usage',
    'transport/address',
    `"${server}" has the port ${port}; the largest port is 65535.`,
    'The port of DOTS is 4646.',
  );
}

function noAddress(server: string): DotsError {
  return new DotsError(
    'usage',
    'transport/address',
    server.trim() === '' ? 'The address of the server is empty.' : `"${server}" is not the address of a DOTS server.`,
    'Write a scheme, a host and a port, such as coaps://dots.example.net:4646.',
  );
}

function otherScheme(server: string, scheme: string): DotsError {
  return new DotsError(
    'usage',
    'transport/scheme',
    `${server} has the scheme ${scheme}, which is not a scheme of the DOTS signal channel.`,
    'Use coaps (DTLS), coaps+tcp (TLS), or no scheme to try both; coap is for loopback.',
  );
}

function plainOffLoopback(server: string): DotsError {
  return new DotsError(
    'usage',
    'transport/plain-off-loopback',
    `${server} is not on this machine; RFC 9132 section 3 requires coaps (DTLS) or coaps+tcp (TLS) for it.`,
    'Plain coap is for loopback: 127.0.0.1 or ::1.',
  );
}
