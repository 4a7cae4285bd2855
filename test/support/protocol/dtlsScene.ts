import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { plainAnswer } from '#dots/coap/answer';
import type { Channel } from '#dots/coap/messages/channel';
import { Endpoint } from '#dots/coap/endpoint';
import { DotsError } from '#dots/model/errors';
import type { ClientCredentials, ServerCredentials } from '#dots/transport/certificates/credentials';
import type { DtlsChannel } from '#dots/transport/dtls/channel';
import { connectDtls, type DtlsOptions } from '#dots/transport/dtls/client';
import { listenDtls } from '#dots/transport/dtls/server';
import type { SecureListenOptions } from '#dots/transport/secure';
import type { Listener } from '#dots/transport/udp';
import { needTool } from '../tools';
import { FakeClock, stillClock } from './fakeClock';
import type { Relay } from './relay';
import { eventually, temporaryFolder } from './scene';
import { TestPki, type Identity, type KeyKind } from './testPki';

/** Whether the DTLS module was built; where it was not, the test is skipped, and fails under CI=true. */
export function needDtls(t: TestContext): boolean {
  if (existsSync(join(__dirname, '../../../dist/dtls.wasm'))) return true;
  if (process.env.CI === 'true') throw new Error('dist/dtls.wasm is missing (npm run build)');
  t.skip('dist/dtls.wasm is missing (npm run build)');
  return false;
}

/** A CA with a server for localhost and loopback, and a client. */
export interface Parties {
  pki: TestPki;
  server: Identity;
  client: Identity;
}

/** Undefined, the test skipped, where openssl or the DTLS module is missing. */
export async function parties(t: TestContext, kind: KeyKind = 'ec'): Promise<Parties | undefined> {
  if (!needDtls(t) || !needTool(t, 'openssl', 'openssl')) return undefined;
  const pki = TestPki.in(await temporaryFolder(t), kind);
  return {
    pki,
    server: pki.issue({
      purpose: 'server',
      names: ['localhost', 'dots.example', '127.0.0.1', '::1'],
      commonName: 'the server',
    }),
    client: pki.issue({ purpose: 'client', names: ['client.example'], commonName: 'the client' }),
  };
}

/** What an end shows and trusts. */
export function shows(
  pki: TestPki,
  { cert, key }: Identity,
  crls?: readonly string[],
): { certificate: { ca: string; cert: string; key: string; crls?: readonly string[] } } {
  return { certificate: { ca: pki.ca.cert, cert, key, ...(crls === undefined ? {} : { crls }) } };
}

export const psk = { identity: 'dots', key: Buffer.from('secret123') };

/** What a server of ours has seen. */
export interface Seen {
  listener: Listener;
  port: number;
  channels: DtlsChannel[];
  messages: string[];
  closed: number;
  refused: DotsError[];
}

/**
 * A server that returns each message, behind `re:`, until the test ends. On its clock no time passes, unless the test
 * brings one.
 */
export async function startEcho(
  t: TestContext,
  credentials: ServerCredentials,
  options: Partial<SecureListenOptions> & { host?: string; port?: number } = {},
): Promise<Seen> {
  const seen: Omit<Seen, 'listener' | 'port'> & Partial<Seen> = { channels: [], messages: [], closed: 0, refused: [] };
  const accept = (channel: Channel): void => {
    seen.channels.push(channel as DtlsChannel);
    channel.attach({
      message: (bytes) => {
        seen.messages.push(Buffer.from(bytes).toString());
        channel.send(Buffer.concat([Buffer.from('re:'), bytes]));
      },
      failure: () => undefined,
      closed: () => {
        seen.closed += 1;
      },
    });
  };
  const listener = await listenDtls(
    { host: options.host ?? '127.0.0.1', port: options.port ?? 0 },
    { credentials, refused: (error) => seen.refused.push(error), clock: stillClock, ...options },
    accept,
  );
  t.after(() => listener.close());
  return Object.assign(seen, { listener, port: listener.address.port }) as Seen;
}

/** A server whose CoAP endpoint answers GET with a text, until the test ends. */
export async function startCoap(
  t: TestContext,
  credentials: ServerCredentials,
  options: Partial<SecureListenOptions> = {},
): Promise<{ port: number; channels: Channel[]; refused: DotsError[] }> {
  const [channels, refused]: [Channel[], DotsError[]] = [[], []];
  const listener = await listenDtls(
    { host: '127.0.0.1', port: 0 },
    { credentials, refused: (error) => refused.push(error), clock: stillClock, ...options },
    (channel) => {
      channels.push(channel);
      void new Endpoint(channel, { handler: () => Promise.resolve(plainAnswer('2.05', 'hello over DTLS')) });
    },
  );
  t.after(() => listener.close());
  return { port: listener.address.port, channels, refused };
}

/** A client of ours that hears what comes back, until the test ends. */
export interface Caller {
  channel: DtlsChannel;
  heard: string[];
  closed: () => boolean;
  failures: DotsError[];
  ask: (text: string) => Promise<string>;
}

/**
 * On the clock of the client no time passes, unless the test brings one: its attempt has as long as it takes, and
 * nothing is sent again.
 */
export async function call(
  t: TestContext,
  port: number,
  credentials: ClientCredentials,
  options: Partial<DtlsOptions> & { host?: string } = {},
): Promise<Caller> {
  const { host = '127.0.0.1', ...more } = options;
  const channel = await connectDtls(
    { host, port },
    {
      credentials,
      serverName: 'localhost',
      clock: stillClock,
      ...more,
    },
  );
  t.after(() => channel.close());
  const [heard, failures]: [string[], DotsError[]] = [[], []];
  let closed = false;
  let notify: (() => void) | undefined;
  channel.attach({
    message: (bytes) => {
      heard.push(Buffer.from(bytes).toString());
      notify?.();
    },
    failure: (error) => failures.push(error),
    closed: () => {
      closed = true;
    },
  });
  const ask = async (text: string): Promise<string> => {
    const answered = new Promise<void>((resolve) => {
      notify = resolve;
    });
    channel.send(Buffer.from(text));
    await answered;
    return heard.at(-1)!;
  };
  return { channel, heard, closed: () => closed, failures, ask };
}

/**
 * A client behind `relay`, or why it failed. Its time is over as soon as nothing more comes through the relay: both
 * ends have said all that they have to say.
 */
export async function callUntilQuiet(
  t: TestContext,
  relay: Relay,
  credentials: ClientCredentials,
): Promise<Caller | DotsError> {
  const clock = new FakeClock(Date.now());
  const [deadlineMs, before] = [200, relay.seen.toServer.length];
  const attempt = call(t, relay.port, credentials, { clock, deadlineMs }).catch((error: unknown) => error as DotsError);
  await eventually(() => relay.seen.toServer.length > before);
  await relay.quiet();
  await clock.advance(deadlineMs);
  return attempt;
}

/** The code of a failure that a client behind `relay` meets for want of an answer. */
export async function unanswered(t: TestContext, relay: Relay, credentials: ClientCredentials): Promise<string> {
  return reasonOf(
    callUntilQuiet(t, relay, credentials).then((outcome) =>
      outcome instanceof DotsError ? Promise.reject(outcome) : outcome,
    ),
  );
}

/** The code of an attempt that has to fail, without its first part. */
export async function reasonOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    assert.ok(error instanceof DotsError, String(error));
    return error.code.replace('transport/', '');
  }
  return assert.fail('it was not refused');
}
