import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { encodeDocument } from '#dots/cbor/codec';
import { systemClock } from '#dots/coap/clock';
import { Endpoint } from '#dots/coap/endpoint';
import type { Orchestrator } from '#dots/orchestrator/orchestrator';
import { SignalSession } from '#dots/signal/session';
import { readCredentials } from '#dots/transport/credentialFiles';
import type { ClientCredentials } from '#dots/transport/credentials';
import { connectDtls } from '#dots/transport/dtls/client';
import { LossyRelay } from '../support/lossyRelay';
import { needTool } from '../support/tools';
import { needDtls, psk } from './support/dtlsScene';
import { connectWhenUp, freePair, startProgram } from './support/dtlsTools';
import { portOf, protect, request, run, scopesOf, startOrchestrator, temporaryFolder } from './support/scene';

/** Everything that a path of the real world does, at once. */
const conditions = { loss: 0.1, duplication: 0.1, reordering: 0.1, delay: [0, 30] } as const;
const seeds = [1, 2, 3];
/** Longer than the copies take that these seeds cost. */
const timeoutMs = 60_000;
const builds = ['openssl', 'gnutls'] as const;
const proofs = ['certificate', 'psk'] as const;
type Proof = (typeof proofs)[number];
/** Most of their time they wait for the next copy; more at once, and the handshakes would wait for the processor. */
const together = { concurrency: 4 };
/** 4.3 on Debian 12. */
const debianPackage = 'libcoap3-bin';

interface Lab {
  orchestrator: Orchestrator;
  /** What it has handled, one line for each request. */
  log: string[];
  credentials: Record<Proof, ClientCredentials>;
  /** The same for libcoap's client and for its server. */
  clientArguments: Record<Proof, string[]>;
  serverArguments: Record<Proof, string[]>;
  folder: string;
}

async function lab(t: TestContext): Promise<Lab> {
  const folder = await temporaryFolder(t);
  const log: string[] = [];
  const orchestrator = await startOrchestrator(t, { stateDir: folder, clock: systemClock, log: (line) => log.push(line), psk: (identity) => (identity === psk.identity ? psk.key : undefined) });
  const { ca, cert, key } = orchestrator;
  const server = (name: string): string => join(folder, 'lab', `${name}.pem`);
  return {
    orchestrator, log, folder, credentials: { certificate: await readCredentials('', { ca, cert, key }), psk: { psk } },
    clientArguments: { certificate: ['-c', cert, '-j', key, '-C', ca], psk: ['-u', psk.identity, '-k', psk.key.toString()] },
    serverArguments: { certificate: ['-c', server('server'), '-j', server('server-key'), '-C', ca], psk: ['-k', psk.key.toString(), '-h', 'hint'] },
  };
}

/** The port of a lossy path to a port of loopback, until the test ends. */
async function lossyPath(t: TestContext, port: number, seed: number): Promise<LossyRelay> {
  const relay = await LossyRelay.open({ address: '127.0.0.1', port }, { seed, ...conditions });
  t.after(() => relay.close());
  return relay;
}

/** The path was not a good one. */
async function lost(relay: LossyRelay): Promise<void> {
  const { lost, duplicated, overtaken } = await relay.counts();
  assert.ok(lost + duplicated + overtaken > 0);
}

/** What a client asked for, and whether it has withdrawn it: mid, prefixes, withdrawn. */
function book({ orchestrator }: Lab, cuid: string): unknown[] {
  return orchestrator.mitigations().filter((each) => each.cuid === cuid).map(({ mid, scope, status }) => [mid, scope['target-prefix'], status === 5]).sort();
}

/** So many prefixes that neither the request nor its status fits in one datagram: both go in blocks, any of which may be lost. */
const manyPrefixes = (subnet: number): string[] => Array.from({ length: 150 }, (_, host) => `2001:db8:${subnet.toString(16)}::${(host + 1).toString(16)}/128`);

/** Asks for two mitigations, looks at them, withdraws one, and finds each of its requests done as if it had arrived once. */
async function mitigations(t: TestContext, all: Lab, server: string, credentials: ClientCredentials | undefined, subnet: number): Promise<void> {
  const cuid = `client ${subnet}`;
  const session = await SignalSession.open({ server, cuid, credentials, timeoutMs });
  t.after(() => session.close());
  const asked = [[`192.0.2.${subnet}/32`], manyPrefixes(subnet)];
  for (const [index, prefixes] of asked.entries()) {
    const { code } = await session.requestMitigation(request({ 'target-prefix': prefixes, lifetime: 3600 }), index + 1, { timeoutMs });
    // 2.04, where the answer to an earlier copy was lost.
    assert.match(code, /^2\.0[14]$/);
    assert.deepEqual(scopesOf((await session.status(index + 1, { timeoutMs })).body)[0]?.['target-prefix'], prefixes);
  }
  assert.equal((await session.withdraw(1, { timeoutMs })).code, '2.02');
  assert.equal(scopesOf((await session.status(undefined, { timeoutMs })).body).length, 2);
  assert.deepEqual(book(all, cuid), [[1, asked[0], true], [2, asked[1], false]]);
}

