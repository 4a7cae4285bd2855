import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { bundled } from '../../support/bundle';
import { freePair } from '../../support/protocol/dtlsTools';
import type { Memory, Ready } from './server';

/** The files of the lab that all peers of a bench share. */
export interface LabFiles {
  ca: string;
  cert: string;
  key: string;
  serverCert: string;
  serverKey: string;
}

/** A server in a process of its own. */
export interface Peer {
  name: string;
  /** Where it speaks DTLS. */ port: number;
  process: ChildProcess;
}

/** Ours: the orchestrator. */
export interface OurPeer extends Peer {
  /** Where it speaks TLS. */ tls: string;
  files: LabFiles;
}

const program = bundled('test/bench/transport/server.ts');

/** The orchestrator, once it is ready; it ends with this process. */
export async function startOurs(): Promise<OurPeer> {
  const child = fork(program, { execArgv: ['--expose-gc'] });
  const [{ coaps, coapsTcp, ca, cert, key }] = (await once(child, 'message')) as [Ready];
  const lab = (name: string): string => join(dirname(ca), `${name}.pem`);
  return {
    name: 'orchestrator',
    port: Number(new URL(coaps).port),
    tls: coapsTcp,
    process: child,
    files: { ca, cert, key, serverCert: lab('server'), serverKey: lab('server-key') },
  };
}

/** libcoap's server with the same certificates; it listens with DTLS one port above the plain one. */
export async function startLibcoap(files: LabFiles): Promise<Peer> {
  const plain = await freePair();
  const args = [
    '-A',
    '127.0.0.1',
    '-p',
    String(plain),
    '-c',
    files.serverCert,
    '-j',
    files.serverKey,
    '-C',
    files.ca,
    '-d',
    '1000',
  ];
  const child = spawn('coap-server-openssl', args, { stdio: 'ignore' });
  await once(child, 'spawn');
  const peer = { name: 'coap-server-openssl', port: plain + 1, process: child };
  for (let answered = false; !answered;)
    answered = await run(...coapClient(files, peer.port)).then(
      () => true,
      () => false,
    );
  return peer;
}

/** Runs a program to its end, milliseconds; fails where the program does. */
export async function run(
  command: string,
  args: readonly string[],
  cwd?: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<number> {
  const started = performance.now();
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (part: Buffer) => {
      said += part.toString('latin1');
    });
  const [status] = (await once(child, 'close')) as [number | null];
  const lasted = performance.now() - started;
  // libcoap's client ends with 0 whatever happens.
  if (status !== 0 || /cannot send|failed|unable/i.test(said))
    throw new Error(`${command} ended with ${String(status)}: ${said.slice(0, 500)}`);
  return lasted;
}

/** libcoap's client: one session, one PUT. */
export function coapClient({ cert, key, ca }: LabFiles, port: number): [string, string[]] {
  return [
    'coap-client-openssl',
    ['-B', '5', '-c', cert, '-j', key, '-C', ca, '-m', 'put', '-N', '-e', 'bench', `coaps://127.0.0.1:${port}/bench`],
  ];
}

/** A handshake of OpenSSL's, and no more; the session is written to a file, or the one in it resumed. */
export function opensslClient(
  { cert, key, ca }: LabFiles,
  port: number,
  session: 'sess_out' | 'sess_in',
  file: string,
): [string, string[]] {
  return [
    'openssl',
    [
      's_client',
      '-dtls1_2',
      '-quiet',
      '-no_ign_eof',
      '-connect',
      `127.0.0.1:${port}`,
      '-cert',
      cert,
      '-key',
      key,
      '-CAfile',
      ca,
      `-${session}`,
      file,
    ],
  ];
}

/** Memory of a server: ours tells it after collecting garbage, the other has only what the system knows of it. */
export async function memoryOf({ process: child }: Peer): Promise<Memory> {
  if (!child.connected)
    return {
      resident:
        1024 * Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid ?? 0}/status`, 'utf8'))?.[1] ?? NaN),
      heap: NaN,
    };
  child.send('memory');
  const [memory] = (await once(child, 'message')) as [Memory];
  return memory;
}

/** Processor time that a process has used, milliseconds; the kernel counts in hundredths of a second. */
export function processorMs({ process: { pid } }: Peer): number {
  const fields = readFileSync(`/proc/${pid ?? 0}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return 10 * (Number(fields[11]) + Number(fields[12]));
}
