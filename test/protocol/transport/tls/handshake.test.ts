import assert from 'node:assert/strict';
import { createServer as createTcpServer } from 'node:net';
import { test, type TestContext } from 'node:test';
import { connect, createServer, type ConnectionOptions, type TlsOptions } from 'node:tls';
import type { ClientCredentials, ServerCredentials } from '#dots/transport/certificates/credentials';
import { connectTls } from '#dots/transport/tls/client';
import { listenTls } from '#dots/transport/tls/server';
import { eventually } from '../../../support/protocol/scene';
import { TestPki, type IssueOptions } from '../../../support/protocol/testPki';
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

for (const [what, code, expected, issue] of wrongClients) {
  test(`a client whose certificate is wrong is refused: ${what}`, async (t) => {
    const pki = await TestPki.create(t);
    if (pki === undefined) return;
    const at = await listening(t, credentialsOf(pki, pki.issue({ names })));
    await assert.rejects(
      connectTls(at, { credentials: credentialsOf(pki, pki.issue(issue)), serverName: at.host }),
      isRefusal(expected),
    );
    await eventually(() => at.refused.length > 0);
    assert.deepEqual([at.refused.map((error) => error.code), at.sessions.length], [[`transport/${code}`], 0]);
    assert.match(at.refused[0]?.message ?? '', /127\.0\.0\.1:\d+/);
  });
}

test('a client of another CA, one signed by a leaf, and one that is revoked are refused, with the reason', async (t) => {
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
