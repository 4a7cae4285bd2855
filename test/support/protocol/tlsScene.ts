import assert from 'node:assert/strict';
import type { AddressInfo, Server } from 'node:net';
import type { TestContext } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import { Endpoint } from '#dots/coap/endpoint';
import type { Handler } from '#dots/coap/inbound';
import type { CoapRequest } from '#dots/coap/request';
import { DotsError } from '#dots/model/errors';
import type { ClientCredentials, ServerCredentials } from '#dots/transport/certificates/credentials';
import type { SecureListenOptions, SecureOptions } from '#dots/transport/secure';
import { connectTls } from '#dots/transport/tls/client';
import { listenTls } from '#dots/transport/tls/server';
import type { Identity, TestPki } from './testPki';

export const psk = { identity: 'dots', key: Buffer.from('secret123') };

/** A server that knows this one key. */
export const keys: ServerCredentials = { psk: (identity) => (identity === psk.identity ? psk.key : undefined) };

/** What a certificate for a server on this machine is for. */
export const names = ['localhost', '127.0.0.1', '::1'];

/** A request, and how long its answer may take. */
export const get: CoapRequest = { method: 'GET', path: ['a'], confirmable: true };
export const patience = { timeoutMs: 20_000 };

/** Whether an error is the refusal of a code, said in these words. */
export function isRefusal(code: string, words = /./): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof DotsError, String(error));
    assert.deepEqual([error.kind, error.code], ['unreachable', `transport/${code}`], error.message);
    assert.match(error.message, words);
    return true;
  };
}

/** Where a server of the test's own listens, until the test ends. */
export async function listened(t: TestContext, server: Server): Promise<{ host: string; port: number }> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

/** What an end shows that has a certificate of this CA. */
export function credentialsOf(
  pki: TestPki,
  { cert, key }: Identity,
  crls?: string[],
): { certificate: NonNullable<ServerCredentials['certificate']> } {
  return { certificate: { ca: pki.ca.cert, cert, key, ...(crls === undefined ? {} : { crls }) } };
}

/** Answers with the method, the path and the body. */
export const echo: Handler = ({ method, path, payload }) =>
  Promise.resolve(plainAnswer('2.05', `${method} ${path.join('/')} ${Buffer.from(payload).toString()}`.trim()));

export interface Scene {
  host: string;
  port: number;
  sessions: Endpoint[];
  refused: DotsError[];
  /** Ends it before the test does. */
  close: () => Promise<void>;
}

/** A server of ours that ends with the test; `port` where the test needs the same one for UDP. */
export async function listening(
  t: TestContext,
  credentials: ServerCredentials,
  {
    host = '127.0.0.1',
    port = 0,
    handler = echo,
    ...options
  }: Partial<SecureListenOptions> & { host?: string; port?: number; handler?: Handler } = {},
): Promise<Scene> {
  const [sessions, refused]: [Endpoint[], DotsError[]] = [[], []];
  const listener = await listenTls(
    { host, port },
    { credentials, refused: (error) => refused.push(error), ...options },
    (channel) => sessions.push(new Endpoint(channel, { handler })),
  );
  t.after(() => listener.close());
  return { ...listener.address, sessions, refused, close: () => listener.close() };
}

/** A client of ours that ends with the test. */
export async function connected(
  t: TestContext,
  { host, port }: { host: string; port: number },
  credentials: ClientCredentials,
  more: Partial<SecureOptions> = {},
): Promise<Endpoint> {
  const endpoint = new Endpoint(await connectTls({ host, port }, { credentials, serverName: host, ...more }));
  t.after(() => endpoint.close());
  return endpoint;
}
