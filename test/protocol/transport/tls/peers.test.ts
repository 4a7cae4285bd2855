import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { Endpoint } from '#dots/coap/endpoint';
import { DotsError } from '#dots/model/errors';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { connectTls } from '#dots/transport/tls/client';
import { needTool } from '../../../support/tools';
import {
  freePair,
  libcoapServer,
  libcoapShows as shownBy,
  startProgram,
  type Program,
} from '../../../support/protocol/dtlsTools';
import { eventually, run } from '../../../support/protocol/scene';
import { TestPki } from '../../../support/protocol/testPki';
import { credentialsOf, listening, psk } from '../../../support/protocol/tlsScene';

const debianPackage = 'libcoap3-bin';
const builds = ['openssl', 'gnutls'] as const;
const patience = { timeoutMs: 20_000 };
const names = ['localhost', '127.0.0.1'];
const keys = { psk: (identity: string) => (identity === psk.identity ? psk.key : undefined) };
const keyArguments = ['-k', psk.key.toString(), '-h', 'hint'];
const keyHex = psk.key.toString('hex');

/** Connects to a server that is still starting: nobody listening there is not the last word. */
async function connectedTo(
  t: TestContext,
  port: number,
  credentials: ClientCredentials,
  serverName = 'localhost',
): Promise<Endpoint> {
  let outcome: Endpoint | DotsError | undefined;
  await eventually(async () => {
    outcome = await connectTls({ host: '127.0.0.1', port }, { credentials, serverName }).then(
      (channel) => new Endpoint(channel),
      (error: unknown) => error as DotsError,
    );
    return !(outcome instanceof DotsError && outcome.code === 'transport/refused');
  });
  if (outcome === undefined || outcome instanceof DotsError) throw outcome;
  const endpoint = outcome;
  t.after(() => endpoint.close());
  return endpoint;
}

const reasonOf = (attempt: Promise<Endpoint>): Promise<string> =>
  attempt.then(
    () => 'connected',
    (error: unknown) => (error instanceof DotsError ? error.code.replace('transport/', '') : String(error)),
  );

