/**
 * npm run bench:transport: DTLS and TLS beside libcoap's programs, which have OpenSSL, with the same peers, in one run
 * and in turns. One JSON line per figure; times in milliseconds, medians.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '#dots/runtime/clock';
import { SignalSession } from '#dots/signal/session';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { Engine } from '#dots/transport/dtls/engine';
import '../support/ownState';
import { root } from '../support/shared';
import {
  coapClient,
  memoryOf,
  opensslClient,
  processorMs,
  run,
  startLibcoap,
  startOurs,
  type LabFiles,
  type OurPeer,
  type Peer,
} from './transport/peers';
import { WatchingRelay, type Watched } from './transport/watchingRelay';
import { removeFolder } from '../support/removeFolder';

/** The document that is sent: a mitigation request for one prefix. */
const request = {
  'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': ['192.0.2.0/24'], lifetime: 3600 }] },
};
const rounds = 20;
const exchanges = 500;
/**
 * How many sessions a server accepts in each turn, how many turns it has, and how many clients come at once: more than
 * one, or the server would wait for them.
 */
const [batch, turns, atOnce] = [25, 4, 4];
/** Of the 128 that one address may have. */
const heldSessions = 100;

/** The command as it is installed. */
const dotsCommand = join(root, 'cli/dots');
/** With which `dots` does not use `dots session`. */
const ownSession = { ...process.env, DOTS_SESSION: 'own' };

/** As the command starts Node.js: see there. */
const bareEnvironment = { ...process.env, NODE_EXTRA_CA_CERTS: undefined };

function report(figure: string, values: object): void {
  process.stdout.write(`${JSON.stringify({ figure, ...values })}\n`);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

const median = (values: readonly number[]): number => quantile(values, 0.5);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const rounded = (value: number): number => Number(value.toPrecision(3));
const ratio = (one: number, other: number): number => rounded(one / other);

interface Bench {
  files: LabFiles;
  credentials: ClientCredentials;
  libcoap: Peer;
  ours: OurPeer;
  folder: string;
}

const overDtls = ({ port }: { port: number }): string => `coaps://127.0.0.1:${port}`;

function open({ credentials }: Bench, server: string): Promise<SignalSession> {
  return SignalSession.open({ server, cuid: 'bench', credentials });
}

/** What the first use of DTLS in a process costs beyond the handshake. */
async function module(): Promise<void> {
  const started = performance.now();
  await Engine.load(systemClock);
  report('dtls-module', { loadMs: rounded(performance.now() - started), goalMs: 50 });
}

/** Handshake time and datagrams, and one exchange, of both clients with the same server, in turns. */
async function handshakes(bench: Bench): Promise<void> {
  const relay = await WatchingRelay.open(bench.libcoap.port);
  const [ours, theirs]: [Watched[], Watched[]] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const session = await open(bench, overDtls(relay));
    await session.send(request, { mid: 1 });
    await session.close();
    ours.push(...relay.take());
    await run(...coapClient(bench.files, relay.port));
    theirs.push(...relay.take());
  }
  relay.close();
  const server = bench.libcoap.name;
  const of = (seen: Watched[], what: keyof Watched): number => median(seen.map((each) => each[what]));
  report('handshake', {
    server,
    oursMs: rounded(of(ours, 'handshakeMs')),
    coapClientMs: rounded(of(theirs, 'handshakeMs')),
    ratio: ratio(of(ours, 'handshakeMs'), of(theirs, 'handshakeMs')),
    oursDatagrams: of(ours, 'datagrams'),
    coapClientDatagrams: of(theirs, 'datagrams'),
  });
  report('first-put-to-answer', {
    server,
    oursMs: rounded(of(ours, 'exchangeMs')),
    coapClientMs: rounded(of(theirs, 'exchangeMs')),
    ratio: ratio(of(ours, 'exchangeMs'), of(theirs, 'exchangeMs')),
  });
}

/** PUT to answer on an open session. */
async function openSession(bench: Bench, name: string, server: string): Promise<void> {
  const session = await open(bench, server);
  const times: number[] = [];
  for (let count = 0; count < exchanges; count += 1) {
    const started = performance.now();
    await session.send(request, { mid: 1 });
    times.push(performance.now() - started);
  }
  await session.close();
  report('put-to-answer', {
    server: name,
    over: new URL(server).protocol.slice(0, -1),
    exchanges,
    medianMs: rounded(median(times)),
    p99Ms: rounded(quantile(times, 0.99)),
    goalMs: 5,
  });
}

interface Accepted {
  seconds: number;
  processorMs: number;
}

/** What a server takes for a batch of sessions, several clients at once. */
async function accept(peer: Peer, client: () => [string, string[]]): Promise<Accepted> {
  const [spent, started] = [processorMs(peer), performance.now()];
  let left = batch;
  const clients = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await run(...client());
    }
  };
  await Promise.all(Array.from({ length: atOnce }, clients));
  return { seconds: (performance.now() - started) / 1000, processorMs: processorMs(peer) - spent };
}

/**
 * The same clients of libcoap with both servers in turns, and OpenSSL's with ours, whole handshakes and resumed ones.
 */
