import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { connect, createSecureContext, type PeerCertificate, type SecureContext, type TLSSocket } from 'node:tls';
import { Client } from 'undici';
import { DotsError } from '#dots/model/errors';
import { readPem } from '#dots/transport/credentialFiles';
import { explain, type Attempt } from './failures';

/** Where a data channel is, and what opens it; the files are PEM. */
export interface ConnectionOptions {
  /** `https://127.0.0.1:4443`: scheme, host and port only. */
  server: string;
  /** The file of the CA that vouches for the server; nothing else is trusted. */
  ca: string;
  /** The files of the client's certificate and its key. */
  cert?: string;
  key?: string;
  /** The file of the certificates that the CA has revoked. */
  crl?: string;
}

/** A response, read whole. */
export interface Response { status: number; headers: Readonly<Record<string, string | string[] | undefined>>; body: string }

export interface Request { method: 'GET' | 'POST' | 'PUT' | 'DELETE'; path: string; body?: string; contentType?: string; accept?: string; timeoutMs: number; signal?: AbortSignal }

/** The longest answer that is read, bytes. */
const longestAnswer = 8 * 1024 * 1024;
const connectMs = 10_000;

/**
 * HTTPS through `tls.connect` itself. VS Code changes Node's `https` in its extension host, so that nothing there can be
 * relied upon to refuse a server; here the CA, the host name and the dates are checked in any case.
 */
export class Connection {
  private constructor(private readonly client: Client, private readonly attempt: Attempt) {}

  /** Reads the files; connects with the first request. Throws a DotsError of kind `usage` for an address or a file that will not do. */
  static async open({ server, ca, cert, key, crl }: ConnectionOptions): Promise<Connection> {
    const url = addressOf(server);
    if ((cert === undefined) !== (key === undefined)) throw new DotsError('usage', 'data/certificate-file', 'A client certificate and its key go together.', 'Name both (--cert, --key).');
    const context = contextOf({ ca: await readPem(ca, 'CA'), cert: cert && await readPem(cert, 'certificate'), key: key && await readPem(key, 'key'), crl: crl && await readPem(crl, 'revocation list') });
    const client = new Client(url.origin, { connect: (_options, callback) => dial(url, context, callback), pipelining: 1, maxResponseSize: longestAnswer });
    return new Connection(client, { server: url.origin, ca, hasCertificate: cert !== undefined });
  }

  /** Throws a DotsError of kind `unreachable` that says which check failed. */
  async request({ method, path, body, contentType, accept, timeoutMs, signal }: Request): Promise<Response> {
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const headers = { ...(contentType === undefined ? {} : { 'content-type': contentType }), ...(accept === undefined ? {} : { accept }) };
      const response = await this.client.request({ method, path, body: body ?? null, headers, signal: signal === undefined ? limit : AbortSignal.any([limit, signal]) });
      return { status: response.statusCode, headers: response.headers, body: await response.body.text() };
    } catch (error) {
      if (signal?.aborted === true) throw new DotsError('unreachable', 'data/cancelled', 'The request was cancelled; it may have arrived all the same.', undefined, { cause: error });
      throw explain(limit.aborted ? new DotsError('unreachable', 'data/no-answer', `${this.attempt.server} did not answer ${method} ${path} within ${timeoutMs / 1000} s.`, 'It may have done what was asked all the same: look before you repeat it.', { cause: error }) : error, this.attempt);
    }
  }

  async close(): Promise<void> {
    await this.client.destroy();
  }
}

function addressOf(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (url?.protocol === 'https:' && /^\/?$/.test(url.pathname) && url.search === '' && url.hash === '' && url.username === '') return url;
  throw new DotsError('usage', 'data/address', `"${server}" is not the address of a data channel.`, 'Give scheme, host and port, such as https://127.0.0.1:4443.');
}

/** A check of the chain, the dates and the name cannot be switched off from outside: neither by an option nor by NODE_TLS_REJECT_UNAUTHORIZED. */
function dial(url: URL, secureContext: SecureContext, callback: (...args: [null, TLSSocket] | [Error, null]) => void): void {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const socket = connect({
    host, port: url.port === '' ? 443 : Number(url.port), servername: isIP(host) === 0 ? host : '', secureContext,
    rejectUnauthorized: true, minVersion: 'TLSv1.2', ALPNProtocols: ['http/1.1'], timeout: connectMs, checkServerIdentity: (_name, shown) => wrongName(host, shown),
  });
  const refuse = (error: Error): void => {
    socket.destroy();
    callback(error, null);
  };
  socket.once('error', refuse);
  socket.once('timeout', () => refuse(new DotsError('unreachable', 'data/no-answer', `${url.origin} did not answer within ${connectMs / 1000} s.`, 'Check the address, and that the server runs.')));
  socket.once('secureConnect', () => {
    socket.off('error', refuse);
    socket.setTimeout(0);
    if (socket.authorized) callback(null, socket);
    else refuse(socket.authorizationError);
  });
}

/** Node's own check takes a common name where there is no DNS name, which RFC 9525 section 2 forbids. */
function wrongName(host: string, cert: PeerCertificate): Error | undefined {
  const certificate = new X509Certificate(cert.raw);
  if ((isIP(host) === 0 ? certificate.checkHost(host, { subject: 'never' }) : certificate.checkIP(host)) !== undefined) return undefined;
  return Object.assign(new Error(`The certificate is not for ${host}`), { code: 'ERR_TLS_CERT_ALTNAME_INVALID', cert });
}

function contextOf(files: { ca: string; cert: string | undefined; key: string | undefined; crl: string | undefined }): SecureContext {
  try {
    return createSecureContext({ ...files, minVersion: 'TLSv1.2' });
  } catch (cause) {
    const mismatch = /mismatch/i.test(String(cause));
    throw new DotsError('usage', 'data/certificate-file', mismatch ? 'The client certificate and the key do not fit together.' : 'The certificate files cannot be used: one of them is no PEM of the right kind, or needs a passphrase.', 'Check the files of --ca, --cert and --key.', { cause });
  }
}
