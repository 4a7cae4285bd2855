import assert from 'node:assert/strict';
import { test } from 'node:test';
import { datagramLimit } from '#dots/transport/datagramLimit';
import { sessionMemory } from '#dots/transport/dtls/sessions';
import { connectDtls } from '#dots/transport/dtls/client';
import { call, parties, psk, reasonOf, shows, startEcho, type Caller } from '../../../support/protocol/dtlsScene';
import { Relay } from '../../../support/protocol/relay';
import { eventually, freePort } from '../../../support/protocol/scene';

for (const kind of ['ec', 'rsa'] as const) {
  test(`a client and a server that prove themselves with ${kind.toUpperCase()} certificates`, async (t) => {
    const all = await parties(t, kind);
    if (all === undefined) return;
    const server = await startEcho(t, shows(all.pki, all.server));
    const client = await call(t, server.port, shows(all.pki, all.client));
    assert.equal(await client.ask('one'), 're:one');
    const { security } = client.channel;
    assert.deepEqual(
      [security.protocol, security.cipherSuite, security.peerName],
      ['DTLS 1.2', `TLS_ECDHE_${kind === 'ec' ? 'ECDSA' : 'RSA'}_WITH_AES_128_GCM_SHA256`, 'localhost'],
    );
    assert.equal(server.channels[0]?.security.peerName, 'client.example');
    assert.equal(server.channels[0]?.peer.replace(/:.*/, ''), '127.0.0.1');
    assert.equal(client.channel.maxMessageSize, datagramLimit('coaps'));
    await client.channel.close();
    await eventually(() => server.closed === 1);
  });
}

test('a pre-shared key, with an ephemeral exchange', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, { psk: (identity) => (identity === psk.identity ? psk.key : undefined) });
  const client = await call(t, server.port, { psk });
  assert.equal(await client.ask('one'), 're:one');
  assert.deepEqual(client.channel.security, {
    protocol: 'DTLS 1.2',
    cipherSuite: 'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256',
    peerName: 'dots',
    identity: 'psk:dots',
  });
  assert.deepEqual(server.channels[0]?.security.peerName, 'dots');
});

test('both kinds of credentials, and both families, on one server', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, { ...shows(all.pki, all.server), psk: () => psk.key }, { host: '::1' });
  const clients = await Promise.all([
    call(t, server.port, { psk }, { host: '::1' }),
    call(t, server.port, shows(all.pki, all.client), { host: '::1', serverName: '::1' }),
  ]);
  assert.deepEqual(await Promise.all(clients.map((client, index) => client.ask(`from ${index}`))), [
    're:from 0',
    're:from 1',
  ]);
  assert.deepEqual(server.channels.map(({ security }) => security.peerName).sort(), ['client.example', 'dots']);
});

for (const kind of ['ec', 'rsa', 'psk'] as const) {
  test(`a session is resumed without state on the server: ${kind}`, async (t) => {
    const all = await parties(t, kind === 'rsa' ? 'rsa' : 'ec');
    if (all === undefined) return;
    const server = await startEcho(t, { ...shows(all.pki, all.server), psk: () => psk.key });
    const credentials = kind === 'psk' ? { psk } : shows(all.pki, all.client);
    const sessions = sessionMemory();
    for (const resumed of [false, true, true]) {
      const client = await call(t, server.port, credentials, { sessions });
      assert.equal(await client.ask('again'), 're:again');
      assert.equal(client.channel.resumed, resumed);
      assert.equal(server.channels.at(-1)?.resumed, resumed);
      assert.equal(server.channels.at(-1)?.security.peerName, kind === 'psk' ? 'dots' : 'client.example');
      assert.equal(client.channel.security.peerName, kind === 'psk' ? 'dots' : 'localhost');
      await client.channel.close();
    }
  });
}

test('a server that was started anew takes no old ticket, and a whole handshake follows', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const sessions = sessionMemory();
  const first = await startEcho(t, shows(all.pki, all.server), { port: await freePort() });
  await (await call(t, first.port, shows(all.pki, all.client), { sessions })).channel.close();
  await first.listener.close();
  const second = await startEcho(t, shows(all.pki, all.server), { port: first.port });
  const client = await call(t, second.port, shows(all.pki, all.client), { sessions });
  assert.equal(client.channel.resumed, false);
  assert.equal(await client.ask('one'), 're:one');
});

test('the server name indication has no final dot; a name that is none is wrong usage', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, shows(all.pki, all.server));
  const relay = await Relay.start(t, server.port);
  const client = await call(t, relay.port, shows(all.pki, all.client), { serverName: 'dots.example.' });
  assert.equal(await client.ask('one'), 're:one');
  const [hello] = relay.seen.toServer;
  assert.ok(hello?.includes('dots.example') && !hello.includes('dots.example.'));
  assert.equal(
    await reasonOf(call(t, relay.port, shows(all.pki, all.client), { serverName: 'dots.example.net.' })),
    'wrong-name',
  );
  const long = connectDtls(
    { host: '127.0.0.1', port: server.port },
    { credentials: { psk }, serverName: 'a'.repeat(256) },
  );
  await assert.rejects(long, { kind: 'usage', code: 'transport/address' });
});

test('many sessions on one port exchange at once, over either family and over both', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  for (const [listening, hosts] of [
    ['127.0.0.1', ['127.0.0.1']],
    ['::1', ['::1']],
    ['::', ['127.0.0.1', '::1']],
  ] as const) {
    const server = await startEcho(
      t,
      { ...shows(all.pki, all.server), psk: () => psk.key },
      { host: listening, allowRemote: true },
    );
    const clients: Caller[] = await Promise.all(
      Array.from({ length: 12 }, (_, index) =>
        call(t, server.port, index % 3 === 0 ? shows(all.pki, all.client) : { psk }, {
          host: hosts[index % hosts.length]!,
        }),
      ),
    );
    for (let round = 0; round < 10; round++) {
      assert.deepEqual(
        await Promise.all(clients.map((client, index) => client.ask(`${round} of ${index}`))),
        clients.map((_, index) => `re:${round} of ${index}`),
      );
    }
    assert.deepEqual([server.channels.length, server.messages.length, server.closed], [12, 120, 0]);
    await server.listener.close();
  }
});
