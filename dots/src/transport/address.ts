import { BlockList, isIP } from 'node:net';
import { DotsError } from '#dots/model/errors';

/** A host that is an IP address, and a UDP or TCP port. */
export interface Address { host: string; port: number }

/** The port of the DOTS signal channel: RFC 9132 section 10.1. */
const dotsPort = 4646;

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an IP address stays on this machine. */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** `host:port`, with brackets around an IPv6 address. */
export function addressText({ host, port }: Address): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

/** `localhost` as the address it always stands for (RFC 6761 section 6.3); anything else as it is. */
export function loopbackName(host: string): string {
  return host === 'localhost' ? '127.0.0.1' : host;
}

/**
 * Reads the address of a server: `coap://127.0.0.1:4646`.
 * Throws a DotsError of kind `usage` for anything but plain CoAP on loopback, because RFC 9132 section 3 lets nothing else travel unprotected.
 */
export function parseServer(server: string): Address {
  const url = urlOf(server);
  if (url.protocol !== 'coap:') {
    throw new DotsError('usage', 'transport/scheme', `${server} asks for ${url.protocol.slice(0, -1)}, which is not supported: only coap on loopback is.`,
      'Give an address such as coap://127.0.0.1:4646.');
  }
  const host = loopbackName(url.hostname.replace(/^\[|\]$/g, ''));
  if (!isLoopback(host)) throw plainOffLoopback(server);
  return { host, port: url.port === '' ? dotsPort : Number(url.port) };
}

function urlOf(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url !== undefined && url.hostname !== '' && /^\/?$/.test(url.pathname) && url.search === '' && url.hash === '' && url.username === '') return url;
  throw new DotsError('usage', 'transport/address', `"${server}" is not the address of a DOTS server.`, 'Give a scheme, a host and a port, such as coap://127.0.0.1:4646.');
}

function plainOffLoopback(server: string): DotsError {
  return new DotsError('usage', 'transport/plain-off-loopback',
    `${server} lies beyond this machine, and RFC 9132 section 3 lets DOTS leave it only over coaps (DTLS) or coaps+tcp (TLS).`,
    'Plain coap is for loopback: 127.0.0.1 or ::1.');
}
