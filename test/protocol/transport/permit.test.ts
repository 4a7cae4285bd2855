import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { DataSession } from '#dots/data/session';
import { DotsError } from '#dots/model/errors';
import type { HostPort } from '#dots/model/hostAddress';
import { SignalSession } from '#dots/signal/session';
import { openLab } from '#dots/transport/certificates/lab';
import { connect, probeDtls } from '#dots/transport/connect/connect';
import { PathMemory } from '#dots/transport/connect/paths';
import { productionGuard } from '#dots/workspace/production';
import { temporaryFolder } from '../../support/protocol/scene';

const credentials = { psk: { identity: 'dots', key: Buffer.from('secret123') } };
const production = new DotsError('usage', 'test/production', 'It is one of production.');

/** Refuses everything, and keeps what it was asked. */
function refusing(): { asked: (readonly HostPort[])[]; permit: (addresses: readonly HostPort[]) => Promise<void> } {
  const asked: (readonly HostPort[])[] = [];
  return { asked, permit: (addresses) => (asked.push(addresses), Promise.reject(production)) };
}

/** A port on which datagrams and connections are counted. */
async function listener(t: TestContext): Promise<{ port: number; heard: () => number }> {
  const udp = createSocket('udp4').bind(0, '127.0.0.1');
  await once(udp, 'listening');
  const { port } = udp.address();
  let heard = 0;
  const count = (): void => void (heard += 1);
  udp.on('message', count);
  const tcp = createServer((socket) => (count(), socket.on('error', count).destroy())).listen(port, '127.0.0.1');
  await once(tcp, 'listening');
  t.after(() => {
    udp.close();
    tcp.close();
  });
  return { port, heard: () => heard };
}

test('a server that may not be dialled gets no packet, over any scheme', async (t) => {
  const { port, heard } = await listener(t);
  for (const scheme of ['coap://', 'coaps://', 'coaps+tcp://', '']) {
    const { asked, permit } = refusing();
    await assert.rejects(connect(`${scheme}127.0.0.1:${port}`, { credentials, permit }), production);
    assert.deepEqual(
      asked.flat().map(({ host, port: at }) => `${host}:${at}`),
      Array.from({ length: scheme === '' ? 2 : 1 }, () => `127.0.0.1:${port}`),
    );
  }
  assert.equal(heard(), 0);
});

test('all addresses that a name resolves to are asked about, before the first of them is dialled', async () => {
  const { asked, permit } = refusing();
  const dialled: string[] = [];
  const dial = ({ host }: HostPort): Promise<never> => Promise.reject(new Error(String(dialled.push(host))));
  await assert.rejects(
    connect('coaps://lab.example.net', {
      credentials,
      permit,
      resolver: () => Promise.resolve(['2001:db8::5', '203.0.113.5']),
      dialers: { dtls: dial, tls: dial },
    }),
    production,
  );
  assert.deepEqual([asked.flat().map(({ host }) => host), dialled], [['2001:db8::5', '203.0.113.5'], []]);
});

test('a name of a lab that leads to the address of a profile of production is refused, and another one is not', async () => {
  const names: Readonly<Record<string, string[]>> = {
    'dots.example.net': ['203.0.113.5'],
    'lab.example.net': ['::ffff:203.0.113.5'],
    'other.example.net': ['203.0.113.6'],
  };
  const lookUp = (name: string): Promise<string[]> => Promise.resolve(names[name] ?? []);
  const permit = productionGuard(
    { server: 'coaps://lab.example.net', otherThan: [{ name: 'up', signal: 'coaps://dots.example.net' }] },
    lookUp,
    () => production,
  );
  const reached = new DotsError('unreachable', 'transport/refused', 'dialled');
  const dial = (): Promise<never> => Promise.reject(reached);
  const outcome = (name: string): Promise<unknown> =>
    connect(`coaps://${name}`, {
      credentials,
      permit,
      resolver: lookUp,
      dialers: { dtls: dial, tls: dial },
      deadlineMs: 500,
    }).catch((error: unknown) => error);
  assert.equal(await outcome('lab.example.net'), production);
  assert.equal(await outcome('other.example.net'), reached);
});

test('looking for DTLS beside TLS asks as well', async (t) => {
  const { port, heard } = await listener(t);
  const { permit } = refusing();
  await assert.rejects(probeDtls(`127.0.0.1:${port}`, { credentials, permit, memory: new PathMemory() }), production);
  assert.equal(heard(), 0);
});

test('a document that may not go where a session leads is not sent over it', async (t) => {
  const { port, heard } = await listener(t);
  const session = await SignalSession.open({ server: `coap://127.0.0.1:${port}`, cuid: 'c' });
  t.after(() => session.close());
  const { asked, permit } = refusing();
  const heartbeat = { 'ietf-dots-signal-channel:heartbeat': { 'peer-hb-status': true } };
  await assert.rejects(session.send(heartbeat, { permit }), production);
  assert.deepEqual(asked, [[{ host: '127.0.0.1', port }]]);
  assert.equal(heard(), 0);
});

test('over the data channel no connection is opened either', async (t) => {
  const { port, heard } = await listener(t);
  const { files } = await openLab(await temporaryFolder(t));
  const { asked, permit } = refusing();
  for (const host of ['127.0.0.1', 'localhost']) {
    const session = await DataSession.open({ server: `https://${host}:${port}`, cuid: 'c', ...files, permit });
    await assert.rejects(session.register(), production);
    await session.close();
  }
  assert.ok(asked.every((addresses) => addresses.every((address) => address.port === port)));
  assert.deepEqual([asked.length, heard()], [2, 0]);
});
