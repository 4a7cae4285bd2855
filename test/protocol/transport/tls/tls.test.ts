import assert from 'node:assert/strict';
import { connect as connectTcp, createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect, createServer, type ConnectionOptions, type TlsOptions } from 'node:tls';
import type { CoapRequest } from '#dots/coap/request';
import { DotsError } from '#dots/model/errors';
import type { ClientCredentials, ServerCredentials } from '#dots/transport/certificates/credentials';
import { connectTls } from '#dots/transport/tls/client';
import { listenTls } from '#dots/transport/tls/server';
import { FakeClock } from '../../../support/protocol/fakeClock';
import { eventually } from '../../../support/protocol/scene';
import { TestPki, type IssueOptions } from '../../../support/protocol/testPki';
import { connected, credentialsOf, listening, psk } from '../../../support/protocol/tlsScene';

const get: CoapRequest = { method: 'GET', path: ['a'], confirmable: true };
const patience = { timeoutMs: 20_000 };
const names = ['localhost', '127.0.0.1', '::1'];
const keys: ServerCredentials = { psk: (identity) => (identity === psk.identity ? psk.key : undefined) };

function isRefusal(code: string, words = /./) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof DotsError, String(error));
    assert.deepEqual([error.kind, error.code], ['unreachable', `transport/${code}`], error.message);
    assert.match(error.message, words);
    return true;
  };
}

for (const kind of ['ec', 'rsa'] as const) {
  test(`both ends prove themselves by certificates and ask each other: ${kind}`, async (t) => {
    const pki = await TestPki.create(t, kind);
    if (pki === undefined) return;
    const server = await listening(t, credentialsOf(pki, pki.issue({ names, commonName: 'server' })));
    const client = await connected(
      t,
      server,
      credentialsOf(pki, pki.issue({ purpose: 'client', commonName: 'client' })),
    );
    const payload = Buffer.alloc(20_000, 'x');
    assert.equal(Buffer.from((await client.request(get, patience)).payload).toString(), 'GET a');
    assert.equal(
      (
        await client.request(
          { method: 'PUT', path: ['b'], payload: payload.subarray(0, 16_000), confirmable: false },
          patience,
        )
      ).payload.length,
      16_006,
    );
    assert.ok((await client.ping(patience)) >= 0);
    assert.equal((await server.sessions[0]?.request(get, patience))?.code, '4.04');
  });
}

test('a channel says how it is protected and who the other end is', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const credentials = credentialsOf(pki, pki.issue({ names, commonName: 'server' }));
  const heard: (string | undefined)[] = [];
  const listener = await listenTls({ host: 'localhost', port: 0 }, { credentials }, (channel) =>
    heard.push(channel.security?.protocol, channel.security?.peerName),
  );
  t.after(() => listener.close());
  const channel = await connectTls(listener.address, {
    credentials: credentialsOf(pki, pki.issue({ purpose: 'client', commonName: 'border router' })),
    serverName: 'localhost',
  });
  assert.deepEqual(
    [channel.kind, channel.security?.protocol, channel.security?.peerName],
    ['stream', 'TLS 1.3', 'localhost'],
  );
  assert.match(channel.security?.cipherSuite ?? '', /^TLS_AES_/);
  assert.ok((channel.security?.certificate?.length ?? 0) > 100);
  await channel.close();
  assert.deepEqual(heard, ['TLS 1.3', 'border router']);
});

test('both ends prove themselves by a pre-shared key, with ECDHE', async (t) => {
  const server = await listening(t, keys);
  const client = await connected(t, server, { psk });
  assert.equal((await client.request(get, patience)).code, '2.05');
  const channel = await connectTls(server, { credentials: { psk }, serverName: 'anything' });
  assert.deepEqual(channel.security, {
    protocol: 'TLS 1.2',
    cipherSuite: 'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256',
    peerName: 'dots',
    identity: 'psk:dots',
  });
  await channel.close();
});

test('certificates and keys go on one port, and over IPv6', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const server = await listening(t, { ...credentialsOf(pki, pki.issue({ names })), ...keys }, { host: '::1' });
  for (const credentials of [{ psk }, credentialsOf(pki, pki.issue({ purpose: 'client' }))]) {
    assert.equal((await (await connected(t, server, credentials)).request(get, patience)).code, '2.05');
  }
});

