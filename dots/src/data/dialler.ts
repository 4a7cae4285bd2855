import { X509Certificate } from 'node:crypto';
import { isIP, type LookupFunction } from 'node:net';
import { connect, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';
import { DotsError } from '#dots/model/errors';
import type { HostPort, Permit } from '#dots/model/hostAddress';
import { settled } from '#dots/runtime/deadline';
import { systemResolver } from '#dots/transport/connect/resolve';
import { refusal } from '#dots/transport/refusals';
import { hasExtendedSecret } from '#dots/transport/tls/extendedSecret';

type Dialled = (...args: [null, TLSSocket] | [Error, null]) => void;

/** Where a connection leads, and what is checked there. */
interface Way {
  url: URL;
  /** What the certificate must be for, where that is not the host of the address. */
  provenName: string | undefined;
  context: SecureContext;
  permit: Permit | undefined;
}

/** Makes the one TLS connection that the requests of a data channel share. */
export class Dialler {
  /** Whether the connection is established, so that something may have been sent over it. */
  established = false;
  private latest: TLSSocket | undefined;
  private underway = new AbortController();

  constructor(private readonly way: Way) {}

  dial(callback: Dialled): void {
    const { signal } = (this.underway = new AbortController());
    this.connection(signal).then(
      (socket) => {
        socket.once('close', () => {
          this.established = false;
        });
        this.established = true;
        this.latest = socket;
        callback(null, socket);
      },
      (error: unknown) => callback(error as Error, null),
    );
  }

  /**
   * Undici listens to a connection only once its parser is compiled: the end of one that was refused until then is
   * repeated for it, because a server that requires a client certificate ends it at once (RFC 8446 section 4.4.2.4).
   */
  repeatEnd(): void {
    const { latest } = this;
    if (latest?.closed !== true) return;
    if (latest.errored) latest.emit('error', latest.errored);
    latest.emit('close', latest.errored !== null);
  }

  /** Ends a connection attempt that is no longer needed. */
  giveUp(): void {
    this.underway.abort(
      new DotsError('unreachable', 'data/cancelled', 'The connection was cancelled before it was established.'),
    );
  }

  /** Resolves to a connection whose server is authenticated. */
  private async connection(signal: AbortSignal): Promise<TLSSocket> {
    const { url, context, permit } = this.way;
    const { host, port } = hostPortOf(url);
    const provenName = this.way.provenName ?? host;
    const addresses = await settled(isIP(host) === 0 ? systemResolver(host) : Promise.resolve([host]), signal);
    if (permit) await settled(permit(addresses.map((address) => ({ host: address, port }))), signal);
    const socket = await secured(connectionTo({ host, port, provenName }, addresses, context), signal);
    if (hasExtendedSecret(socket)) return socket;
    socket.destroy();
    throw refusal('no-extended-secret', { peer: url.origin });
  }
}

function hostPortOf({ hostname, port }: URL): HostPort {
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? 443 : Number(port) };
}

/** Resolves once a connection is verified; one that fails, or is cancelled, is destroyed. */
function secured(socket: TLSSocket, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const giveUp = (): void => void socket.destroy(signal.reason as Error);
    const settle = (error?: Error): void => {
      signal.removeEventListener('abort', giveUp);
      if (error === undefined) return resolve(socket);
      socket.destroy();
      reject(error);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    socket.on('error', settle);
    socket.once('secureConnect', () => settle(socket.authorized ? undefined : socket.authorizationError));
  });
}

/**
 * The check of the chain, the dates and the name cannot be disabled from outside: neither by an option nor by
 * NODE_TLS_REJECT_UNAUTHORIZED.
 */
function connectionTo(
  { host, port, provenName }: HostPort & { provenName: string },
  addresses: readonly string[],
  secureContext: SecureContext,
): TLSSocket {
  return connect({
    host,
    port,
    lookup: resolvedTo(addresses),
    servername: isIP(provenName) === 0 ? provenName : '',
    secureContext,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    checkServerIdentity: (_name, shown) => wrongName(provenName, shown),
  });
}

/** Returns known addresses: exactly the permitted addresses are dialled. */
function resolvedTo(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIP(address) }));
  return (_name, { all: wanted }, callback) =>
    wanted === true ? callback(null, all) : callback(null, all[0]?.address ?? '', all[0]?.family);
}

/** Node's own check accepts a common name if there is no DNS name, which RFC 9525 section 2 forbids. */
function wrongName(host: string, cert: PeerCertificate): Error | undefined {
  const certificate = new X509Certificate(cert.raw);
  if ((isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host)) !== undefined)
    return undefined;
  return Object.assign(new Error(`The certificate is not for ${host}`), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', cert });
}
