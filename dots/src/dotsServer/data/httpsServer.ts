import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { DotsError } from '#dots/model/errors';
import { isLoopback, loopbackName, type Address } from '#dots/transport/address';
import type { Lab } from '#dots/transport/certificates/lab';
import { listenError } from '#dots/transport/listening';
import { keyIdentity } from '#dots/transport/certificates/certificateNames';
import { refusal as clientRefusal } from '#dots/transport/refusals';
import { hasExtendedSecret } from '#dots/transport/tls/extendedSecret';
import { alertIn, serverReason, symptomOf } from '#dots/transport/tls/symptoms';
import { oneLine } from '#dots/model/text';
import { identityEntry, identityText, type Client, type Clients } from '../state/clients';
import { StoreError } from '../state/journal';
import type { ClientQuota } from '../state/clientQuota';
import { TooManyRequests, type RequestTurns } from '../state/requestTurns';
import type { Requester } from './dataResources';
import { Connections } from './connections';
import { fail, RestconfError } from './failure';
import { preconditionsOf } from './preconditions';
import { refuseOtherTypes, yangData, type DataResponse, type DataRouter } from './router';

export interface DataServerOptions {
  host: string;
  /** 0: a free one. */
  port: number;
  lab: Lab;
  router: DataRouter;
  clients: Clients;
  quota: ClientQuota;
  turns: RequestTurns;
  /** Whether messages of a client get through now, by its name; default: always. */
  reaches?: ((client: string) => boolean) | undefined;
  log: (line: string) => void;
}

const handshakeMs = 10_000;
const requestMs = 30_000;

/** RESTCONF over HTTPS with mutual TLS, on loopback: RFC 8783 section 3, RFC 8040 section 2. */
export class DataServer {
  private constructor(
    private readonly server: Server,
    readonly address: Address,
  ) {}

  /** Throws a DotsError of kind `usage`: `transport/not-loopback`, `transport/port-in-use`, `transport/listen`. */
  static async start(options: DataServerOptions): Promise<DataServer> {
    const host = loopbackName(options.host);
    if (!isLoopback(host))
      throw new DotsError(
        'usage',
        'transport/not-loopback',
        `${options.host} is not a loopback address: the data channel of the mock is available on this machine only.`,
        'Listen on 127.0.0.1 or ::1.',
      );
    const server = serverFor(options);
    const address = await listen(server, { host, port: options.port });
    return new DataServer(server, address);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }
}

function serverFor(options: DataServerOptions): Server {
  const { ca, server: identity } = options.lab;
  const server = createServer({
    ca,
    ...identity,
    minVersion: 'TLSv1.2',
    requestCert: true,
    rejectUnauthorized: true,
    handshakeTimeout: handshakeMs,
    requestTimeout: requestMs,
    ALPNProtocols: ['http/1.1'],
  });
  const connections = new Connections();
  server.on('connection', (socket: Socket) => connections.greet(socket));
  server.on('request', (request, response) => void serve(request, response, options));
  const refused = (words: string): void => options.log(`data: connection refused: ${oneLine(words, 300)}`);
  server.on('tlsClientError', (error, { remotePort }) => refused(refusalText(error, remotePort)));
  // Nothing of a request has been read yet.
  server.on('secureConnection', (socket) => {
    const peer = clientAt(socket.remotePort);
    if (!hasExtendedSecret(socket)) refused(clientRefusal('no-extended-secret', { peer }).message);
    else if (connections.admit(socket, clientOf(socket, options.clients))) return;
    else refused(clientRefusal('broken', { peer, detail: 'its client has too many connections' }).message);
    socket.destroy();
  });
  return server;
}

/** The address that the server listens on then. */
async function listen(server: Server, { host, port }: Address): Promise<Address> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } catch (cause) {
    throw listenError('TCP', { host, port }, cause);
  }
  return { host, port: (server.address() as AddressInfo).port };
}

async function serve(request: IncomingMessage, response: ServerResponse, options: DataServerOptions): Promise<void> {
  const client = clientOf(request.socket as TLSSocket, options.clients)?.name;
  if (client !== undefined && options.reaches?.(client) === false) return void request.socket.destroy();
  const asked = `${request.socket.remoteAddress ?? ''} ${oneLine(`${request.method ?? ''} ${request.url ?? ''}`, 300)}`;
  const answer = await answerTo(request, options).catch((error: unknown) => refusal(error, asked, options.log));
  // Whether it is in force after a restart is unknown, so neither answer would be true.
  if (answer === undefined) return void request.socket.destroy();
  options.log(`${asked}: ${answer.status}`);
  send(request, response, answer);
}

async function answerTo(
  request: IncomingMessage,
  { router, clients, quota, turns }: DataServerOptions,
): Promise<DataResponse> {
  const { method = '', headers } = request;
  const { port } = request.socket.address() as AddressInfo;
  refuseForeignHost(request.headersDistinct.host, port);
  refuseOtherSites(headers);
  const url = urlOf(request.url ?? '/');
  const isMetadata = url.pathname.startsWith('/.well-known/');
  if (!isMetadata) refuseOtherTypes(method, headers);
  const conditions = preconditionsOf(headers, Date.now());
  const requester = requesterOf(request.socket as TLSSocket, clients);
  const work = (): Promise<DataResponse> =>
    router.answer({
      method,
      path: url.pathname,
      query: url.searchParams,
      requester,
      conditions,
      body: () => readBody(request, quota.largestDataBody(requester.identity)),
    });
  return turns.run(requester.identity, work);
}

