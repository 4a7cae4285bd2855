import assert from 'node:assert/strict';
import { connect as connectTcp, createServer as createTcpServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { DotsError } from '#dots/model/errors';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { connectTls } from '#dots/transport/tls/client';
import { listenTls } from '#dots/transport/tls/server';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { eventually } from '../../../support/protocol/scene';
import { TestPki } from '../../../support/protocol/testPki';
import {
  connected,
  credentialsOf,
  get,
  isRefusal,
  keys,
  listened,
  listening,
  names,
  patience,
  psk,
} from '../../../support/protocol/tlsScene';

test('a silent peer ends with a deadline, a cancelled attempt at once, and nothing stays behind', async (t) => {
  const sockets: Socket[] = [];
  const silent = await listened(
    t,
    createTcpServer((socket) => sockets.push(socket.on('error', () => undefined))),
  );
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  const clock = new FakeClock();
  const waiting = assert.rejects(
    connectTls(silent, { credentials: { psk }, serverName: silent.host, clock }),
    isRefusal('no-answer'),
  );
  await eventually(() => sockets.length === 1);
  await clock.advance(10_000);
  await waiting;
  const controller = new AbortController();
  const cancelled = assert.rejects(
    connectTls(silent, { credentials: { psk }, serverName: silent.host, clock, signal: controller.signal }),
    isRefusal('cancelled'),
  );
  await eventually(() => sockets.length === 2);
  controller.abort();
  await cancelled;
  await assert.rejects(
    connectTls(silent, { credentials: { psk }, serverName: silent.host, clock, signal: controller.signal }),
    isRefusal('cancelled'),
  );
  assert.equal(clock.pending, 0);
  await assert.rejects(
    connectTls({ host: '127.0.0.1', port: 1 }, { credentials: { psk }, serverName: '127.0.0.1' }),
    isRefusal('refused'),
  );
});

test('silent strangers are disconnected after 10 s, and the oldest earlier where another client needs its place', async (t) => {
  const clock = new FakeClock();
  const at = await listening(t, keys, { clock, limits: { halfOpenPerAddress: 3 } });
  const knock = (): Promise<{ closed: Promise<unknown> }> =>
    new Promise((resolve) => {
      const socket = connectTcp(at.port, at.host, () => {
        resolve({
          closed: new Promise((end) =>
            socket
              .on('error', () => undefined)
              .on('close', end)
              .resume(),
          ),
        });
      });
      t.after(() => socket.destroy());
    });
  const [first, second] = [await knock(), await knock()];
  const others = [await knock(), await knock()];
  await first.closed;
  assert.match(at.refused[0]?.message ?? '', /too many handshakes/);
  const early = await connected(t, at, { psk });
  assert.equal((await early.request(get, patience)).code, '2.05', 'no stranger keeps a client out');
  await second.closed;
  await clock.advance(10_000);
  await Promise.all(others.map(({ closed }) => closed));
  assert.deepEqual(
    at.refused.map(({ code }) => code),
    ['transport/broken', 'transport/broken', 'transport/no-answer', 'transport/no-answer'],
  );
  const client = await connected(t, at, { psk });
  assert.equal((await client.request(get, patience)).code, '2.05');
});

test('noise on the port is reported once for each connection, and disturbs no client', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const at = await listening(
    t,
    { ...credentialsOf(pki, pki.issue({ names })), ...keys },
    { limits: { halfOpenPerAddress: 64 } },
  );
  const established = await connected(t, at, { psk });
  const noise = Array.from({ length: 40 }, (_, turn) =>
    Buffer.from(
      Array.from({ length: 20 + turn * 7 }, (_byte, index) =>
        turn % 3 === 0 && index < 3 ? ([22, 3, 1][index] ?? 0) : (turn * 131 + index * 197) % 256,
      ),
    ),
  );
  await Promise.all(
    noise.map(
      (bytes) =>
        new Promise((resolve) => {
          const socket = connectTcp(at.port, at.host, () => socket.end(bytes));
          socket
            .on('error', () => undefined)
            .on('close', resolve)
            .resume();
        }),
    ),
  );
  const { cert, key } = (await TestPki.create(t))?.issue({ purpose: 'client' }) ?? assert.fail();
  await assert.rejects(
    connectTls(at, { credentials: { certificate: { ca: pki.ca.cert, cert, key } }, serverName: at.host }),
    isRefusal('client-certificate-refused'),
  );
  await eventually(() => at.refused.length === 41);
  assert.deepEqual(
    [at.refused.at(-1)?.code, new Set(at.refused.map(({ message }) => /127\.0\.0\.1:\d+/.exec(message)?.[0])).size],
    ['transport/unknown-ca', 41],
    'each is named',
  );
  assert.equal((await established.request(get, patience)).code, '2.05');
});

