import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Endpoint } from '#dots/coap/endpoint';
import { DotsError } from '#dots/model/errors';
import { connect } from '#dots/transport/connect/connect';
import { PathMemory } from '#dots/transport/connect/paths';
import { listenDtls } from '#dots/transport/dtls/server';
import { needDtls } from '../../../support/protocol/dtlsScene';
import { stillClock } from '../../../support/protocol/fakeClock';
import { freePort } from '../../../support/protocol/scene';
import { TestPki } from '../../../support/protocol/testPki';
import { credentialsOf, echo, listening, psk } from '../../../support/protocol/tlsScene';

const keys = { psk: (identity: string) => (identity === psk.identity ? psk.key : undefined) };
const names = ['localhost', '127.0.0.1'];

test('coaps+tcp takes TLS, and no scheme falls back to it where nothing listens on UDP', async (t) => {
  const at = await listening(t, keys);
  for (const server of [`coaps+tcp://127.0.0.1:${at.port}`, `127.0.0.1:${at.port}`, `localhost:${at.port}`]) {
    const memory = new PathMemory();
    const endpoint = new Endpoint(await connect(server, { credentials: { psk }, memory }));
    t.after(() => endpoint.close());
    assert.equal(
      (await endpoint.request({ method: 'GET', path: ['a'], confirmable: true }, { timeoutMs: 10_000 })).code,
      '2.05',
    );
  }
});

test('no scheme takes DTLS where both are there, and coaps takes it alone', async (t) => {
  if (!needDtls(t)) return;
  const at = await listening(t, keys, { port: await freePort() });
  const listener = await listenDtls(
    at,
    { credentials: keys },
    (channel) => void new Endpoint(channel, { handler: echo }),
  );
  t.after(() => listener.close());
  for (const server of [`127.0.0.1:${at.port}`, `coaps://127.0.0.1:${at.port}`]) {
    const channel = await connect(server, { credentials: { psk }, clock: stillClock });
    assert.deepEqual(
      [channel.kind, channel.security?.protocol, channel.security?.peerName],
      ['datagram', 'DTLS 1.2', 'dots'],
    );
    await channel.close();
  }
});

test('a server whose certificate is refused over DTLS is not reached over TLS instead', async (t) => {
  if (!needDtls(t)) return;
  const [pki, other] = [await TestPki.create(t), await TestPki.create(t)];
  if (pki === undefined || other === undefined) return;
  const at = await listening(t, credentialsOf(pki, pki.issue({ names })), { port: await freePort() });
  const listener = await listenDtls(at, { credentials: credentialsOf(other, other.issue({ names })) }, () => undefined);
  t.after(() => listener.close());
  const credentials = credentialsOf(pki, pki.issue({ purpose: 'client' }));
  await assert.rejects(
    connect(`127.0.0.1:${at.port}`, { credentials, clock: stillClock }),
    (error: unknown) => error instanceof DotsError && error.code === 'transport/unknown-ca',
  );
  await (await connect(`coaps+tcp://127.0.0.1:${at.port}`, { credentials })).close();
});

test('a client with an Ed25519 key is authenticated over TLS where its address leaves the choice', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const at = await listening(t, credentialsOf(pki, pki.issue({ names })));
  const credentials = credentialsOf(pki, pki.issue({ purpose: 'client', keyKind: 'ed25519' }));
  const traced: string[] = [];
  const server = `127.0.0.1:${at.port}`;
  const channel = await connect(server, { credentials, trace: (sentence) => traced.push(sentence) });
  assert.match(channel.security?.protocol ?? '', /^TLS/);
  await channel.close();
  assert.match(traced.join(), /^DTLS is skipped, .* Ed25519/);
});