test('a chain over an intermediate CA, an SRV-ID and a wildcard of one label are accepted', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const between = pki.issue({ purpose: 'ca', commonName: 'between' });
  const client = credentialsOf(pki, pki.issue({ purpose: 'client', by: between }));
  for (const [name, serverName] of [
    ['dots.example.net', 'DOTS.example.net'],
    ['SRV:_dots-signal.example.net', 'example.net'],
    ['*.example.net', 'dots.example.net'],
  ] as const) {
    const server = await listening(t, credentialsOf(pki, pki.issue({ names: [name], by: between })));
    assert.equal(
      (await (await connected(t, server, client, { serverName })).request(get, patience)).code,
      '2.05',
      name,
    );
  }
});

interface Wrong {
  what: string;
  code: string;
  server?: IssueOptions;
  serverName?: string;
  words?: RegExp;
}

const wrongServers: Wrong[] = [
  {
    what: 'another name',
    code: 'wrong-name',
    server: { names: ['dots.example.org'], commonName: 'localhost' },
    serverName: 'localhost',
    words: /it is for DNS:dots\.example\.org/,
  },
  { what: 'a common name alone', code: 'wrong-name', server: { commonName: 'localhost' }, serverName: 'localhost' },
  { what: 'another IP address', code: 'wrong-name', server: { names: ['192.0.2.1', '127.0.0.2', 'localhost'] } },
  {
    what: 'a DNS name that looks like the IP address',
    code: 'wrong-name',
    server: { names: ['127.0.0.1.'], commonName: '127.0.0.1' },
  },
  { what: 'one that has expired', code: 'expired', server: { names, from: -10, to: -5 } },
  { what: 'one that is not valid yet', code: 'not-yet-valid', server: { names, from: 2 } },
  { what: 'one for clients', code: 'purpose', server: { names, extendedKeyUsage: 'clientAuth' } },
  { what: 'one that may not sign', code: 'purpose', server: { names, keyUsage: 'keyAgreement' } },
];
for (const { what, code, server, serverName, words } of wrongServers) {
  test(`a server with the wrong certificate is refused: ${what}`, async (t) => {
    const pki = await TestPki.create(t);
    if (pki === undefined) return;
    const at = await listening(t, credentialsOf(pki, pki.issue(server)));
    const credentials = credentialsOf(pki, pki.issue({ purpose: 'client' }));
    await assert.rejects(connectTls(at, { credentials, serverName: serverName ?? at.host }), isRefusal(code, words));
    assert.equal(at.sessions.length, 0);
  });
}

test('a server of another CA, one signed by a leaf, and one that is revoked are refused', async (t) => {
  const [pki, other] = [await TestPki.create(t), await TestPki.create(t)];
  if (pki === undefined || other === undefined) return;
  const good = pki.issue({ names });
  const client = pki.issue({ purpose: 'client' });
  const try_ = async (
    server: ServerCredentials,
    credentials: ClientCredentials,
    code: string,
    words?: RegExp,
  ): Promise<void> => {
    const at = await listening(t, server);
    await assert.rejects(connectTls(at, { credentials, serverName: at.host }), isRefusal(code, words));
  };
  await try_({ ...credentialsOf(other, other.issue({ names })) }, credentialsOf(pki, client), 'unknown-ca');
  await try_(credentialsOf(pki, pki.issue({ names, by: good })), credentialsOf(pki, client), 'not-a-ca');
  await try_(credentialsOf(pki, good), credentialsOf(pki, client, [pki.revocations([good])]), 'revoked');
  await try_(
    credentialsOf(pki, pki.issue({ names })),
    credentialsOf(pki, client, [pki.revocations([], -3)]),
    'bad-certificate',
  );
});

