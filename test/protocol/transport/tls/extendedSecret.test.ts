import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { test, type TestContext } from 'node:test';
import { DataSession } from '#dots/data/session';
import { connectTls } from '#dots/transport/tls/client';
import { httpsServer } from '../../../support/protocol/dataScene';
import { eventually, startOrchestrator } from '../../../support/protocol/scene';
import { TestPki, type Identity } from '../../../support/protocol/testPki';
import {
  connected,
  credentialsOf,
  get,
  isRefusal,
  keys,
  listened,
  listening,
  patience,
  psk,
} from '../../../support/protocol/tlsScene';

/** SSL_OP_NO_EXTENDED_MASTER_SECRET, which Node.js passes on without a name for it. */
const without = { secureOptions: 1, maxVersion: 'TLSv1.2' as const, ALPNProtocols: ['coap'] };
const refused = isRefusal('no-extended-secret', /does not use the extended master secret, .* \(RFC 7627\)\.$/);
const pskSuite = 'ECDHE-PSK-CHACHA20-POLY1305';

/** Settles when a connection has ended, with an error or without. */
function gone(socket: TLSSocket): Promise<void> {
  return new Promise((resolve) => {
    socket.on('error', () => undefined).once('close', () => resolve());
  });
}

interface Parties {
  pki: TestPki;
  server: Identity;
  client: Identity;
}

/** A CA, and a server and a client below it; undefined, the test skipped, where openssl is missing. */
async function scene(t: TestContext): Promise<Parties | undefined> {
  const pki = await TestPki.create(t);
  if (pki === undefined) return undefined;
  return { pki, server: pki.issue({ names: ['127.0.0.1'] }), client: pki.issue({ purpose: 'client' }) };
}

test('a TLS 1.2 server without the extended master secret is refused, with a certificate and with a pre-shared key', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const shown = { key: all.server.key, cert: all.server.cert };
  const byKey = { ...without, ciphers: pskSuite, pskCallback: () => psk.key };
  for (const [options, credentials] of [
    [{ ...without, ...shown }, credentialsOf(all.pki, all.client)],
    [byKey, { psk }],
  ] as const) {
    const at = await listened(
      t,
      createServer(options, (socket) => socket.on('error', () => undefined)),
    );
    await assert.rejects(connectTls(at, { credentials, serverName: '127.0.0.1' }), refused);
  }
});

test('a TLS 1.2 client without it is refused; with it, and over TLS 1.3, it is a client like others', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const shown = { ca: all.pki.ca.cert, key: all.client.key, cert: all.client.cert };
  const byKey = {
    ciphers: pskSuite,
    pskCallback: () => ({ identity: psk.identity, psk: psk.key }),
    checkServerIdentity: () => undefined,
  };
  for (const [own, credentials] of [
    [credentialsOf(all.pki, all.server), shown],
    [keys, byKey],
  ] as const) {
    const server = await listening(t, own);
    const socket = connect({ ...server, ...without, ...credentials });
    await gone(socket);
    assert.equal(server.sessions.length, 0);
    assert.ok(refused(server.refused[0]));
    const other = connect({ ...server, ...without, ...credentials, secureOptions: 0 });
    await eventually(() => server.sessions.length === 1);
    other.destroy();
  }
  const server = await listening(t, credentialsOf(all.pki, all.server));
  const answer = await (await connected(t, server, credentialsOf(all.pki, all.client))).request(get, patience);
  assert.equal(answer.code, '2.05');
});

test('nor is the data channel used without it, by either end', async (t) => {
  const all = await scene(t);
  if (all === undefined) return;
  const server = await httpsServer(t, all.server, all.pki.ca.cert, { ...without, ALPNProtocols: ['http/1.1'] });
  const proof = { ca: all.pki.ca.certFile, cert: all.client.certFile, key: all.client.keyFile, cuid: 'c' };
  const session = await DataSession.open({ server, ...proof });
  t.after(() => session.close());
  await assert.rejects(session.get('aliases'), refused);
  const log: string[] = [];
  const mock = await startOrchestrator(t, { log: (line) => log.push(line) });
  const [ca, cert, key] = [mock.ca, mock.cert, mock.key].map((path) => readFileSync(path));
  const client = connect({
    ...without,
    port: Number(new URL(mock.data).port),
    host: '127.0.0.1',
    ca,
    cert,
    key,
    ALPNProtocols: [],
  });
  client.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
  let answer = '';
  client.on('data', (part) => (answer += part));
  await gone(client);
  assert.equal(answer, '');
  assert.match(log.at(-1) ?? '', /connection refused: the client at port \d+ does not use the extended master secret/);
});
