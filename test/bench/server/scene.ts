import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { encodeDocument } from '#dots/cbor/codec';
import { Endpoint } from '#dots/coap/endpoint';
import { dotsCbor } from '#dots/coap/messages/options';
import type { CoapRequest } from '#dots/coap/request';
import { DataSession } from '#dots/data/session';
import type { JsonObject } from '#dots/model/json';
import { certify, newKey } from '#dots/transport/certificates/certificates';
import { readCredentials } from '#dots/transport/certificates/credentialFiles';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { connect } from '#dots/transport/connect/connect';
import { bundled } from '../../support/bundle';
import type { Ready, Turns } from './child';

const program = bundled('test/bench/server/child.ts');
export const patience = { timeoutMs: 60_000 };
export const rounded = (value: number): number => Number(value.toPrecision(3));

export function report(figure: string, values: object): void {
  process.stdout.write(`${JSON.stringify({ figure, ...values })}\n`);
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export interface Server extends Ready {
  process: ChildProcess;
  credentials: ClientCredentials;
}

export async function start(stateDir: string, limits: 'raised' | 'default'): Promise<Server> {
  const child = fork(program, [stateDir, limits]);
  const [ready] = (await once(child, 'message')) as [Ready];
  return {
    ...ready,
    process: child,
    credentials: await readCredentials('', { ca: ready.ca, cert: ready.cert, key: ready.key }),
  };
}

export async function stop({ process: child }: Server): Promise<void> {
  const gone = once(child, 'exit');
  child.disconnect();
  await gone;
}

/** Begins to measure the turns of the event loop: sessions are open by then, so that no handshake counts. */
export async function watchTurns({ process: child }: Server): Promise<void> {
  child.send('watch');
  await once(child, 'message');
}

/** The longest turn of the event loop since `watchTurns`: by the clock, and of processor time. */
export async function longestTurn({ process: child }: Server): Promise<Turns> {
  child.send('turns');
  const [{ longestTurnMs, longestTurnCpuMs }] = (await once(child, 'message')) as [Turns];
  return { longestTurnMs: rounded(longestTurnMs), longestTurnCpuMs: rounded(longestTurnCpuMs) };
}

export async function client(server: string, credentials?: ClientCredentials): Promise<Endpoint> {
  return new Endpoint(await connect(server, credentials === undefined ? {} : { credentials }));
}

let lastMid = 0;

/** A new mitigation with a prefix of its own. */
export function newMitigation(cuid: string): CoapRequest {
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

export const listOf = (cuid: string): CoapRequest => ({
  method: 'GET',
  path: ['.well-known', 'dots', 'mitigate', `cuid=${cuid}`],
  confirmable: true,
});

export const example: CoapRequest = {
  method: 'PUT',
  path: ['example_data'],
  confirmable: true,
  payload: new Uint8Array(40),
};

/** Each client sends one request after the other until there were `total`; milliseconds of each. */
export async function exchanges(
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

/** Open the sessions of so many clients, each with a certificate of its own, four handshakes at a time. */
export async function openMany(server: string, lab: LabFiles, count: number): Promise<Endpoint[]> {
  const all: Endpoint[] = [];
  let left = count;
  const open = async (): Promise<void> => {
    while (left-- > 0) all.push(await client(server, await newClient(lab)));
  };
  await Promise.all([open(), open(), open(), open()]);
  return all;
}

/** The files of the lab that issues the certificates of clients. */
export type LabFiles = Pick<Ready, 'ca'>;

/** The credentials of one more client of the lab. */
export async function newClient({ ca: file }: LabFiles): Promise<ClientCredentials> {
  const ca = readFileSync(file, 'utf8');
  const caKey = readFileSync(file.replace(/ca\.pem$/, 'ca-key.pem'), 'utf8');
  const day = 24 * 3600 * 1000;
  const [notBefore, notAfter] = [new Date(Date.now() - day), new Date(Date.now() + day)];
  const request = { purpose: 'client', commonName: 'bench client', notBefore, notAfter } as const;
  return { certificate: { ca, ...certify(request, await newKey(), { cert: ca, key: caKey }) } };
}

export const closeAll = (endpoints: readonly Endpoint[]): Promise<unknown> =>
  Promise.all(endpoints.map((each) => each.close()));

/** A registered client with an open connection. */
export async function dataClient(
  { data, ca, cert, key }: Server,
  cuid: string,
): Promise<{ put: (acls: JsonObject) => Promise<number>; close: () => Promise<void> }> {
  const session = await DataSession.open({ server: data, ca, cert, key, cuid });
  await session.register(patience);
  const put = async (acls: JsonObject): Promise<number> => {
    const begun = performance.now();
    const { answer } = await session.install(acls, patience);
    if (answer.status >= 300) throw new Error(`${answer.status} for ACLs`);
    return rounded(performance.now() - begun);
  };
  return { put, close: () => session.close() };
}

export function aclsOf(count: number, acesEach: number): JsonObject {
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