test('a peer that does not read is given up, and what is sent to it does not pile up', async (t) => {
  const failures: string[] = [];
  const listener = await listenTls({ host: '127.0.0.1', port: 0 }, { credentials: keys }, (channel) => {
    channel.attach({
      message: () => undefined,
      failure: ({ message }) => failures.push(message),
      closed: () => failures.push('closed'),
    });
    for (let turn = 0; turn < 32 && failures.length === 0; turn++) channel.send(Buffer.alloc(1 << 20));
  });
  t.after(() => listener.close());
  const channel = await connectTls(listener.address, { credentials: { psk }, serverName: '127.0.0.1' });
  await eventually(() => failures.length === 2);
  assert.match(failures[0] ?? '', /failed: it does not read its data/);
  await channel.close();
});

test('a session that is idle is closed, and one that is not stays', async (t) => {
  const clock = new FakeClock();
  const at = await listening(t, keys, { clock, limits: { idleMs: 60_000 } });
  const client = await connected(t, at, { psk });
  let closed = false;
  client.onClose(() => {
    closed = true;
  });
  for (let turn = 0; turn < 3; turn++) {
    assert.equal((await client.request(get, patience)).code, '2.05');
    await clock.advance(40_000);
  }
  assert.equal(closed, false);
  await clock.advance(60_000);
  await eventually(() => closed);
});

test('sessions over the limit are turned away', async (t) => {
  const at = await listening(t, keys, { limits: { sessionsPerClient: 2 } });
  const [first] = [await connected(t, at, { psk }), await connected(t, at, { psk })];
  await first?.request(get, patience);
  await assert.rejects(
    connected(t, at, { psk }).then((third) => third.request(get, patience)),
    DotsError,
  );
  await eventually(() => at.refused.length > 0);
  assert.match(at.refused[0]?.message ?? '', /too many sessions/);
  await first?.close();
  await eventually(() =>
    connected(t, at, { psk })
      .then((next) => next.request(get, patience))
      .then(
        () => true,
        () => false,
      ),
  );
});

test('a server beyond loopback needs an explicit option, and a port in use is reported', async (t) => {
  const options = { credentials: keys };
  const usage =
    (code: string) =>
    (error: unknown): boolean =>
      error instanceof DotsError && error.kind === 'usage' && error.code === code;
  await assert.rejects(
    listenTls({ host: '192.0.2.1', port: 0 }, options, () => undefined),
    usage('transport/not-loopback'),
  );
  await assert.rejects(
    listenTls({ host: '192.0.2.1', port: 0 }, { ...options, allowRemote: true }, () => undefined),
    usage('transport/listen'),
  );
  const at = await listening(t, keys);
  await assert.rejects(
    listenTls(at, options, () => undefined),
    usage('transport/port-in-use'),
  );
});

test('credentials that cannot be used are reported before anything is sent', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const { certificate } = credentialsOf(pki, pki.issue({ names }));
  const wrong: [ClientCredentials, RegExp][] = [
    [{ certificate: { ...certificate, ca: 'nonsense' } }, /The CA cannot be read/],
    [{ certificate: { ...certificate, cert: 'nonsense' } }, /The certificate cannot be read/],
    [{ certificate: { ...certificate, key: 'nonsense' } }, /private key cannot be read/],
    [{ certificate: { ...certificate, key: pki.ca.key } }, /does not belong to the certificate/],
    [{ certificate: { ...certificate, crls: ['nonsense'] } }, /revocation list cannot be read/],
    [{ psk: { ...psk, identity: '' } }, /identity .* 1 to 128 bytes/],
    [{ psk: { ...psk, key: new Uint8Array() } }, /1 to 64 bytes/],
  ];
  for (const [credentials, words] of wrong) {
    await assert.rejects(
      connectTls({ host: '127.0.0.1', port: 1 }, { credentials, serverName: '127.0.0.1' }),
      (error: unknown) =>
        error instanceof DotsError && error.code === 'transport/credentials' && words.test(error.message),
    );
  }
  await assert.rejects(
    listenTls({ host: '127.0.0.1', port: 0 }, { credentials: {} }, () => undefined),
    (error: unknown) => error instanceof DotsError && error.code === 'transport/credentials',
  );
});

test('closing the server ends its sessions, and the clients hear of it', async () => {
  const listener = await listenTls({ host: '127.0.0.1', port: 0 }, { credentials: keys }, () => undefined);
  const channel = await connectTls(listener.address, { credentials: { psk }, serverName: '127.0.0.1' });
  const gone = new Promise<void>((resolve) => {
    channel.attach({ message: () => undefined, failure: () => undefined, closed: resolve });
  });
  await listener.close();
  await gone;
  await channel.close();
});

test('NODE_TLS_REJECT_UNAUTHORIZED does not switch the checks off', async (t) => {
  const [pki, other] = [await TestPki.create(t), await TestPki.create(t)];
  if (pki === undefined || other === undefined) return;
  const at = await listening(t, credentialsOf(other, other.issue({ names })));
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
  t.after(() => {
    delete process.env.NODE_TLS_REJECT_UNAUTHORIZED;
  });
  await assert.rejects(
    connectTls(at, { credentials: credentialsOf(pki, pki.issue({ purpose: 'client' })), serverName: at.host }),
    isRefusal('unknown-ca'),
  );
});
