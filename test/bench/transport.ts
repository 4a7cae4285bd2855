import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignalSession } from '#dots/signal/session';
import type { ClientCredentials } from '#dots/transport/credentials';
import { coapClient, processorMs, residentBytes, startLibcoap, startMock, timed, type LabFiles, type Peer } from './transport/peers';
import { WatchingRelay, type Watched } from './transport/watchingRelay';

/** The document that is sent: a mitigation request for one prefix. */
const request = { 'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] } };
const cli = 'dist/cli.js';
const rounds = 20;
const exchanges = 500;
const sessions = 200;

function tell(figure: string, values: object): void {
  process.stdout.write(`${JSON.stringify({ figure, ...values })}\n`);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

const median = (values: readonly number[]): number => quantile(values, 0.5);
const rounded = (value: number): number => Number(value.toPrecision(3));
const ratio = (one: number, other: number): number => rounded(one / other);

interface Bench { files: LabFiles; credentials: ClientCredentials; libcoap: Peer; mock: Peer; folder: string }

/** A session of ours whose only request is answered, and then its end. */
async function oneSession({ credentials }: Bench, port: number): Promise<void> {
  const session = await SignalSession.open({ server: `coaps://127.0.0.1:${port}`, cuid: 'bench', credentials });
  await session.send(request);
  await session.close();
}

/** Handshake time and datagrams, and one exchange, of both clients with the same server, in turns. */
async function handshakes(bench: Bench): Promise<void> {
  const relay = await WatchingRelay.open(bench.libcoap.port);
  const ours: Watched[] = [];
  const theirs: Watched[] = [];
  for (let round = 0; round < rounds; round += 1) {
    await oneSession(bench, relay.port);
    ours.push(...relay.take());
    await timed(...coapClient(bench.files, relay.port));
    theirs.push(...relay.take());
  }
  relay.close();
  const handshake = (seen: Watched[]): number => median(seen.map(({ handshakeMs }) => handshakeMs));
  const datagrams = (seen: Watched[]): number => median(seen.map((each) => each.datagrams));
  tell('handshake', { server: bench.libcoap.name, oursMs: rounded(handshake(ours)), coapClientMs: rounded(handshake(theirs)), ratio: ratio(handshake(ours), handshake(theirs)), oursDatagrams: datagrams(ours), coapClientDatagrams: datagrams(theirs) });
  tell('first-exchange', { server: bench.libcoap.name, oursMs: rounded(median(ours.map(({ exchangeMs }) => exchangeMs))), coapClientMs: rounded(median(theirs.map(({ exchangeMs }) => exchangeMs))) });
}

/** PUT to answer on an open session. */
async function openSession({ credentials }: Bench, peer: Peer): Promise<void> {
  const session = await SignalSession.open({ server: `coaps://127.0.0.1:${peer.port}`, cuid: 'bench', credentials });
  const times: number[] = [];
  for (let count = 0; count < exchanges; count += 1) {
    const started = performance.now();
    await session.send(request, { mid: 1 });
    times.push(performance.now() - started);
  }
  await session.close();
  tell('put-to-answer', { server: peer.name, exchanges, medianMs: rounded(median(times)), p99Ms: rounded(quantile(times, 0.99)), goalMs: 5 });
}

/** What a server takes for each session that libcoap's client opens, asks and closes, one after the other. */
async function accepted({ files }: Bench, peer: Peer): Promise<{ perSecond: number; processorMs: number }> {
  const spent = processorMs(peer);
  const started = performance.now();
  for (let count = 0; count < sessions; count += 1) await timed(...coapClient(files, peer.port, '.well-known/core'));
  return { perSecond: 1000 * sessions / (performance.now() - started), processorMs: (processorMs(peer) - spent) / sessions };
}

async function servers(bench: Bench): Promise<void> {
  const ours = await accepted(bench, bench.mock);
  const theirs = await accepted(bench, bench.libcoap);
  tell('sessions-accepted', { sessions, oursPerSecond: rounded(ours.perSecond), coapServerPerSecond: rounded(theirs.perSecond), ratio: ratio(ours.perSecond, theirs.perSecond), oursProcessorMs: rounded(ours.processorMs), coapServerProcessorMs: rounded(theirs.processorMs) });
}

/** Resident memory that sessions which stay open add to a server. */
async function memory({ credentials }: Bench, peer: Peer, count: number): Promise<number> {
  const open = (): Promise<SignalSession> => SignalSession.open({ server: `coaps://127.0.0.1:${peer.port}`, cuid: 'bench', credentials });
  const warm = await Promise.all([open(), open()]);
  const before = residentBytes(peer);
  const held: SignalSession[] = [];
  for (let index = 0; index < count; index += 1) held.push(await open());
  const after = residentBytes(peer);
  await Promise.all([...warm, ...held].map((session) => session.close()));
  return (after - before) / count;
}

async function memories(bench: Bench): Promise<void> {
  const ours = await memory(bench, bench.mock, 100);
  const theirs = await memory(bench, bench.libcoap, 100);
  tell('memory-per-session', { oursKiB: rounded(ours / 1024), coapServerKiB: rounded(theirs / 1024) });
}

/** Whole processes, with the same server, in turns. */
async function processes({ files, folder, libcoap }: Bench): Promise<void> {
  const document = join(folder, 'request.dots.json');
  writeFileSync(document, JSON.stringify(request));
  const send = [cli, 'send', document, '--server', `coaps://127.0.0.1:${libcoap.port}`, '--ca', files.ca, '--cert', files.cert, '--key', files.key, '--cuid', 'bench', '--mid', '1'];
  const ours: number[] = [];
  const theirs: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    ours.push(await timed(process.execPath, send) ?? NaN);
    theirs.push(await timed(...coapClient(files, libcoap.port)) ?? NaN);
    bare.push(await timed(process.execPath, ['-e', '0']) ?? NaN);
  }
  tell('whole-process', { server: libcoap.name, dotsSendMs: rounded(median(ours)), coapClientMs: rounded(median(theirs)), emptyNodeMs: rounded(median(bare)), ratio: ratio(median(ours), median(theirs)), goalRatio: 2 });
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dots-bench-'));
  const mock = await startMock(cli, folder);
  const lab = (name: string): string => join(folder, 'lab', `${name}.pem`);
  const files: LabFiles = { ca: lab('ca'), cert: lab('client'), key: lab('client-key'), serverCert: lab('server'), serverKey: lab('server-key') };
  const libcoap = await startLibcoap(files);
  const [ca = '', cert = '', key = ''] = [files.ca, files.cert, files.key].map((file) => readFileSync(file, 'utf8'));
  const bench: Bench = { files, credentials: { certificate: { ca, cert, key } }, libcoap, mock, folder };
  try {
    await handshakes(bench);
    for (const peer of [libcoap, mock]) await openSession(bench, peer);
    await servers(bench);
    await memories(bench);
    await processes(bench);
  } finally {
    libcoap.process.kill();
    mock.process.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
