/**
 * npm run bench:server: what the DOTS server takes for its requests, beside coap-server-openssl, and what floods do to
 * others. One JSON line per figure; times in milliseconds.
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { encodeDocument } from '#dots/cbor/codec';
import { Endpoint } from '#dots/coap/endpoint';
import { dotsCbor } from '#dots/coap/messages/options';
import type { CoapRequest } from '#dots/coap/request';
import { DataSession } from '#dots/data/session';
import type { JsonObject } from '#dots/model/json';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { connect } from '#dots/transport/connect/connect';
import { bundled } from '../support/bundle';
import type { Ready, Turns } from './server/child';
import { startLibcoap } from './transport/peers';

const program = bundled('test/bench/server/child.ts');
const patience = { timeoutMs: 60_000 };
const rounded = (value: number): number => Number(value.toPrecision(3));

function report(figure: string, values: object): void {
  process.stdout.write(`${JSON.stringify({ figure, ...values })}\n`);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

interface Server extends Ready {
  process: ChildProcess;
  credentials: ClientCredentials;
}

async function start(stateDir: string, limits: 'raised' | 'default'): Promise<Server> {
  const child = fork(program, [stateDir, limits]);
  const [ready] = (await once(child, 'message')) as [Ready];
  return {
    ...ready,
    process: child,
    credentials: await readCredentials('', { ca: ready.ca, cert: ready.cert, key: ready.key }),
  };
}

async function stop({ process: child }: Server): Promise<void> {
  const gone = once(child, 'exit');
  child.disconnect();
  await gone;
}

/** The longest turn of the event loop since the last call. */
async function longestTurn({ process: child }: Server): Promise<number> {
  child.send('turns');
  const [{ longestTurnMs }] = (await once(child, 'message')) as [Turns];
  return rounded(longestTurnMs);
}

async function client(server: string, credentials?: ClientCredentials): Promise<Endpoint> {
  return new Endpoint(await connect(server, credentials === undefined ? {} : { credentials }));
}

let lastMid = 0;

/** A new mitigation with a prefix of its own. */
function newMitigation(cuid: string): CoapRequest {
  const mid = ++lastMid;
  const target = `2001:db8:${(mid >> 16).toString(16)}:${(mid & 0xffff).toString(16)}::/64`;
  const document = {
    'ietf-dots-signal-channel:mitigation-scope': { scope: [{ 'target-prefix': [target], lifetime: 3600 }] },
  };
  return {
    method: 'PUT',
    path: ['.well-known', 'dots', 'mitigate', `cuid=${cuid}`, `mid=${mid}`],
    confirmable: true,
    payload: encodeDocument(document),
    contentFormat: dotsCbor,
  };
}

const listOf = (cuid: string): CoapRequest => ({
  method: 'GET',
  path: ['.well-known', 'dots', 'mitigate', `cuid=${cuid}`],
  confirmable: true,
});

const example: CoapRequest = {
  method: 'PUT',
  path: ['example_data'],
  confirmable: true,
  payload: new Uint8Array(40),
};

/** Each client sends one request after the other until there were `total`; milliseconds of each. */
async function exchanges(
  clients: readonly Endpoint[],
  total: number,
  next: (index: number) => CoapRequest,
): Promise<number[]> {
  const times: number[] = [];
  let left = total;
  await Promise.all(
    clients.map(async (endpoint, index) => {
      while (left-- > 0) {
        const begun = performance.now();
        const { code } = await endpoint.request(next(index), patience);
        if (!code.startsWith('2.')) throw new Error(`${code} from ${endpoint.peer}`);
        times.push(performance.now() - begun);
      }
    }),
  );
  return times;
}

/** Open sessions, four handshakes at a time. */
async function openMany(server: string, credentials: ClientCredentials, count: number): Promise<Endpoint[]> {
  const all: Endpoint[] = [];
  const open = async (): Promise<void> => {
    while (all.length < count) all.push(await client(server, credentials));
  };
  await Promise.all([open(), open(), open(), open()]);
  return all;
}

