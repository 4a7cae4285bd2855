/**
 * npm run bench:server: what the DOTS server takes for its requests, beside coap-server-openssl, and what floods do to
 * others. One JSON line per figure; times in milliseconds.
 */
import { mkdtempSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Endpoint } from '#dots/coap/endpoint';
import type { CoapRequest } from '#dots/coap/request';
import { defaultPolicy } from '#dots/dotsServer/state/policy';
import type { JsonObject } from '#dots/model/json';
import { heartbeats } from './server/heartbeats';
import { startLibcoap } from './transport/peers';
import {
  report,
  quantile,
  rounded,
  start,
  stop,
  watchTurns,
  longestTurn,
  newMitigation,
  listOf,
  example,
  exchanges,
  openMany,
  type LabFiles,
  closeAll,
  dataClient,
  aclsOf,
} from './server/scene';
import { floods } from './server/floods';
import { removeFolder } from '../support/removeFolder';

async function rates(
  name: string,
  server: string,
  lab: LabFiles,
  next: (clients: string, index: number) => CoapRequest,
): Promise<void> {
  for (const count of [1, 100, 1000]) {
    const clients = await openMany(server, lab, count);
    const request = (index: number): CoapRequest => next(`${count}`, index);
    await exchanges(clients, clients.length, request);
    const begun = performance.now();
    const times = await exchanges(clients, 3000, request);
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
  const byIndex = (clients: string, index: number): CoapRequest => newMitigation(`c${clients}-${index}`);
  for (const [name, stateDir] of [
    ['with --state', join(folder, 'puts')],
    ['without --state', ''],
  ] as const) {
    const server = await start(stateDir, 'raised');
    await rates(name, server.coaps, server, byIndex);
    await stop(server);
  }
  const lab = await start(join(folder, 'puts'), 'raised');
  const file = (name: string): string => join(dirname(lab.ca), `${name}.pem`);
  const { ca, cert, key } = lab;
  const libcoap = await startLibcoap({ ca, cert, key, serverCert: file('server'), serverKey: file('server-key') });
  await rates(libcoap.name, `coaps://127.0.0.1:${libcoap.port}`, lab, () => example);
  libcoap.process.kill();
  await stop(lab);
}

/** PUTs, lists and starts beside many stored mitigations. */
async function stored(folder: string): Promise<void> {
  const stateDir = join(folder, 'stored');
  const server = await start(stateDir, 'raised');
  const clients = await openMany(server.coaps, server, 8);
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
  await watchTurns(server);
  await exchanges(clients, 300, (index) => newMitigation(`c${index}`));
  report('turn', { what: 'PUTs beside 10,000 mitigations', ...(await longestTurn(server)), goalMs: 50 });
  await closeAll(clients);
  await stop(server);
  const again = await start(stateDir, 'raised');
  report('start', { mitigations: held, startMs: rounded(again.startMs), goalMs: 1000 });
  await stop(again);
}

async function lists(): Promise<void> {
  const server = await start('', 'default');
  const [one] = await openMany(server.coapsTcp, server, 1);
  await exchanges([one as Endpoint], 60, () => newMitigation('list'));
  await exchanges([one as Endpoint], 100, () => listOf('list'));
  const times = await exchanges([one as Endpoint], 100, () => listOf('list'));
  report('list', { entries: 60, msPerEntry: rounded(quantile(times, 0.5) / 60), goalMs: 0.05 });
  await one?.close();
  await stop(server);
}

/** Filters: two clients with 1,000 ACEs each, and 10,000 ACLs of 100 clients. */
async function filters(): Promise<void> {
  const server = await start('', 'raised');
  const spent: number[] = [];
  for (const cuid of ['a', 'b']) {
    const { put, close } = await dataClient(server, cuid);
    spent.push(await put(aclsOf(1, 1000)));
    await close();
  }
  report('aces', { each: 1000, firstMs: spent[0], secondMs: spent[1] });
  const times: number[] = [];
  for (let number = 0; number < 100; number++) {
    const { put, close } = await dataClient(server, `c${number}`);
    times.push(await put(aclsOf(100, 1)));
    await close();
  }
  report('acls', { acls: 10_000, firstMs: times[0], lastMs: times.at(-1) });
  await stop(server);
}

/**
 * The longest turns with the limits that the server has by default, handshakes apart: the largest ACL, all ACLs of a
 * cuid, the largest list, beside as many mitigations as a client may have.
 */
async function turns(): Promise<void> {
  const server = await start('', 'default');
  const [one] = (await openMany(server.coapsTcp, server, 1)) as [Endpoint];
  const { entriesPerCuid, entriesPerClient, acesPerCuid, aliasesOrAclsPerCuid } = defaultPolicy.limits;
  let made = 0;
  await exchanges([one], entriesPerClient - 1, () => newMitigation(`c${Math.floor(made++ / (entriesPerCuid - 1))}`));
  const measured: [string, string, (put: (acls: JsonObject) => Promise<number>) => Promise<unknown>][] = [
    ['an ACL of 1,000 ACEs', 'a', (put) => put(aclsOf(1, 1000))],
    ['the same again', 'a', (put) => put(aclsOf(1, 1000))],
    ['the largest ACL', 'b', (put) => put(aclsOf(1, acesPerCuid))],
    ['all ACLs of a cuid', 'c', (put) => put(aclsOf(aliasesOrAclsPerCuid, acesPerCuid / aliasesOrAclsPerCuid))],
    ['lists', 'd', () => exchanges([one], 50, () => listOf('c1'))],
  ];
  for (const [what, cuid, work] of measured) {
    const { put, close } = await dataClient(server, cuid);
    await put(aclsOf(1, 10));
    await watchTurns(server);
    await work(put);
    report('turn', { what, ...(await longestTurn(server)), goalMs: 50 });
    await close();
  }
  await one.close();
  await stop(server);
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dots-bench-'));
  try {
    report('machine', { load: loadavg()[0] });
    const parts: Readonly<Record<string, () => Promise<void>>> = {
      lists,
      filters,
      turns,
      floods,
      heartbeats: () => heartbeats(report),
      stored: () => stored(folder),
      puts: () => puts(folder),
    };
    const [, , only] = process.argv;
    for (const [name, part] of Object.entries(parts)) if (only === undefined || only === name) await part();
  } finally {
    removeFolder(folder);
  }
}

void main();