test('our client and the orchestrator, over a path that loses, delays, reorders and repeats', together, async (t) => {
  const all = await lab(t);
  const { orchestrator: { signal, coaps } } = all;
  const pairs = [
    { name: 'coap', server: signal, credentials: undefined },
    ...proofs.map((proof) => ({ name: `coaps, ${proof}`, server: coaps ?? '', credentials: all.credentials[proof] })),
  ];
  let last = 0;
  await Promise.all(pairs.flatMap(({ name, server, credentials }) => seeds.map((seed) => t.test(`${name}, seed ${seed}`, async (t) => {
    if (credentials !== undefined && !needDtls(t)) return;
    const relay = await lossyPath(t, portOf(server), seed);
    await mitigations(t, all, server.replace(/:\d+$/, `:${relay.port}`), credentials, last += 1);
    await lost(relay);
  }))));
});

/** Bodies there and back; one that is larger than a datagram comes in blocks, any of which may be lost. */
async function bodies(endpoint: Endpoint, direct: Endpoint, name: string): Promise<void> {
  for (const [size, confirmable] of [[100, false], [100, true], [3000, true]] as const) {
    const [path, payload] = [[`${name}-${size}`], Buffer.alloc(size, 'dots')];
    // libcoap 4.3 takes a second copy of the last block for a whole body, from its own client too.
    const { code } = await (size > 1000 ? direct : endpoint).request({ method: 'PUT', path, payload, contentFormat: 42, confirmable }, { timeoutMs });
    assert.match(code, /^2\.0[14]$/);
    const got = await endpoint.request({ method: 'GET', path, confirmable }, { timeoutMs });
    assert.deepEqual([got.code, got.payload.length, payload.equals(got.payload)], ['2.05', size, true]);
  }
}

test('our client and libcoap\'s servers, over such a path', together, async (t) => {
  const all = await lab(t);
  await Promise.all(builds.flatMap((build) => proofs.flatMap((proof) => seeds.slice(0, 2).map((seed) => t.test(`${build}, ${proof}, seed ${seed}`, async (t) => {
    if (!needTool(t, `coap-server-${build}`, debianPackage) || !needDtls(t)) return;
    const port = await freePair();
    startProgram(t, `coap-server-${build}`, ['-A', '127.0.0.1', '-p', String(port), '-d', '10', ...all.serverArguments[proof]]);
    const options = { credentials: all.credentials[proof], serverName: '127.0.0.1', deadlineMs: timeoutMs };
    const direct = new Endpoint(await connectWhenUp(t, port + 1, options));
    const relay = await lossyPath(t, port + 1, seed);
    const endpoint = new Endpoint(await connectDtls({ host: '127.0.0.1', port: relay.port }, options));
    t.after(() => endpoint.close());
    await bodies(endpoint, direct, `${build}-${seed}`);
    await lost(relay);
  })))));
});

/** The build with GnuTLS gives a handshake up after five seconds, in which it may have sent its words twice only: then nothing was asked yet, and it is started anew. */
async function answered(ask: () => ReturnType<typeof run>): ReturnType<typeof run> {
  for (let attempt = 1; ; attempt += 1) {
    const said = await ask();
    if (said.stdout.length > 0 || attempt === 4) return said;
  }
}

test('libcoap\'s clients and the orchestrator, over such a path', together, async (t) => {
  const all = await lab(t);
  let last = 0;
  await Promise.all(builds.flatMap((build) => proofs.flatMap((proof) => seeds.slice(0, 2).map((seed) => t.test(`${build}, ${proof}, seed ${seed}`, async (t) => {
    if (!needTool(t, `coap-client-${build}`, debianPackage) || !needDtls(t)) return;
    const prefix = `203.0.113.${last += 1}/32`;
    const cuid = `${build}-${proof}-${seed}`;
    const relay = await lossyPath(t, portOf(all.orchestrator.coaps ?? ''), seed);
    const path = `/.well-known/dots/mitigate/cuid=${cuid}/mid=1`;
    const file = join(all.folder, cuid);
    writeFileSync(file, encodeDocument(protect(prefix)));
    const ask = (...more: string[]): ReturnType<typeof run> => run(`coap-client-${build}`, ['-B', '60', '-v', '0', ...all.clientArguments[proof], ...more, `coaps://127.0.0.1:${relay.port}${path}`]);
    const put = await answered(() => ask('-m', 'put', '-t', '271', '-f', file));
    assert.deepEqual(book(all, cuid), [[1, [prefix], false]], put.stderr);
    const got = await answered(() => ask('-m', 'get', '-A', '271'));
    assert.ok(got.stdout.includes(prefix), got.stderr);
    // Confirmable messages, and a copy is known for what it is.
    assert.deepEqual(all.log.filter((line) => line.includes(cuid) && !line.startsWith('mitigation')).map((line) => line.split(' ')[1]), ['PUT', 'GET']);
    await lost(relay);
  })))));
});