const wrongClients: [what: string, server: string, client: string, issue: IssueOptions][] = [
  ['expired', 'expired', 'client-certificate-refused', { purpose: 'client', from: -10, to: -5 }],
  ['not valid yet', 'not-yet-valid', 'client-certificate-refused', { purpose: 'client', from: 2 }],
  ['for servers', 'purpose', 'client-certificate-refused', { names }],
  ['may not sign', 'purpose', 'client-certificate-refused', { purpose: 'client', keyUsage: 'keyAgreement' }],
];
for (const [what, code, told, issue] of wrongClients) {
  test(`a client whose certificate is wrong is refused: ${what}`, async (t) => {
    const pki = await TestPki.create(t);
    if (pki === undefined) return;
    const at = await listening(t, credentialsOf(pki, pki.issue({ names })));
    await assert.rejects(
      connectTls(at, { credentials: credentialsOf(pki, pki.issue(issue)), serverName: at.host }),
      isRefusal(told),
    );
    await eventually(() => at.refused.length > 0);
    assert.deepEqual([at.refused.map((error) => error.code), at.sessions.length], [[`transport/${code}`], 0]);
    assert.match(at.refused[0]?.message ?? '', /127\.0\.0\.1:\d+/);
  });
}

test('a client of another CA, one signed by a leaf, and one that is revoked are refused, and told so', async (t) => {
  const [pki, other] = [await TestPki.create(t), await TestPki.create(t)];
  if (pki === undefined || other === undefined) return;
  const client = pki.issue({ purpose: 'client' });
  const revoked = pki.issue({ purpose: 'client' });
  const at = await listening(t, credentialsOf(pki, pki.issue({ names }), [pki.revocations([revoked])]));
  const shown = [other.issue({ purpose: 'client' }), pki.issue({ purpose: 'client', by: client }), revoked];
  for (const { cert, key } of shown) {
    await assert.rejects(
      connectTls(at, { credentials: { certificate: { ca: pki.ca.cert, cert, key } }, serverName: at.host }),
      isRefusal('client-certificate-refused'),
    );
  }
  assert.equal((await (await connected(t, at, credentialsOf(pki, client))).request(get, patience)).code, '2.05');
  await eventually(() => at.refused.length === 3);
  assert.deepEqual(
    at.refused.map(({ code }) => code),
    ['transport/unknown-ca', 'transport/bad-certificate', 'transport/revoked'],
  );
});

/** A bare TLS client, as its own judge of what the server does; resolves when the connection is over. */
async function bare(t: TestContext, port: number, options: ConnectionOptions): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, ALPNProtocols: ['coap'], rejectUnauthorized: true, ...options });
  t.after(() => socket.destroy());
  return new Promise((resolve) => {
    let outcome = 'closed';
    socket.on('error', (error) => {
      outcome = (error as NodeJS.ErrnoException).code ?? error.message;
    });
    socket.on('close', () => resolve(outcome));
    socket.resume();
  });
}

