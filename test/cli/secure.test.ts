import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { Relay } from '../support/protocol/relay';
import { eventually, freePorts, run } from '../support/protocol/scene';
import { needTool } from '../support/tools';
import { command, dots, folder, request, startMock, type Run } from '../support/dots';

const debianPackage = 'libcoap3-bin';
const psk = 'a key of sixteen bytes or more';

type Ready = Record<'ca' | 'cert' | 'key' | 'coaps' | 'coapsTcp' | 'data', string>;

const proofs = ({ ca, cert, key }: Ready): string[] => ['--ca', ca, '--cert', cert, '--key', key];

function send(server: string, ...more: string[]): Run {
  return dots(['send', '-', '--server', server, '--cuid', 'one', '--mid', '12', ...more], request);
}

async function mockWithFiles(t: TestContext, ...words: string[]): Promise<{ ready: Ready; state: string }> {
  const state = folder(t);
  const { ready } = await startMock(t, '--state', state, ...words);
  return { ready: ready as Ready, state };
}

/**
 * libcoap's server on loopback with the lab's certificates, or with a pre-shared key; gives the port of DTLS and of
 * TLS.
 */
async function libcoapServer(t: TestContext, ...proof: string[]): Promise<number> {
  const port = await freePorts(2);
  const child = spawn('coap-server-openssl', ['-A', '127.0.0.1', '-p', String(port), '-d', '10', ...proof], {
    stdio: 'ignore',
  });
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill();
    await ended;
  });
  return port + 1;
}

/** Until the server listens, nobody answers. */
async function sendWhenUp(server: string, ...more: string[]): Promise<Run> {
  let run = send(server, ...more);
  await eventually(() => {
    if (/Nothing listens/.test(run.err)) run = send(server, ...more);
    return !/Nothing listens/.test(run.err);
  });
  return run;
}

test('dots send and the mock over DTLS, over TLS, and over what answers', async (t) => {
  const { ready } = await mockWithFiles(t);
  assert.match(
    send(ready.coaps, ...proofs(ready)).out,
    /^2\.01 Created: [^]*^over DTLS 1\.2 \(TLS[_-]ECDHE[_-]ECDSA[^)]*\), verified: 127\.0\.0\.1$/m,
  );
  assert.match(
    send(ready.coapsTcp, ...proofs(ready)).out,
    /^2\.04 [^]*^over TLS 1\.3 \(TLS_AES[^)]*\), verified: 127\.0\.0\.1$/m,
  );
  // Where one of them answers alone, it does not matter which would be faster.
  const relay = await Relay.start(t, Number(new URL(ready.coaps).port));
  const either = await run(process.execPath, [
    command,
    'send',
    join(folder(t, { 'a.dots.json': request }), 'a.dots.json'),
    '--server',
    `127.0.0.1:${relay.port}`,
    ...['--cuid', 'one', '--mid', '12', '--format', 'json'],
    ...proofs(ready),
  ]);
  const { code, security } = JSON.parse(either.stdout.toString()) as {
    code: string;
    security: { protocol: string; peerName: string };
  };
  assert.deepEqual([either.status, code, security.protocol, security.peerName], [0, '2.04', 'DTLS 1.2', '127.0.0.1']);
});

test('libcoap as client of the mock, over DTLS and TLS, with certificates and with a pre-shared key', async (t) => {
  if (!needTool(t, 'coap-client-openssl', debianPackage)) return;
  const { ready } = await mockWithFiles(
    t,
    '--psk-identity',
    'lab',
    '--psk-key-file',
    join(folder(t, { key: psk }), 'key'),
  );
  const body = join(
    folder(t, { 'request.cbor': dots(['encode', '-', '--format', 'bin'], request).bytes }),
    'request.cbor',
  );
  const { ca, cert, key } = ready;
  for (const [index, proof] of [
    ['-C', ca, '-c', cert, '-j', key],
    ['-u', 'lab', '-k', psk],
  ].entries()) {
    for (const server of [ready.coaps, ready.coapsTcp]) {
      const resource = `${server}/.well-known/dots/mitigate/cuid=client-${index}/mid=1`;
      const { stdout, stderr } = spawnSync(
        'coap-client-openssl',
        ['-B', '10', ...proof, '-m', 'put', '-t', '271', '-f', body, resource],
        { encoding: 'latin1' },
      );
      const answer = dots(['decode', '-'], Buffer.from(stdout.slice(0, -1), 'latin1'));
      assert.match(answer.out, /"lifetime": 3600/, `${server} ${proof[0] ?? ''}: ${stderr}`);
    }
  }
});

test('dots send and libcoap as server, with certificates and with a pre-shared key', async (t) => {
  if (!needTool(t, 'coap-server-openssl', debianPackage)) return;
  const { ready, state } = await mockWithFiles(t);
  const lab = (name: string): string => join(state, 'lab', `${name}.pem`);
  const certified = await libcoapServer(t, '-C', ready.ca, '-c', lab('server'), '-j', lab('server-key'));
  const keyed = await libcoapServer(t, '-k', psk, '-h', 'hint');
  const keyFile = join(folder(t, { key: `${psk}\n` }), 'key');
  for (const scheme of ['coaps', 'coaps+tcp']) {
    for (const [port, proof] of [
      [certified, proofs(ready)],
      [keyed, ['--psk-identity', 'lab', '--psk-key-file', keyFile]],
    ] as const) {
      const run = await sendWhenUp(`${scheme}://127.0.0.1:${port}`, ...proof);
      assert.match(run.out, /^2\.0[14] /, `${scheme} ${proof[0] ?? ''}: ${run.err}`);
    }
  }
});

test('a connection that is refused says in words which check failed, and exits with 3', async (t) => {
  const [one, other] = [await mockWithFiles(t), await mockWithFiles(t)];
  for (const server of [one.ready.coaps, one.ready.coapsTcp]) {
    const wrongCa = send(server, '--ca', other.ready.ca, '--cert', one.ready.cert, '--key', one.ready.key);
    assert.deepEqual([wrongCa.status, /not signed by the given CA/.test(wrongCa.err)], [3, true], wrongCa.err);
    const wrongClient = send(server, '--ca', one.ready.ca, '--cert', other.ready.cert, '--key', other.ready.key);
    assert.deepEqual(
      [wrongClient.status, /does not accept this client certificate/.test(wrongClient.err)],
      [3, true],
      wrongClient.err,
    );
  }
});

test('credentials that are missing or cannot be combined are wrong usage', async (t) => {
  const { ready } = await mockWithFiles(t);
  const cases: [string[], RegExp][] = [
    [[], /needs the CA of the server, a client certificate and its key, or a pre-shared key/],
    [['--ca', ready.ca], /required together; --cert and --key are missing/],
    [['--ca', ready.ca, '--cert', ready.cert], /required together; --key is missing\..* profile/],
    [['--psk-identity', 'lab'], /needs its identity and its file/],
    [['--psk-identity', 'lab', '--psk-key-file', 'nowhere'], /file of the pre-shared key cannot be read/],
    [[...proofs(ready), '--psk-identity', 'lab', '--psk-key-file', ready.key], /replaces certificates/],
    [['--ca', ready.ca, '--cert', ready.ca, '--key', ready.key], /does not belong to the certificate/],
  ];
  for (const [more, words] of cases) {
    const run = send(ready.coaps, ...more);
    assert.equal(run.status, 2, run.err);
    assert.match(run.err, words);
  }
});