const closeAll = (endpoints: readonly Endpoint[]): Promise<unknown> =>
  Promise.all(endpoints.map((each) => each.close()));

async function rates(
  name: string,
  server: string,
  credentials: ClientCredentials,
  next: (index: number) => CoapRequest,
): Promise<void> {
  for (const count of [1, 100, 1000]) {
    const clients = await openMany(server, credentials, count);
    await exchanges(clients, clients.length, next);
    const begun = performance.now();
    const times = await exchanges(clients, 3000, next);
    const perSecond = times.length / ((performance.now() - begun) / 1000);
    report('puts', {
      server: name,
      clients: count,
      perSecond: rounded(perSecond),
      p99Ms: rounded(quantile(times, 0.99)),
    });
    await closeAll(clients);
  }
}

/** PUTs of 1, 100 and 1,000 clients, beside a plain resource of libcoap. */
async function puts(folder: string): Promise<void> {
  const byIndex = (index: number): CoapRequest => newMitigation(`c${index}`);
  for (const [name, stateDir] of [
    ['with --state', join(folder, 'puts')],
    ['without --state', ''],
  ] as const) {
    const server = await start(stateDir, 'raised');
    await rates(name, server.coaps, server.credentials, byIndex);
    await stop(server);
  }
  const lab = await start(join(folder, 'puts'), 'raised');
  const file = (name: string): string => join(dirname(lab.ca), `${name}.pem`);
  const { ca, cert, key } = lab;
  const libcoap = await startLibcoap({ ca, cert, key, serverCert: file('server'), serverKey: file('server-key') });
  await rates(libcoap.name, `coaps://127.0.0.1:${libcoap.port}`, lab.credentials, () => example);
  libcoap.process.kill();
  await stop(lab);
}

/** PUTs, lists and starts beside many stored mitigations. */
async function stored(folder: string): Promise<void> {
  const stateDir = join(folder, 'stored');
  const server = await start(stateDir, 'raised');
  const clients = await openMany(server.coaps, server.credentials, 8);
  const medians: number[] = [];
  let held = 0;
  for (const size of [100, 1000, 10_000]) {
    await exchanges(clients, size - held, (index) => newMitigation(`c${index}`));
    const times = await exchanges(clients.slice(0, 1), 300, () => newMitigation('c0'));
    held = size + 300;
    medians.push(quantile(times, 0.5));
    report('put-beside', {
      stored: size,
      medianMs: rounded(quantile(times, 0.5)),
      p99Ms: rounded(quantile(times, 0.99)),
    });
  }
  report('put-ratio', { ratio: rounded(Math.max(...medians) / Math.min(...medians)), goal: 1.5 });
  await closeAll(clients);
  report('turn-beside-10000', { longestTurnMs: await longestTurn(server), note: 'handshakes included' });
  await stop(server);
  const again = await start(stateDir, 'raised');
  report('start', { mitigations: held, startMs: rounded(again.startMs), goalMs: 1000 });
  await stop(again);
}

async function lists(): Promise<void> {
  const server = await start('', 'default');
  const [one] = await openMany(server.coapsTcp, server.credentials, 1);
  await exchanges([one as Endpoint], 60, () => newMitigation('list'));
  await exchanges([one as Endpoint], 100, () => listOf('list'));
  const times = await exchanges([one as Endpoint], 100, () => listOf('list'));
  report('list', { entries: 60, msPerEntry: rounded(quantile(times, 0.5) / 60), goalMs: 0.05 });
  await one?.close();
  await stop(server);
}

function aclsOf(count: number, acesEach: number): JsonObject {
  const ace = (acl: number, index: number): JsonObject => ({
    name: `a${index}`,
    matches: {
      ipv4: { 'source-ipv4-network': `198.51.${(acl + index) >> 8}.${(acl + index) & 255}/32`, protocol: 17 },
    },
    actions: { forwarding: 'drop' },
  });
  const acl = (number: number): JsonObject => ({
    name: `acl-${number}`,
    type: 'ipv4-acl-type',
    aces: { ace: Array.from({ length: acesEach }, (_, index) => ace(number, index)) },
  });
  return { 'ietf-dots-data-channel:acls': { acl: Array.from({ length: count }, (_, number) => acl(number)) } };
}

