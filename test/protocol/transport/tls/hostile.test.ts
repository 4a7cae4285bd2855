import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect as connectTcp, type AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { DotsError } from '#dots/model/errors';
import { connectTls } from '#dots/transport/tls/client';
import { listenTls } from '#dots/transport/tls/server';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { eventually } from '../../../support/protocol/scene';
import { TestPki } from '../../../support/protocol/testPki';
import { connected, credentialsOf, listening, psk } from '../../../support/protocol/tlsScene';

const names = ['127.0.0.1'];
/** A subject alternative name with an x400Address, which OpenSSL lets pass and this house does not read. */
const rawNames = '3004a3020500';
const isRefusal =
  (code: string) =>
  (error: unknown): boolean =>
    error instanceof DotsError && error.code === `transport/${code}`;

test('of several revocation lists in one file each counts', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const [revoked, client] = [pki.issue({ names }), pki.issue({ purpose: 'client' })];
  const old = pki.revocations([], 30, -2);
  const both = `${old}\n${pki.revocations([revoked])}`;
  const { host, port } = await listening(t, credentialsOf(pki, revoked));
  await assert.rejects(
    connectTls({ host, port }, { credentials: credentialsOf(pki, client, [both]), serverName: host }),
    isRefusal('revoked'),
  );
});

test('a client whose names cannot be read is a client like others: its names are not asked for', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const server = await listening(t, credentialsOf(pki, pki.issue({ names })));
  await connected(t, server, credentialsOf(pki, pki.issue({ purpose: 'client', rawNames })));
  await eventually(() => server.sessions.length === 1);
});

test('a server whose names cannot be read is refused', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const { host, port } = await listening(t, credentialsOf(pki, pki.issue({ rawNames })));
  await assert.rejects(
    connectTls({ host, port }, { credentials: credentialsOf(pki, pki.issue({ purpose: 'client' })), serverName: host }),
    isRefusal('wrong-name'),
  );
});

test('a client that does not read what it is sent does not keep the server from closing', async (t) => {
  const listener = await listenTls(
    { host: '127.0.0.1', port: 0 },
    { credentials: { psk: () => psk.key } },
    (channel) => {
      for (let count = 0; count < 3000; count += 1) channel.send(Buffer.alloc(1000));
    },
  );
  const socket = connect({
    ...listener.address,
    pskCallback: () => ({ identity: psk.identity, psk: psk.key }),
    checkServerIdentity: () => undefined,
    maxVersion: 'TLSv1.2',
    ciphers: 'PSK-AES128-GCM-SHA256',
  });
  t.after(() => socket.destroy());
  socket.pause().on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.once('secureConnect', resolve);
  });
  await listener.close();
});

test('a server that does not close its side is waited for a second, by the clock', async (t) => {
  const sockets: TLSSocket[] = [];
  const server = createServer(
    {
      allowHalfOpen: true,
      pskCallback: () => psk.key,
      maxVersion: 'TLSv1.2',
      ciphers: 'PSK-AES128-GCM-SHA256:ECDHE-PSK-CHACHA20-POLY1305',
      ALPNProtocols: ['coap'],
    },
    (socket) => sockets.push(socket.on('error', () => undefined).resume()),
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const clock = new FakeClock();
  const channel = await connectTls(
    { host: '127.0.0.1', port: (server.address() as AddressInfo).port },
    { credentials: { psk }, serverName: 'localhost', clock },
  );
  await eventually(() => sockets.length === 1);
  const heard = new Promise<void>((resolve) => {
    sockets[0]?.once('end', resolve);
  });
  const closing = channel.close();
  await heard;
  await clock.advance(999);
  assert.equal(clock.pending, 1);
  await clock.advance(1);
  await closing;
  assert.equal(clock.pending, 0);
});

test('handshakes that fail count until their time is over, and those who only look whether anybody is there do not', async (t) => {
  const [pki, other] = [await TestPki.create(t), await TestPki.create(t)];
  if (pki === undefined || other === undefined) return;
  const clock = new FakeClock();
  const at = await listening(t, credentialsOf(pki, pki.issue({ names })), { clock, limits: { halfOpenPerAddress: 3 } });
  const { cert, key } = other.issue({ purpose: 'client' });
  const attempt = (code: string): Promise<void> =>
    assert.rejects(
      connectTls(at, { credentials: { certificate: { ca: pki.ca.cert, cert, key } }, serverName: at.host }),
      isRefusal(code),
    );
  const look = (): Promise<void> =>
    new Promise((resolve) => {
      const socket = connectTcp(at.port, at.host, () => socket.end())
        .on('close', () => resolve())
        .resume();
    });
  for (let count = 0; count < 5; count++) await look();
  await eventually(() => at.refused.length === 5);
  for (let count = 0; count < 3; count++) await attempt('client-certificate-refused');
  await assert.rejects(
    connectTls(at, { credentials: { certificate: { ca: pki.ca.cert, cert, key } }, serverName: at.host }),
  );
  await eventually(() => /too many handshakes/.test(at.refused.at(-1)?.message ?? ''));
  await clock.advance(10_000);
  const client = credentialsOf(pki, pki.issue({ purpose: 'client' }));
  for (let count = 0; count < 5; count++) await connected(t, at, client);
  await eventually(() => at.sessions.length === 5);
});

test('the server name indication has no final dot, and the certificate is still for that name', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const { cert, key } = pki.issue({ names: ['dots.example'] });
  const indicated: unknown[] = [];
  const server = createServer(
    {
      cert,
      key,
      ALPNProtocols: ['coap'],
      SNICallback: (name, done) => {
        indicated.push(name);
        done(null);
      },
    },
    (socket) => socket.on('error', () => undefined).write('a'),
  );
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  const credentials = credentialsOf(pki, pki.issue({ purpose: 'client' }));
  const attempt = (serverName: string): ReturnType<typeof connectTls> =>
    connectTls({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }, { credentials, serverName });
  await (await attempt('dots.example.')).close();
  await assert.rejects(attempt('dots.example.net.'), isRefusal('wrong-name'));
  assert.deepEqual(indicated, ['dots.example', 'dots.example.net']);
  await assert.rejects(attempt('a'.repeat(254)), { kind: 'usage', code: 'transport/address' });
});
