import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { DotsError } from '#dots/model/errors';
import type { JsonObject } from '#dots/model/json';
import { Orchestrator, type OrchestratorOptions } from '#dots/orchestrator/orchestrator';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import { systemClock, type Clock } from '#dots/runtime/clock';
import { newCuid, SignalSession } from '#dots/signal/session';
import { FakeClock } from './fakeClock';

/** The request of RFC 9132 figure 7. */
export const figure7: JsonObject = request({
  'target-prefix': ['2001:db8:6401::1/128', '2001:db8:6401::2/128'],
  'target-port-range': [{ 'lower-port': 80 }, { 'lower-port': 443 }, { 'lower-port': 8080 }],
  'target-protocol': [6],
  lifetime: 3600,
});

/** A mitigation request with one scope. */
export function request(scope: JsonObject): JsonObject {
  return { 'ietf-dots-signal-channel:mitigation-scope': { scope: [scope] } };
}

/** A mitigation request for one prefix. */
export function protect(prefix: string, more: JsonObject = {}): JsonObject {
  return request({ 'target-prefix': [prefix], lifetime: 3600, ...more });
}

/** The scope entries of an answer or a request. */
export function scopesOf(document: JsonObject | undefined): JsonObject[] {
  const body = document?.['ietf-dots-signal-channel:mitigation-scope'] as { scope?: JsonObject[] } | undefined;
  return body?.scope ?? [];
}

/** An orchestrator that offers plain CoAP. */
export type PlainOrchestrator = Orchestrator & { signal: string };

/**
 * An orchestrator that ends with the test, and offers plain CoAP as well. Its time does not pass unless the test brings
 * a clock, so that no status changes under a slow test.
 */
export async function startOrchestrator(t: TestContext, options: OrchestratorOptions = {}): Promise<PlainOrchestrator> {
  const orchestrator = await Orchestrator.start({ clock: new FakeClock(), plain: true, ...options });
  t.after(() => orchestrator.close());
  return orchestrator as PlainOrchestrator;
}

/** A session that ends with the test. */
export async function openSession(
  t: TestContext,
  server: string,
  cuid = newCuid(),
  clock: Clock = systemClock,
): Promise<SignalSession> {
  const session = await SignalSession.open({ server, cuid, clock });
  t.after(() => session.close());
  return session;
}

/**
 * A session with the certificate of the lab's client, which is the client of the data channel too; it ends with the
 * test. Over TLS, for which certificates are valid by the date of the machine and not by that of the test's clock.
 */
export async function openLabSession(
  t: TestContext,
  { coapsTcp, ca, cert, key }: Orchestrator,
  cuid: string,
): Promise<SignalSession> {
  const credentials = await readCredentials(coapsTcp, { ca, cert, key });
  const session = await SignalSession.open({ server: coapsTcp, cuid, credentials });
  t.after(() => session.close());
  return session;
}

/** A folder that is gone after the test. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'dots-test-'));
  t.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A bound UDP socket that ends with the test. */
export async function udpSocket(t: TestContext): Promise<Socket> {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return socket;
}

/** A port that nobody listens on, over UDP or TCP. */
export function freePort(): Promise<number> {
  return freePorts(1);
}

/**
 * Below the ports that the system hands out by itself, or another test could be given one before the program listens
 * that it is for. Each process has some of its own, by its number: two that run at once do not take the same.
 */
const lowestPort = 10_240;
const ownPorts = 64;
const firstPort = lowestPort + ownPorts * (process.pid % 340);
let taken = 0;

/**
 * The first of so many ports in a row that nobody listens on, over UDP or TCP; each call has others, until all have had
 * their turn.
 */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    if (taken + count > ownPorts) taken = 0;
    const first = firstPort + taken;
    taken += count;
    const free = await Promise.all(Array.from({ length: count }, (_, index) => isFree(first + index)));
    if (free.every(Boolean)) return first;
  }
}

async function isFree(port: number): Promise<boolean> {
  const [udp, tcp] = [createSocket('udp4'), createServer()];
  udp.bind(port, '127.0.0.1');
  tcp.listen(port, '127.0.0.1');
  const listens = (one: Socket | Server): Promise<boolean> =>
    once(one, 'listening').then(
      () => true,
      () => false,
    );
  const free = await Promise.all([listens(udp), listens(tcp)]);
  await Promise.all([new Promise<void>((closed) => udp.close(closed)), new Promise((closed) => tcp.close(closed))]);
  return free.every(Boolean);
}

export function portOf(server: string): number {
  return Number(new URL(server).port);
}

/** What a program printed; the test goes on while it runs. */
export async function run(
  command: string,
  args: string[],
): Promise<{ status: number | null; stdout: Buffer; stderr: string }> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (part: Buffer) => stdout.push(part));
  child.stderr.on('data', (part: Buffer) => stderr.push(part));
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString() };
}

/** Waits until something holds; only a minute in vain is a failure. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = Date.now() + 60_000;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`never came true: ${holds.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 10);
    });
  }
}

/** Whether an error is a DotsError of a kind and a code that says what to do. */
export function isError(kind: string, code: string): (error: unknown) => boolean {
  return (error) =>
    error instanceof DotsError && error.kind === kind && error.code === code && error.hint !== undefined;
}