/** Filters: two clients with 1,000 ACEs each, and 10,000 ACLs of 100 clients. */
async function filters(): Promise<void> {
  const server = await start('', 'raised');
  const { data, ca, cert, key } = server;
  const put = async (cuid: string, acls: JsonObject): Promise<number> => {
    const session = await DataSession.open({ server: data, ca, cert, key, cuid });
    await session.register();
    const begun = performance.now();
    await session.install(acls);
    const spent = performance.now() - begun;
    await session.close();
    return rounded(spent);
  };
  await longestTurn(server);
  report('aces', { each: 1000, firstMs: await put('a', aclsOf(1, 1000)), secondMs: await put('b', aclsOf(1, 1000)) });
  report('turn-1000-aces', { longestTurnMs: await longestTurn(server), goalMs: 50, note: 'handshakes included' });
  const times: number[] = [];
  for (let number = 0; number < 100; number++) times.push(await put(`c${number}`, aclsOf(100, 1)));
  report('acls', { acls: 10_000, firstMs: times[0], lastMs: times.at(-1) });
  await stop(server);
}

/** An honest client beside each flood, with the limits that the server has by default. */
async function floods(): Promise<void> {
  for (const [name, flood] of [
    ['none', () => Promise.resolve(() => undefined)],
    ['lists', listFlood],
    ['idle TCP connections', idleFlood],
    ['plain peers', plainFlood],
  ] as const) {
    const server = await start('', 'default');
    const end = await flood(server);
    const times: number[] = [];
    for (let round = 0; round < 20; round++) {
      const begun = performance.now();
      const honest = await client(server.coaps, server.credentials);
      const opened = performance.now();
      times.push(...(await exchanges([honest], 2, () => newMitigation('honest'))));
      if (round === 0) report('session-beside-flood', { flood: name, openMs: rounded(opened - begun) });
      await honest.close();
    }
    report('flood', { flood: name, honestP99Ms: rounded(quantile(times, 0.99)), goalMs: 500 });
    end();
    await stop(server);
  }
}

/** Another client of the lab's key over TLS, which asks for its list of 60 with 30 requests at a time. */
async function listFlood({ coapsTcp, signal, credentials }: Server): Promise<() => void> {
  const [session, plain] = [await client(coapsTcp, credentials), await client(signal)];
  await exchanges([plain], 60, () => newMitigation('flood'));
  let isOn = true;
  const ask = async (): Promise<void> => {
    while (isOn) await plain.request(listOf('flood'), patience).catch(() => undefined);
  };
  for (let number = 0; number < 30; number++) void ask();
  return () => {
    isOn = false;
    void session.close();
    void plain.close();
  };
}

/** More connections than a listener admits strangers, to both ports. */
async function idleFlood({ coapsTcp, data }: Server): Promise<() => void> {
  const open = (port: number): Socket => connectTcp(port, '127.0.0.1').on('error', () => undefined);
  const ports = [coapsTcp, data].map((url) => Number(new URL(url.replace(/^coaps\+tcp/, 'https')).port));
  const sockets = ports.flatMap((port) => Array.from({ length: 128 }, () => open(port)));
  await new Promise((resolve) => setTimeout(resolve, 200));
  return () => sockets.forEach((socket) => socket.destroy());
}

async function plainFlood({ signal }: Server): Promise<() => void> {
  const peers = await Promise.all(Array.from({ length: 300 }, () => client(signal)));
  await Promise.all(peers.map((peer, number) => peer.request(listOf(`p${number}`), patience).catch(() => undefined)));
  return () => void closeAll(peers);
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dots-bench-'));
  try {
    report('machine', { load: loadavg()[0] });
    await lists();
    await filters();
    await floods();
    await stored(folder);
    await puts(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main();
