import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { DotsError } from '#dots/model/errors';
import { connectTls } from '#dots/transport/tls/client';
import { listenTls } from '#dots/transport/tls/server';
import { eventually } from './support/scene';
import { TestPki } from './support/testPki';
import { connected, credentialsOf, listening, psk } from './support/tls-scene';

const names = ['127.0.0.1'];
/** A subject alternative name with an x400Address, which OpenSSL lets pass and this house does not read. */
const rawNames = '3004a3020500';
const isRefusal = (code: string) => (error: unknown): boolean => error instanceof DotsError && error.code === `transport/${code}`;

test('of several revocation lists in one file each counts', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const [revoked, client] = [pki.issue({ names }), pki.issue({ purpose: 'client' })];
  const old = pki.revocations([], 30, -2);
  const both = `${old}\n${pki.revocations([revoked])}`;
  const { host, port } = await listening(t, credentialsOf(pki, revoked));
  await assert.rejects(connectTls({ host, port }, { credentials: credentialsOf(pki, client, [both]), serverName: host }), isRefusal('revoked'));
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
  await assert.rejects(connectTls({ host, port }, { credentials: credentialsOf(pki, pki.issue({ purpose: 'client' })), serverName: host }), isRefusal('wrong-name'));
});

test('a client that does not read what it is sent does not keep the server from closing', async (t) => {
  const listener = await listenTls({ host: '127.0.0.1', port: 0 }, { credentials: { psk: () => psk.key } }, (channel) => {
    for (let count = 0; count < 3000; count += 1) channel.send(Buffer.alloc(1000));
  });
  const socket = connect({ ...listener.address, pskCallback: () => ({ identity: psk.identity, psk: psk.key }), checkServerIdentity: () => undefined, maxVersion: 'TLSv1.2', ciphers: 'PSK-AES128-GCM-SHA256' });
  t.after(() => socket.destroy());
  socket.pause().on('error', () => undefined);
  await new Promise<void>((resolve) => { socket.once('secureConnect', resolve); });
  await listener.close();
});
