import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { freePort } from '../../judges/flowspec-peer';

/** The files of the lab that all peers of a bench share. */
export interface LabFiles { ca: string; cert: string; key: string; serverCert: string; serverKey: string }

/** A server in a process of its own. */
export interface Peer { name: string; port: number; process: ChildProcess }

/** `dots mock` in the folder of the lab. */
export async function startMock(cli: string, state: string): Promise<Peer & { ready: Record<string, string> }> {
  const process_ = spawn(process.execPath, [cli, 'mock', '--state', state], { stdio: ['ignore', 'pipe', 'ignore'] });
  const [line] = await once(createInterface(process_.stdout), 'line') as [string];
  const ready = JSON.parse(line) as Record<string, string>;
  return { name: 'dots mock', port: Number(new URL(ready.coaps ?? '').port), process: process_, ready };
}

/** libcoap's server with the same certificates; it listens with DTLS one port above the plain one. */
export async function startLibcoap(files: LabFiles): Promise<Peer> {
  const plain = await freePort();
  const args = ['-A', '127.0.0.1', '-p', String(plain), '-c', files.serverCert, '-j', files.serverKey, '-C', files.ca, '-d', '1000'];
  const process_ = spawn('coap-server-openssl', args, { stdio: 'ignore' });
  await once(process_, 'spawn');
  return { name: 'coap-server-openssl', port: plain + 1, process: process_ };
}

/** Runs a program to its end; milliseconds, or undefined where it failed. */
export async function timed(command: string, args: readonly string[]): Promise<number | undefined> {
  const started = performance.now();
  const child = spawn(command, args, { stdio: 'ignore' });
  const [status] = await once(child, 'exit') as [number | null];
  return status === 0 ? performance.now() - started : undefined;
}

export function coapClient(files: LabFiles, port: number, path = 'bench'): readonly [string, string[]] {
  return ['coap-client-openssl', ['-B', '5', '-c', files.cert, '-j', files.key, '-C', files.ca, '-m', 'put', '-N', '-e', 'bench', `coaps://127.0.0.1:${port}/${path}`]];
}

/** Resident memory of a process, bytes. */
export function residentBytes({ process: { pid } }: Peer): number {
  return 1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid ?? 0}/status`, 'utf8'))?.[1] ?? NaN);
}

/** Processor time that a process has used, milliseconds; the kernel counts in hundredths of a second. */
export function processorMs({ process: { pid } }: Peer): number {
  const fields = readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}