function urlOf(target: string): URL {
  if (URL.canParse(target, 'https://localhost')) return new URL(target, 'https://localhost');
  throw fail(400, 'malformed-message', 'The request target is not a URL.');
}

/** A page in a browser whose own host name resolves to this machine must not reach the server by that name. */
function refuseForeignHost(hosts: readonly string[] = [], port: number): void {
  const [host = '', ...more] = hosts;
  if (more.length > 0)
    throw fail(400, 'malformed-message', 'The request has several Host headers (RFC 9112 section 3.2).');
  const url = /^[^@/?#\\]+$/.test(host) && URL.canParse(`https://${host}`) ? new URL(`https://${host}`) : undefined;
  const name = url === undefined ? '' : loopbackName(url.hostname.replace(/^\[|\]$/g, ''));
  if (isLoopback(name) && Number(url?.port === '' ? 443 : url?.port) === port) return;
  throw fail(400, 'invalid-value', 'The Host header names a different server.');
}

/**
 * A browser that has the certificate of a client presents it for any page; it adds where the page is from. DOTS clients
 * send neither header.
 */
function refuseOtherSites({ origin, host, 'sec-fetch-site': site = 'none' }: IncomingHttpHeaders): void {
  const isOwn = origin === undefined || origin === `https://${host ?? ''}`;
  if (isOwn && (site === 'none' || site === 'same-origin')) return;
  throw fail(403, 'access-denied', 'The request comes from a page of another site in a browser.');
}

/**
 * Why the TLS connection of a client failed, in the words of the signal channel if the library names a known reason.
 */
function refusalText(error: Error, port: number | undefined): string {
  const symptom = symptomOf(error);
  const reason = serverReason(symptom);
  return clientRefusal(reason ?? 'broken', {
    peer: clientAt(port),
    ...(reason === undefined && { detail: alertIn(symptom) ?? error.message }),
  }).message;
}

const clientAt = (port: number | undefined): string =>
  port === undefined ? 'the client' : `the client at port ${port}`;

/** The identities that connections have proved: a certificate is read once for all requests of its connection. */
const identities = new WeakMap<TLSSocket, string>();

function identityOf(socket: TLSSocket): string | undefined {
  const known = identities.get(socket);
  const certificate = known === undefined ? socket.getPeerX509Certificate() : undefined;
  if (certificate === undefined) return known;
  const identity = keyIdentity(certificate.raw);
  identities.set(socket, identity);
  return identity;
}

/** Undefined where its identity belongs to none. */
function clientOf(socket: TLSSocket, clients: Clients): Client | undefined {
  const identity = identityOf(socket);
  return identity === undefined ? undefined : clients.of(identity);
}

function requesterOf(socket: TLSSocket, clients: Clients): Requester {
  const identity = identityOf(socket);
  if (identity === undefined) throw fail(401, 'access-denied', 'A client certificate is required.');
  const client = clients.of(identity);
  if (client === undefined)
    throw fail(
      403,
      'access-denied',
      `The ${identityText(identity)} belongs to no client of this server: its operator can add ${identityEntry(identity)} to the identities of one.`,
    );
  return { client, identity };
}

async function readBody(request: IncomingMessage, largest: number): Promise<string> {
  const tooBig = fail(413, 'too-big', `The body is larger than ${largest} bytes.`);
  if (Number(request.headers['content-length'] ?? 0) > largest) throw tooBig;
  const chunks: Buffer[] = [];
  let size = 0;
  // Stopping early would end the connection before the client has read the answer.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= largest) chunks.push(chunk);
  }
  if (size > largest) throw tooBig;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    throw fail(400, 'malformed-message', 'The body is not UTF-8.');
  }
}

/** Undefined where the outcome of a change is unknown. */
function refusal(error: unknown, asked: string, log: (line: string) => void): DataResponse | undefined {
  if (error instanceof RestconfError) return { status: error.status, body: error.body, headers: { ...error.headers } };
  if (error instanceof TooManyRequests) {
    const { status, body } = fail(429, 'resource-denied', error.sentence);
    return { status, body, headers: { 'Retry-After': '1' } };
  }
  log(`${asked}: ${oneLine(String(error), 200)}`);
  if (error instanceof StoreError && !error.isCertain) return undefined;
  const { body } = fail(500, 'operation-failed', 'The server failed; nothing was changed.');
  return { status: 500, body, headers: {} };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, headers }: DataResponse): void {
  const payload =
    body === undefined
      ? undefined
      : Buffer.from(typeof body === 'string' ? body : `${JSON.stringify(body, null, 2)}\n`);
  const { Location: location, ...others } = headers;
  response.writeHead(status, {
    'Cache-Control': 'no-cache',
    ...(payload === undefined ? {} : { 'Content-Type': yangData, 'Content-Length': payload.length }),
    ...(payload === undefined && status !== 204 && status !== 304 ? { 'Content-Length': 0 } : {}),
    ...others,
    ...(location === undefined ? {} : { Location: `https://${request.headers.host ?? ''}${location}` }),
    // The rest of a body that was refused unread would be parsed as the next request.
    ...(request.complete ? {} : { Connection: 'close' }),
  });
  const content = request.method === 'HEAD' ? undefined : payload;
  if (request.complete) return void response.end(content);
  // A client that is still sending reads the answer only if the connection stays open until it has finished or
  // disconnects; the server's request timeout limits that.
  response.flushHeaders();
  if (content !== undefined) response.write(content);
  request.once('close', () => response.end()).resume();
}
