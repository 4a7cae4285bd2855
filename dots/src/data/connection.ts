import { createSecureContext, type SecureContext } from 'node:tls';
import { Client } from 'undici';
import { DotsError } from '#dots/model/errors';
import type { Permit } from '#dots/model/hostAddress';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { noDataAddress } from '#dots/transport/address';
import { serverNameOf } from '#dots/transport/certificates/serverName';
import { readKey, readPem, type CredentialFiles } from '#dots/transport/certificates/credentialFiles';
import { limited, settled } from '#dots/runtime/deadline';
import { Dialler } from './dialler';
import { explain, type Attempt } from './failures';
import { UnansweredChange } from './unansweredChange';

/** The address and the credentials of a data channel; the files are PEM. */
export interface ConnectionOptions extends Pick<CredentialFiles, 'serverName' | 'keyPasswordFile' | 'askKeyPassword'> {
  /** `https://127.0.0.1:4443`: scheme, host and port only. */
  server: string;
  /** The file of the CA that signed the server's certificate; nothing else is trusted. */
  ca: string;
  /** The files of the client's certificate and its key. */
  cert?: string;
  key?: string;
  /** The file of the certificates that the CA has revoked. */
  crl?: string;
  /**
   * Whether the current addresses of the server may be dialled: its rejection ends the request before anything is sent.
   */
  permit?: Permit | undefined;
  clock?: Clock;
}

/** A response, read whole. */
export interface Response {
  status: number;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
}

export interface Request {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: string;
  contentType?: string;
  accept?: string;
  /** The entity tag that the resource must still have: RFC 8040 section 3.5.2. */
  ifMatch?: string;
  /** Milliseconds until the request is given up, connecting included. */
  timeoutMs: number;
  /** When the wait began, by the monotonic time of the clock, milliseconds: several requests may share one time-out. */
  since: number;
  /** Cancels the request. */
  signal?: AbortSignal;
}

/** The longest answer that is read, bytes. */
const longestAnswer = 8 * 1024 * 1024;

/**
 * HTTPS through `tls.connect` itself. VS Code changes Node's `https` in its extension host, so it cannot be relied upon
 * to refuse a server there; here the CA, the host name and the dates are checked in any case.
 */
export class Connection {
  private readonly client: Client;
  /** How many requests are waiting. */
  private waiting = 0;

  private constructor(
    private readonly dialler: Dialler,
    private readonly attempt: Attempt,
    private readonly clock: Clock,
  ) {
    // Undici has its own time-outs, in real time; here each request has its own limit.
    const times = { headersTimeout: 0, bodyTimeout: 0 };
    this.client = new Client(attempt.server, {
      connect: (_options, callback) => dialler.dial(callback),
      pipelining: 1,
      maxResponseSize: longestAnswer,
      ...times,
    });
    this.client.on('connect', () => dialler.repeatEnd());
  }

  /**
   * Reads the files; connects with the first request. Throws a DotsError of kind `usage` for an invalid address or
   * file.
   */
  static async open({
    server,
    ca,
    cert,
    key,
    crl,
    permit,
    serverName,
    clock = systemClock,
    ...password
  }: ConnectionOptions): Promise<Connection> {
    const url = addressOf(server);
    const provenName = serverName && serverNameOf(serverName);
    if ((cert === undefined) !== (key === undefined))
      throw new DotsError(
        'usage',
        'data/certificate-file',
        'A client certificate requires its key, and a key its certificate.',
        'Name both (--cert and --key, or "certificate" and "key" in the profile).',
      );
    const context = contextOf({
      ca: await readPem(ca, 'CA'),
      cert: cert && (await readPem(cert, 'certificate')),
      key: key && (await readKey({ key, ...password })),
      crl: crl && (await readPem(crl, 'revocation list')),
    });
    return new Connection(
      new Dialler({ url, provenName, context, permit }),
      { server: url.origin, ca, hasCertificate: cert !== undefined },
      clock,
    );
  }

  /** Throws a DotsError of kind `unreachable` that states which check failed. */
  async request(request: Request): Promise<Response> {
    const { clock } = this;
    const { since, timeoutMs, signal } = request;
    const limit = limited({
      clock,
      signal,
      deadlineMs: Math.max(0, since + timeoutMs - clock.monotonic()),
      cancelled: () => this.cancelled(request.method),
      late: () => this.silence(request),
    });
    this.waiting += 1;
    try {
      limit.signal.throwIfAborted();
      return await settled(this.exchange(request, limit.signal), limit.signal);
    } catch (error) {
      throw explain(error, this.attempt);
    } finally {
      limit.lift();
      this.waiting -= 1;
      if (this.waiting === 0) this.dialler.giveUp();
    }
  }

  /** Requests under way are cancelled. */
  async close(): Promise<void> {
    const why = this.cancelled();
    this.dialler.giveUp();
    await this.client.destroy(why);
  }

  /** Undici observes the signal of a request only once the connection is established. */
  private async exchange(
    { method, path, body, contentType, accept, ifMatch }: Request,
    signal: AbortSignal,
  ): Promise<Response> {
    const headers = {
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
      ...(accept === undefined ? {} : { accept }),
      ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    };
    const response = await this.client.request({ method, path, body: body ?? null, headers, signal });
    return { status: response.statusCode, headers: response.headers, body: await response.body.text() };
  }

  private cancelled(method?: Request['method']): DotsError {
    const what = this.dialler.established
      ? 'The request was cancelled; it may have arrived nevertheless.'
      : 'The request was cancelled before it was sent.';
    return new (this.failureOf(method))('unreachable', 'data/cancelled', what);
  }

  /** Reading changes nothing, and neither does what was not sent. */
  private failureOf(method: Request['method'] | undefined): typeof DotsError {
    return this.dialler.established && method !== undefined && method !== 'GET' ? UnansweredChange : DotsError;
  }

  private silence({ method, path, timeoutMs }: Request): DotsError {
    const { server } = this.attempt;
    const within = `within ${timeoutMs / 1000} s`;
    return this.dialler.established
      ? new (this.failureOf(method))(
          'unreachable',
          'data/no-answer',
          `${server} did not answer ${method} ${path} ${within}.`,
          'It may have processed the request: check before you repeat it.',
        )
      : new DotsError(
          'unreachable',
          'data/no-answer',
          `${server} did not answer ${within}.`,
          'Check the address, and that the server is running.',
        );
  }
}

function addressOf(server: string): URL {
  const url = URL.canParse(server) ? new URL(server) : undefined;
  if (
    url?.protocol === 'https:' &&
    /^\/?$/.test(url.pathname) &&
    url.search === '' &&
    url.hash === '' &&
    url.username === ''
  )
    return url;
  throw noDataAddress(server);
}

function contextOf(files: {
  ca: string;
  cert: string | undefined;
  key: string | undefined;
  crl: string | undefined;
}): SecureContext {
  try {
    return createSecureContext({ ...files, minVersion: 'TLSv1.2' });
  } catch (cause) {
    const mismatch = /mismatch/i.test(String(cause));
    throw new DotsError(
      'usage',
      'data/certificate-file',
      mismatch
        ? 'The private key does not belong to the client certificate.'
        : 'The certificate files cannot be used: one of them is not PEM of the right kind, or needs a passphrase.',
      'Check the files of --ca, --cert and --key, or those that the profile names.',
      { cause },
    );
  }
}
