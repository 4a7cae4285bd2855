import type { TestContext } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import { Endpoint } from '#dots/coap/endpoint';
import type { Handler } from '#dots/coap/inbound';
import type { DotsError } from '#dots/model/errors';
import type { ClientCredentials, ServerCredentials } from '#dots/transport/certificates/credentials';
import type { SecureListenOptions, SecureOptions } from '#dots/transport/secure';
import { connectTls } from '#dots/transport/tls/client';
import { listenTls } from '#dots/transport/tls/server';
import type { Identity, TestPki } from './testPki';

export const psk = { identity: 'dots', key: Buffer.from('secret123') };

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
}

/** A server of ours that ends with the test. */
export async function listening(
  t: TestContext,
  credentials: ServerCredentials,
  {
    host = '127.0.0.1',
    handler = echo,
    ...options
  }: Partial<SecureListenOptions> & { host?: string; handler?: Handler } = {},
): Promise<Scene> {
  const [sessions, refused]: [Endpoint[], DotsError[]] = [[], []];
  const listener = await listenTls(
    { host, port: 0 },
    { credentials, refused: (error) => refused.push(error), ...options },
    (channel) => sessions.push(new Endpoint(channel, { handler })),
  );
  t.after(() => listener.close());
  return { ...listener.address, sessions, refused };
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