test('a server takes no client without a certificate, below TLS 1.2, or for another protocol', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const at = await listening(t, credentialsOf(pki, pki.issue({ names })));
  const { cert, key } = pki.issue({ purpose: 'client' });
  const right = { ca: pki.ca.cert, cert, key };
  assert.match(await bare(t, at.port, { ca: pki.ca.cert }), /CERTIFICATE_REQUIRED/);
  assert.match(await bare(t, at.port, { ca: pki.ca.cert, maxVersion: 'TLSv1.2' }), /HANDSHAKE_FAILURE/);
  assert.match(
    await bare(t, at.port, { ...right, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    /PROTOCOL_VERSION/,
  );
  assert.match(await bare(t, at.port, { ...right, ALPNProtocols: ['http/1.1'] }), /NO_APPLICATION_PROTOCOL/);
  await eventually(() => at.refused.length === 4);
  assert.deepEqual(
    at.refused.map(({ code }) => code.slice(10)),
    ['no-certificate', 'no-certificate', 'no-common-cipher', 'no-tls'],
  );
  assert.equal(at.sessions.length, 0);
});

test('a client takes no server below TLS 1.2, of another protocol, or without TLS', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const { cert, key } = pki.issue({ names });
  const credentials = credentialsOf(pki, pki.issue({ purpose: 'client' }));
  const served: [TlsOptions, string][] = [
    [
      { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0', ALPNProtocols: ['coap'] },
      'no-common-cipher',
    ],
    [{ ALPNProtocols: ['http/1.1'] }, 'no-tls'],
  ];
  for (const [options, code] of served) {
    const server = createServer({ cert, key, ...options }, (socket) => socket.on('error', () => undefined));
    await assert.rejects(
      connectTls(await listened(t, server), { credentials, serverName: '127.0.0.1' }),
      isRefusal(code),
    );
  }
  const plain = createTcpServer((socket) => socket.on('error', () => undefined).end('220 mail.example.net ready\r\n'));
  await assert.rejects(
    connectTls(await listened(t, plain), { credentials, serverName: '127.0.0.1' }),
    isRefusal('no-tls'),
  );
});

async function listened(
  t: TestContext,
  server: ReturnType<typeof createTcpServer>,
): Promise<{ host: string; port: number }> {
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => server.close());
  return { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
}

test('a wrong key and an unknown identity are refused at both ends', async (t) => {
  const at = await listening(t, keys);
  for (const [wrong, reason] of [
    [{ ...psk, key: Buffer.from('secret124') }, 'psk-mismatch'],
    [{ ...psk, identity: 'nobody' }, 'psk-refused'],
  ] as const) {
    await assert.rejects(connectTls(at, { credentials: { psk: wrong }, serverName: at.host }), isRefusal(reason));
  }
  await eventually(() => at.refused.length === 2);
  assert.deepEqual(
    at.refused.map(({ code }) => code),
    ['transport/wrong-psk', 'transport/wrong-psk'],
  );
});

test('a client with a key and a server with a certificate have nothing in common', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const at = await listening(t, credentialsOf(pki, pki.issue({ names })));
  await assert.rejects(connectTls(at, { credentials: { psk }, serverName: at.host }), isRefusal('no-common-cipher'));
});

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

test('strangers who say nothing are sent away after 10 s, and only so many may stand at the door', async (t) => {
  const clock = new FakeClock();
  const at = await listening(t, keys, { clock, limits: { halfOpenPerAddress: 3 } });
  const knock = (): Promise<Socket> =>
    new Promise((resolve) => {
      const socket = connectTcp(at.port, at.host, () => resolve(socket));
      t.after(() => socket.destroy());
    });
  const strangers = [await knock(), await knock(), await knock()].map(
    (socket) =>
      new Promise((resolve) => {
        socket
          .on('error', () => undefined)
          .on('close', resolve)
          .resume();
      }),
  );
  const fourth = await knock();
  await new Promise((resolve) => {
    fourth
      .on('error', () => undefined)
      .on('close', resolve)
      .resume();
  });
  assert.match(at.refused[0]?.message ?? '', /too many handshakes/);
  await clock.advance(10_000);
  await Promise.all(strangers);
  assert.deepEqual(
    at.refused.map(({ code }) => code),
    ['transport/broken', 'transport/no-answer', 'transport/no-answer', 'transport/no-answer'],
  );
  const client = await connected(t, at, { psk });
  assert.equal((await client.request(get, patience)).code, '2.05');
});

test('noise on the port is told once for each connection, and disturbs nobody', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const at = await listening(
    t,
    { ...credentialsOf(pki, pki.issue({ names })), ...keys },
    { limits: { halfOpenPerAddress: 64 } },
  );
  const standing = await connected(t, at, { psk });
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
  assert.equal((await standing.request(get, patience)).code, '2.05');
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
  assert.match(failures[0] ?? '', /broke: it does not read what it is sent/);
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
  const at = await listening(t, keys, { limits: { sessionsPerAddress: 2 } });
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

test('a server beyond loopback needs an explicit word, and a port in use is told', async (t) => {
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

test('credentials that cannot be used are told before anything is sent', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const { certificate } = credentialsOf(pki, pki.issue({ names }));
  const wrong: [ClientCredentials, RegExp][] = [
    [{ certificate: { ...certificate, ca: 'nonsense' } }, /The CA cannot be read/],
    [{ certificate: { ...certificate, cert: 'nonsense' } }, /The certificate cannot be read/],
    [{ certificate: { ...certificate, key: 'nonsense' } }, /private key cannot be read/],
    [{ certificate: { ...certificate, key: pki.ca.key } }, /not that of the certificate/],
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
