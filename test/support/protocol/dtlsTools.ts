import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { connectDtls, type DtlsOptions } from '#dots/transport/dtls/client';
import type { DtlsChannel } from '#dots/transport/dtls/channel';
import { eventually, freePort, freePorts } from './scene';
import type { Identity, TestPki } from './testPki';

/** A program that runs until the test ends, and what it has said. */
export interface Program {
  child: ChildProcess;
  said: () => string;
}

export function startProgram(
  t: TestContext,
  command: string,
  args: string[],
  environment: Record<string, string> = {},
): Program {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, ...environment } });
  const parts: Buffer[] = [];
  child.stdout.on('data', (part: Buffer) => parts.push(part));
  child.stderr.on('data', (part: Buffer) => parts.push(part));
  child.stdin.on('error', () => undefined);
  t.after(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const closed = once(child, 'close');
    child.kill('SIGKILL');
    await closed;
  });
  return { child, said: () => Buffer.concat(parts).toString() };
}

/** Two ports side by side that nobody listens on: libcoap's server takes the second for DTLS and TLS. */
export function freePair(): Promise<number> {
  return freePorts(2);
}

/** A server that runs until the test ends, and its port. */
export interface ServerProgram extends Program {
  port: number;
}

/** libcoap's server on loopback, and the port where it speaks DTLS and TLS. */
export async function libcoapServer(t: TestContext, build: string, args: string[]): Promise<ServerProgram> {
  const port = await freePair();
  return {
    ...startProgram(t, `coap-server-${build}`, ['-A', '127.0.0.1', '-p', String(port), '-d', '10', ...args]),
    port: port + 1,
  };
}

/** What libcoap's tools show and trust. */
export function libcoapShows({ certFile, keyFile }: Identity, { ca }: TestPki): string[] {
  return ['-c', certFile, '-j', keyFile, '-C', ca.certFile];
}

/** What openssl's tools show and trust. */
export function opensslShows({ certFile, keyFile }: Identity, { ca }: { ca: { certFile: string } }): string[] {
  return ['-cert', certFile, '-key', keyFile, '-CAfile', ca.certFile];
}

/** `openssl s_server` on loopback, once it listens. */
export async function opensslServer(t: TestContext, args: string[]): Promise<ServerProgram> {
  const port = await freePort();
  const program = startProgram(t, 'openssl', ['s_server', '-accept', `127.0.0.1:${port}`, ...args]);
  await eventually(() => program.said().includes('ACCEPT'));
  return { ...program, port };
}

/** Connects to a server that is still starting: nobody listening there is not the last word. */
export async function connectWhenUp(
  t: TestContext,
  port: number,
  options: DtlsOptions,
  host = '127.0.0.1',
): Promise<DtlsChannel> {
  let outcome: DtlsChannel | DotsError | undefined;
  await eventually(async () => {
    try {
      outcome = await connectDtls({ host, port }, options);
    } catch (error) {
      if (!(error instanceof DotsError) || error.code === 'transport/refused') return false;
      outcome = error;
    }
    return true;
  });
  if (!(outcome !== undefined && 'attach' in outcome)) throw outcome;
  const channel = outcome;
  t.after(() => channel.close());
  return channel;
}