for (const build of builds) {
  for (const kind of ['ec', 'rsa', 'psk'] as const) {
    test(`coap-server-${build} as server over TLS, ${kind}: small and large bodies, an observation, pings and an orderly end`, async (t) => {
      if (!needTool(t, `coap-server-${build}`, debianPackage)) return;
      const pki = await TestPki.create(t, kind === 'rsa' ? 'rsa' : 'ec');
      if (pki === undefined) return;
      const { port } = await libcoapServer(
        t,
        build,
        kind === 'psk' ? keyArguments : shownBy(pki.issue({ names }), pki),
      );
      const endpoint = await connectedTo(
        t,
        port,
        kind === 'psk' ? { psk } : credentialsOf(pki, pki.issue({ purpose: 'client' })),
      );
      for (const size of [100, 3000, 20_000]) {
        const [path, payload] = [[`kept-${size}`], Buffer.alloc(size, 'dots')];
        assert.match(
          (await endpoint.request({ method: 'PUT', path, payload, contentFormat: 42, confirmable: true }, patience))
            .code,
          /^2\./,
        );
        assert.ok(
          payload.equals((await endpoint.request({ method: 'GET', path, confirmable: false }, patience)).payload),
          `${size} bytes came back`,
        );
      }
      const heard: string[] = [];
      const { stop } = await endpoint.observe(
        { method: 'GET', path: ['time'], confirmable: true },
        patience,
        ({ code }) => heard.push(code),
      );
      await eventually(() => heard.length >= 2);
      await stop();
      assert.deepEqual([...new Set(heard)], ['2.05']);
      await endpoint.ping(patience);
      await endpoint.ping(patience);
      assert.equal(endpoint.traffic.malformed, 0);
      await endpoint.close();
    });
  }

  test(`coap-server-${build} as server over TLS: what it refuses, and what we refuse`, async (t) => {
    if (!needTool(t, `coap-server-${build}`, debianPackage)) return;
    const [pki, other] = [await TestPki.create(t), await TestPki.create(t)];
    if (pki === undefined || other === undefined) return;
    const { port } = await libcoapServer(t, build, shownBy(pki.issue({ names }), pki));
    const client = credentialsOf(pki, pki.issue({ purpose: 'client' }));
    await connectedTo(t, port, client);
    assert.equal(await reasonOf(connectedTo(t, port, client, 'other.example')), 'wrong-name');
    assert.equal(
      await reasonOf(connectedTo(t, port, credentialsOf(other, other.issue({ purpose: 'client' })))),
      'unknown-ca',
    );
    const { cert, key } = other.issue({ purpose: 'client' });
    assert.equal(
      await reasonOf(connectedTo(t, port, { certificate: { ca: pki.ca.cert, cert, key } })),
      'client-certificate-refused',
    );
  });

  test(`coap-server-${build} as server over TLS: a wrong key`, async (t) => {
    if (!needTool(t, `coap-server-${build}`, debianPackage)) return;
    const { port } = await libcoapServer(t, build, keyArguments);
    await connectedTo(t, port, { psk });
    const another = { ...psk, key: Buffer.from('another secret') };
    assert.equal(await reasonOf(connectedTo(t, port, { psk: another })), 'psk-mismatch');
  });

  test(`coap-client-${build} as client over TLS, with a certificate and with a pre-shared key`, async (t) => {
    if (!needTool(t, `coap-client-${build}`, debianPackage)) return;
    for (const kind of ['ec', 'rsa'] as const) {
      const pki = await TestPki.create(t, kind);
      if (pki === undefined) return;
      const server = credentialsOf(pki, pki.issue({ names }));
      for (const credentials of [server, { ...server, ...keys }]) {
        const at = await listening(t, credentials);
        const ask = (...args: string[]): ReturnType<typeof run> =>
          run(`coap-client-${build}`, ['-B', '10', ...args, `coaps+tcp://127.0.0.1:${at.port}/a`]);
        const get = await ask(...shownBy(pki.issue({ purpose: 'client' }), pki), '-m', 'get');
        assert.match(get.stdout.toString(), /GET a/, get.stderr);
        const put = await ask(...shownBy(pki.issue({ purpose: 'client' }), pki), '-m', 'put', '-e', 'x'.repeat(5000));
        assert.match(put.stdout.toString(), /PUT a x{5000}/, put.stderr);
        if (credentials !== server)
          assert.match(
            (await ask('-u', psk.identity, '-k', psk.key.toString(), '-m', 'get')).stdout.toString(),
            /GET a/,
          );
      }
    }
  });

  test(`coap-client-${build} as client over TLS: what we refuse`, async (t) => {
    if (!needTool(t, `coap-client-${build}`, debianPackage)) return;
    const [pki, other] = [await TestPki.create(t), await TestPki.create(t)];
    if (pki === undefined || other === undefined) return;
    const at = await listening(t, { ...credentialsOf(pki, pki.issue({ names })), ...keys });
    const stranger = other.issue({ purpose: 'client' });
    const attempts: [string[], string][] = [
      [shownBy(stranger, pki), 'unknown-ca'],
      [['-u', 'nobody', '-k', psk.key.toString()], 'wrong-psk'],
      [['-u', psk.identity, '-k', 'another secret'], 'wrong-psk'],
    ];
    for (const [args, reason] of attempts) {
      at.refused.length = 0;
      const answer = await run(`coap-client-${build}`, [
        '-B',
        '3',
        ...args,
        '-m',
        'get',
        `coaps+tcp://127.0.0.1:${at.port}/a`,
      ]);
      assert.doesNotMatch(answer.stdout.toString(), /GET a/);
      await eventually(() => at.refused.length > 0);
      assert.ok(
        at.refused.some(({ code }) => code === `transport/${reason}`),
        `${reason}: ${at.refused.map(({ code, message }) => `${code} ${message}`).join()} ${answer.stderr}`,
      );
    }
    assert.equal(at.sessions.length, 0);
  });
}

