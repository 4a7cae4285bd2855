import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { DotsError } from '#dots/model/errors';
import { isLocalName, isLoopback } from '#dots/model/hostAddress';
import { longestHost } from './certificates/serverName';

export { isLocalName, isLoopback };

/** A host that is an IP address, and a UDP or TCP port. */
export interface Address {
  host: string;
  port: number;
  /** The address of this machine that is sent from; without it the system chooses. */
  from?: string;
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

/** `localhost` as the address that a server listens on by default; anything else unchanged. */
export function loopbackName(host: string): string {
  return isLocalName(host) ? '127.0.0.1' : host;
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
 * without a scheme `dots.example.net`, `[2001:db8::1]:4646`; `coaps://[fe80::1%25eth0]` names the interface of a
 * link-local address (RFC 4007 section 11). An internationalized name is returned in ASCII. Throws a DotsError of kind
 * `usage`: `transport/address`, `transport/scheme`, and `transport/plain-off-loopback`, because RFC 9132 section 3
 * forbids unprotected messages.
 */
export function parseServer(server: string): ServerAddress {
  // Two colons first: what isIP compiles for IPv6 takes as long as the handshake of a resumed session.
  const text = /:.*:/.test(server) && isIP(server) === 6 ? `[${server}]` : server;
  const [, before, zone, after] = /^(.*\[[\da-f:.]+)%(?:25)?((?!25\])[\w.-]+)(\].*)$/i.exec(text) ?? [];
  if (before === undefined || zone === undefined || after === undefined) {
    const address = parseWithoutZone(text);
    if (/^fe[89ab]/i.test(address.host) && isIP(address.host) === 6) throw noZone(server);
    return address;
  }
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
  if (!isLoopback(host) && !isLocalName(host)) throw plainOffLoopback(server);
  return { scheme: 'coap', host, port };
}

/** An address with its internationalized host name as the DNS and certificates have it (RFC 5890 section 2.3). */
function asciiHost(text: string): string {
  return text.replace(/^([^:]*:\/\/)([^\s/?#@:[\]%]+)/, (whole, scheme: string, host: string) =>
    /[^\x20-\x7e]/.test(host) ? `${scheme}${domainToASCII(host)}` : whole,
  );
}

function isScheme(text: string): text is Scheme {
  return schemes.includes(text);
}

function urlOf(server: string, bare: boolean): URL {
  const text = asciiHost(bare ? `coaps://${server}` : server);
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (
    url !== undefined &&
    url.hostname !== '' &&
    url.hostname.length <= longestHost &&
    !url.hostname.includes('%') &&
    !/[^:]:\/?$/.test(server) &&
    /^\/?$/.test(url.pathname) &&
    url.search === '' &&
    url.hash === '' &&
    url.username === ''
  )
    return url;
  throw noAddress(server);
}

const somePort = 'Write a port from 1 to 65535, or none for the usual one.';

/** Faults of an address, tested in this order on the part after the scheme: the fault, and what to do. */
const mistakes: readonly (readonly [pattern: RegExp, fault: string, hint: string])[] = [
  [/\s/, 'it contains a blank', 'Remove it.'],
  [/^coaps?(\+tcp)?:\/?[^/\d]/i, 'the scheme is not followed by ://', 'Write it such as coaps://dots.example.net.'],
  [/@/, 'it names a user', 'Remove what is before the @: certificates or a pre-shared key prove who the client is.'],
  [/\/.|[?#]/, 'it has a path', 'Remove all after host and port: the client knows the paths.'],
  [
    /%/,
    'only a link-local IPv6 address has a zone, in brackets',
    'Write it such as [fe80::1%25eth0]:4646, with the name of an interface.',
  ],
  [/^[^[]*:.*:/, 'an IPv6 address needs brackets', 'Write it such as [2001:db8::1]:4646.'],
  [/:0*\/?$/, 'it has no port after the colon', somePort],
  [/:\d+\/?$/, 'its port is above 65535', somePort],
  [/:[^\]]*$/, 'its port is not a number', somePort],
];

function noAddress(server: string): DotsError {
  const what =
    server.trim() === '' ? 'The address of the server is empty' : `"${server}" is not the address of a DOTS server`;
  const { fault = '', hint = 'Write a scheme, a host and a port, such as coaps://dots.example.net:4646.' } =
    mistakeIn(server) ?? {};
  return new DotsError('usage', 'transport/address', `${what}${fault}.`, hint);
}

/** The error of kind `usage` for a text that is not the address of a data channel. */
export function noDataAddress(server: string): DotsError {
  const { fault = '', hint = 'Write a host, and a port if it is not 443, such as https://dots.example.net.' } =
    (/\[.*%/.test(server) ? zoneInUrl : mistakeIn(server)) ?? {};
  return new DotsError('usage', 'data/address', `"${server}" is not the address of a DOTS data channel${fault}.`, hint);
}

/** What is wrong with an address, as the end of a sentence, and what to do. */
interface Mistake {
  fault: string;
  hint: string;
}

/** RFC 3986 section 3.2.2: zones (RFC 6874) are not supported in web URLs. */
const zoneInUrl: Mistake = {
  fault: ': an https address has no zone, so link-local addresses cannot be used',
  hint: 'Use another address of the server, or its name.',
};

function mistakeIn(server: string): Mistake | undefined {
  const rest = server.replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  const [, fault, hint] = mistakes.find(([pattern]) => pattern.test(rest)) ?? [];
  return fault === undefined || hint === undefined ? undefined : { fault: `: ${fault}`, hint };
}

/** A link-local address alone does not identify a host: RFC 4007 section 11. */
function noZone(server: string): DotsError {
  return new DotsError(
    'usage',
    'transport/address',
    `"${server}" is a link-local address: without an interface it does not identify a host.`,
    'Add the interface, such as coaps://[fe80::1%25eth0]:4646.',
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
    `${server} is not a loopback address; RFC 9132 section 3 requires coaps (DTLS) or coaps+tcp (TLS) for it.`,
    'Plain coap is for loopback: localhost, 127.0.0.1 or ::1.',
  );
}
