import assert from 'node:assert/strict';
import { test } from 'node:test';
import { call, parties, psk, shows, startEcho } from '../../../support/protocol/dtlsScene';
import { connectWhenUp, opensslShows, startProgram } from '../../../support/protocol/dtlsTools';
import { eventually, freePort } from '../../../support/protocol/scene';

const keyArguments = ['-psk_identity', psk.identity, '-psk', psk.key.toString('hex')];

for (const kind of ['ec', 'rsa', 'psk'] as const) {
  test(`openssl s_server: messages both ways, and its goodbye: ${kind}`, async (t) => {
    const all = await parties(t, kind === 'rsa' ? 'rsa' : 'ec');
    if (all === undefined) return;
    const port = await freePort();
    const proof =
      kind === 'psk'
        ? ['-nocert', ...keyArguments]
        : [...opensslShows(all.server, all.pki), '-Verify', '3', '-verify_return_error'];
    const server = startProgram(t, 'openssl', [
      's_server',
      '-dtls1_2',
      '-quiet',
      '-accept',
      `127.0.0.1:${port}`,
      ...proof,
    ]);
    const channel = await connectWhenUp(t, port, {
      credentials: kind === 'psk' ? { psk } : shows(all.pki, all.client),
      serverName: 'localhost',
    });
    let [heard, closed] = ['', false];
    channel.attach({
      message: (bytes) => {
        heard += Buffer.from(bytes).toString();
      },
      failure: () => undefined,
      closed: () => {
        closed = true;
      },
    });
    channel.send(Buffer.from('to openssl\n'));
    await eventually(() => server.said().includes('to openssl'));
    server.child.stdin?.write('from openssl\n');
    await eventually(() => heard === 'from openssl\n');
    server.child.stdin?.end();
    await eventually(() => closed);
  });

  test(`openssl s_client: messages both ways, and its goodbye: ${kind}`, async (t) => {
    const all = await parties(t, kind === 'rsa' ? 'rsa' : 'ec');
    if (all === undefined) return;
    const server = await startEcho(t, {
      ...shows(all.pki, all.server),
      psk: (identity) => (identity === psk.identity ? psk.key : undefined),
    });
    const proof =
      kind === 'psk'
        ? [...keyArguments, '-cipher', 'PSK']
        : [
            '-cert',
            all.client.certFile,
            '-key',
            all.client.keyFile,
            '-CAfile',
            all.pki.ca.certFile,
            '-verify_hostname',
            'localhost',
            '-verify_return_error',
          ];
    const client = startProgram(t, 'openssl', [
      's_client',
      '-dtls1_2',
      '-quiet',
      '-no_ign_eof',
      '-connect',
      `127.0.0.1:${server.port}`,
      ...proof,
    ]);
    client.child.stdin?.write('from openssl\n');
    await eventually(() => client.said().includes('re:from openssl'));
    assert.equal(server.channels[0]?.security.peerName, kind === 'psk' ? 'dots' : 'client.example');
    client.child.stdin?.end();
    await eventually(() => server.closed === 1);
  });
}

test('openssl s_client resumes a session of our server', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const server = await startEcho(t, shows(all.pki, all.server));
  const proof = ['-cert', all.client.certFile, '-key', all.client.keyFile, '-CAfile', all.pki.ca.certFile];
  const session = `${all.client.certFile}.session`;
  for (const [option, resumed] of [
    ['-sess_out', false],
    ['-sess_in', true],
  ] as const) {
    const before = server.channels.length;
    const client = startProgram(t, 'openssl', [
      's_client',
      '-dtls1_2',
      '-connect',
      `127.0.0.1:${server.port}`,
      ...proof,
      option,
      session,
    ]);
    await eventually(() => server.channels.length > before);
    assert.deepEqual(
      [server.channels.at(-1)?.resumed, server.channels.at(-1)?.security.peerName],
      [resumed, 'client.example'],
    );
    client.child.stdin?.write('one\n');
    await eventually(() => client.said().includes('re:one'));
    client.child.stdin?.write('Q\n');
    client.child.stdin?.end();
    await new Promise((resolve) => {
      client.child.once('close', resolve);
    });
  }
});

test('without an ephemeral exchange, for a peer that has none', async (t) => {
  const all = await parties(t);
  if (all === undefined) return;
  const port = await freePort();
  for (const suite of ['PSK-AES128-GCM-SHA256', 'PSK-AES128-CCM8']) {
    const { child } = startProgram(t, 'openssl', [
      's_server',
      '-dtls1_2',
      '-quiet',
      '-accept',
      `127.0.0.1:${port}`,
      '-nocert',
      '-cipher',
      `${suite}:@SECLEVEL=0`,
      ...keyArguments,
    ]);
    const channel = await connectWhenUp(t, port, { credentials: { psk }, serverName: 'localhost' });
    assert.equal(
      channel.security.cipherSuite,
      suite === 'PSK-AES128-CCM8' ? 'TLS_PSK_WITH_AES_128_CCM_8' : 'TLS_PSK_WITH_AES_128_GCM_SHA256',
    );
    await channel.close();
    child.kill('SIGKILL');
    await new Promise((resolve) => {
      child.once('close', resolve);
    });
  }
  const ours = await startEcho(t, { psk: () => psk.key });
  assert.equal(
    (await call(t, ours.port, { psk })).channel.security.cipherSuite,
    'TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256',
  );
});