/** What `openssl s_server` decrypted reaches us only as bytes, so the handshake is what it judges. */
function opensslServer(t: TestContext, port: number, args: string[]): Program {
  return startProgram(t, 'openssl', ['s_server', '-accept', `127.0.0.1:${port}`, '-alpn', 'coap', '-quiet', ...args]);
}

test('openssl s_server as server: certificates in TLS 1.2 and 1.3, a pre-shared key, and no ALPN', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const { certFile, keyFile } = pki.issue({ names });
  const client = credentialsOf(pki, pki.issue({ purpose: 'client' }));
  const chain = [
    '-cert',
    certFile,
    '-key',
    keyFile,
    '-CAfile',
    pki.ca.certFile,
    '-Verify',
    '3',
    '-verify_return_error',
  ];
  const servers: [string[], ClientCredentials, RegExp][] = [
    [[...chain, '-tls1_3'], client, /^TLS 1\.3 TLS_AES_/],
    [[...chain, '-tls1_2'], client, /^TLS 1\.2 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256/],
    [
      ['-nocert', '-psk_identity', psk.identity, '-psk', keyHex],
      { psk },
      /^TLS 1\.2 TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256/,
    ],
  ];
  for (const [args, credentials, suite] of servers) {
    const port = await freePair();
    const program = opensslServer(t, port, args);
    const endpoint = await connectedTo(t, port, credentials);
    await eventually(() => program.said().length > 0);
    await endpoint.close();
    const channel = await connectTls({ host: '127.0.0.1', port }, { credentials, serverName: 'localhost' });
    assert.match(`${channel.security?.protocol} ${channel.security?.cipherSuite}`, suite);
    await channel.close();
  }
});

test('openssl s_server as server: what it refuses', async (t) => {
  const [pki, other] = [await TestPki.create(t), await TestPki.create(t)];
  if (pki === undefined || other === undefined) return;
  const { certFile, keyFile } = pki.issue({ names });
  const { cert, key } = other.issue({ purpose: 'client' });
  for (const version of ['-tls1_2', '-tls1_3']) {
    const port = await freePair();
    opensslServer(t, port, [
      version,
      '-cert',
      certFile,
      '-key',
      keyFile,
      '-CAfile',
      pki.ca.certFile,
      '-Verify',
      '3',
      '-verify_return_error',
    ]);
    assert.equal(
      await reasonOf(connectedTo(t, port, { certificate: { ca: pki.ca.cert, cert, key } })),
      'client-certificate-refused',
    );
  }
});

test('openssl s_client as client: a CSM comes at once, and what is no CoAP is answered with Abort', async (t) => {
  const pki = await TestPki.create(t);
  if (pki === undefined) return;
  const at = await listening(t, { ...credentialsOf(pki, pki.issue({ names })) });
  const { certFile, keyFile } = pki.issue({ purpose: 'client' });
  for (const version of ['-tls1_2', '-tls1_3']) {
    const { child, said } = startProgram(t, 'openssl', [
      's_client',
      '-connect',
      `127.0.0.1:${at.port}`,
      version,
      '-alpn',
      'coap',
      '-quiet',
      '-cert',
      certFile,
      '-key',
      keyFile,
      '-CAfile',
      pki.ca.certFile,
      '-verify_hostname',
      'localhost',
      '-verify_return_error',
    ]);
    await eventually(() => said().includes('\u00e1') || /\ufffd/.test(said()));
    child.stdin?.write('GET / HTTP/1.1\r\n\r\n');
    await eventually(() => /CSM|token length|Max-Message-Size|option/.test(said()));
  }
  const keyed = await listening(t, keys);
  const { said } = startProgram(t, 'openssl', [
    's_client',
    '-connect',
    `127.0.0.1:${keyed.port}`,
    '-tls1_2',
    '-alpn',
    'coap',
    '-psk_identity',
    psk.identity,
    '-psk',
    keyHex,
    '-cipher',
    'PSK',
  ]);
  await eventually(() => keyed.sessions.length === 1 || /alert/.test(said()));
  assert.equal(keyed.sessions.length, 1, said());
});