async function servers({ files, folder, ours, libcoap }: Bench): Promise<void> {
  const file = join(folder, 'session');
  await run(...opensslClient(files, ours.port, 'sess_out', file));
  const kinds = {
    ours: () => accept(ours, () => coapClient(files, ours.port)),
    coapServer: () => accept(libcoap, () => coapClient(files, libcoap.port)),
    whole: () => accept(ours, () => opensslClient(files, ours.port, 'sess_out', `${file}-other`)),
    resumed: () => accept(ours, () => opensslClient(files, ours.port, 'sess_in', file)),
  };
  const all: Record<keyof typeof kinds, Accepted[]> = { ours: [], coapServer: [], whole: [], resumed: [] };
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [kind, measure] of Object.entries(kinds) as [keyof typeof kinds, () => Promise<Accepted>][])
      all[kind].push(await measure());
  }
  const perSecond = (seen: Accepted[]): number => rounded((batch * turns) / sum(seen.map(({ seconds }) => seconds)));
  const processor = (seen: Accepted[]): number => rounded(sum(seen.map((each) => each.processorMs)) / (batch * turns));
  report('sessions-accepted', {
    client: 'coap-client-openssl',
    clientsAtOnce: atOnce,
    sessions: batch * turns,
    oursPerSecond: perSecond(all.ours),
    coapServerPerSecond: perSecond(all.coapServer),
    ratio: ratio(perSecond(all.ours), perSecond(all.coapServer)),
    oursProcessorMs: processor(all.ours),
    coapServerProcessorMs: processor(all.coapServer),
    processorRatio: ratio(processor(all.ours), processor(all.coapServer)),
  });
  report('sessions-resumed', {
    client: 'openssl s_client',
    server: ours.name,
    wholeProcessorMs: processor(all.whole),
    resumedProcessorMs: processor(all.resumed),
    ratio: ratio(processor(all.resumed), processor(all.whole)),
  });
}

/** What a session that stays open adds to a server that has just begun, bytes. */
async function memory(bench: Bench, peer: Peer): Promise<{ resident: number; heap: number }> {
  const held = [await open(bench, overDtls(peer)), await open(bench, overDtls(peer))];
  const before = await memoryOf(peer);
  for (let count = 0; count < heldSessions; count += 1) held.push(await open(bench, overDtls(peer)));
  const after = await memoryOf(peer);
  await Promise.all(held.map((session) => session.close()));
  return {
    resident: (after.resident - before.resident) / heldSessions,
    heap: (after.heap - before.heap) / heldSessions,
  };
}

async function memories(bench: Bench): Promise<void> {
  const fresh = await startOurs();
  const other = await startLibcoap(bench.files);
  try {
    const lab = await readCredentials('', fresh.files);
    const ours = await memory({ ...bench, credentials: lab }, fresh);
    const theirs = await memory(bench, other);
    report('memory-per-session', {
      sessions: heldSessions,
      oursResidentKiB: rounded(ours.resident / 1024),
      coapServerResidentKiB: rounded(theirs.resident / 1024),
      ratio: ratio(ours.resident, theirs.resident),
      oursHeapKiB: rounded(ours.heap / 1024),
    });
  } finally {
    fresh.process.disconnect();
    other.process.kill();
  }
}

/** `dots session` in a folder, once its session is established. */
async function startKeeper(cwd: string, words: readonly string[]): Promise<ChildProcess> {
  const child = spawn(dotsCommand, ['session', ...words], { cwd, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(child.stdout, 'data');
  return child;
}

/**
 * Whole processes, with the same server, in turns: a document over a session of its own, and over one that `dots
 * session` keeps, beside coap-client, which always has its own; and an empty process of Node.js, without which no
 * session of our own begins.
 */
async function processes({ files: { ca, cert, key }, files, folder, libcoap }: Bench): Promise<void> {
  writeFileSync(join(folder, 'request.dots.json'), JSON.stringify(request));
  const target = ['--server', overDtls(libcoap), '--ca', ca, '--cert', cert, '--key', key, '--cuid', 'bench'];
  const send = ['send', 'request.dots.json', ...target, '--mid', '1'];
  const keeper = await startKeeper(folder, target);
  const [own, kept, theirs, empty]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 0; round < rounds; round += 1) {
    own.push(await run(dotsCommand, send, folder, ownSession));
    kept.push(await run(dotsCommand, send, folder));
    theirs.push(await run(...coapClient(files, libcoap.port)));
    empty.push(await run(process.execPath, ['-e', '0'], folder, bareEnvironment));
  }
  keeper.kill();
  const values = { server: libcoap.name, node: process.version, coapClientMs: rounded(median(theirs)) };
  report('whole-process', {
    ...values,
    session: 'kept by dots session',
    dotsSendMs: rounded(median(kept)),
    ratio: ratio(median(kept), median(theirs)),
    goalRatio: 2,
  });
  report('whole-process', {
    ...values,
    session: 'its own',
    dotsSendMs: rounded(median(own)),
    ratio: ratio(median(own), median(theirs)),
    emptyNodeMs: rounded(median(empty)),
    emptyNodeRatio: ratio(median(empty), median(theirs)),
  });
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dots-bench-'));
  const ours = await startOurs();
  const libcoap = await startLibcoap(ours.files);
  const bench: Bench = {
    files: ours.files,
    credentials: await readCredentials('', { ca: ours.files.ca, cert: ours.files.cert, key: ours.files.key }),
    libcoap,
    ours,
    folder,
  };
  try {
    report('machine', { processors: cpus().length, load: rounded(loadavg()[0] ?? NaN), node: process.version });
    await module();
    await handshakes(bench);
    await openSession(bench, libcoap.name, overDtls(libcoap));
    await openSession(bench, ours.name, overDtls(ours));
    await openSession(bench, ours.name, ours.tls);
    await servers(bench);
    await memories(bench);
    await processes(bench);
  } finally {
    libcoap.process.kill();
    ours.process.disconnect();
    removeFolder(folder);
  }
}

void main();
