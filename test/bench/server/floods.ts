import {
  report,
  quantile,
  rounded,
  type Server,
  start,
  stop,
  client,
  newMitigation,
  listOf,
  exchanges,
  newClient,
  closeAll,
  dataClient,
  aclsOf,
  patience,
} from './scene';
import { connect as connectTcp, type Socket } from 'node:net';

type Flood = (server: Server) => Promise<() => void>;

/** An honest client beside each flood, with the limits that the server has by default. */
export async function floods(): Promise<void> {
  const all: Readonly<Record<string, Flood>> = {
    none: () => Promise.resolve(() => undefined),
    lists: listFlood,
    ACLs: aclFlood,
    'idle TCP connections': idleFlood,
    'plain peers': plainFlood,
  };
  for (const [flood, begin] of Object.entries(all)) {
    const server = await start('', 'default');
    const honest = await newClient(server);
    const end = await begin(server);
    const times: number[] = [];
    for (let round = 0; round < 20; round++) {
      const begun = performance.now();
      const session = await client(server.coaps, honest);
      const opened = performance.now();
      times.push(...(await exchanges([session], 2, () => newMitigation('honest'))));
      if (round === 0) report('session-beside-flood', { flood, openMs: rounded(opened - begun) });
      await session.close();
    }
    report('flood', { flood, honestP99Ms: rounded(quantile(times, 0.99)), goalMs: 500 });
    end();
    await stop(server);
  }
}

/** Another client of the lab over DTLS, which asks for its list of 60 with 30 requests at a time. */
async function listFlood(server: Server): Promise<() => void> {
  const session = await client(server.coaps, await newClient(server));
  await exchanges([session], 60, () => newMitigation('flood'));
  let isOn = true;
  const ask = async (): Promise<void> => {
    while (isOn) await session.request(listOf('flood'), patience).catch(() => undefined);
  };
  for (let number = 0; number < 30; number++) void ask();
  return () => {
    isOn = false;
    void session.close();
  };
}

/** Two other clients that install 1,000 ACEs again and again. */
async function aclFlood(server: Server): Promise<() => void> {
  let isOn = true;
  const begin = async (cuid: string): Promise<void> => {
    const { put, close } = await dataClient(server, cuid);
    while (isOn) await put(aclsOf(1, 1000)).catch(() => undefined);
    await close();
  };
  for (const cuid of ['flood-a', 'flood-b']) void begin(cuid).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 500));
  return () => {
    isOn = false;
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
