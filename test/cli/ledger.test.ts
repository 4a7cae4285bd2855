import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { command, dots, folder, request, startMock, type Run } from '../support/dots';
import { secureMock } from '../support/sessionKeeper';

const other = request.replace('192.0.2.0/24', '203.0.113.0/24');

interface Json {
  [name: string]: unknown;
  servers: { server: string; cuid: string; mitigations: Json[]; requests: Json[] }[];
}

/** `dots` with a ledger of its own, and documents in a folder. */
function scene(t: TestContext): { path: string; run: (...words: string[]) => Run; json: (...words: string[]) => Json } {
  const path = folder(t, { 'a.dots.json': request, 'b.dots.json': other });
  const run = (...words: string[]): Run => dots([...words, '--ledger', join(path, 'ledger')], '', path);
  return { path, run, json: (...words) => JSON.parse(run(...words, '--format', 'json').out) as Json };
}

/** A socket that takes everything and says nothing. */
async function silentServer(t: TestContext): Promise<string> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  t.after(() => socket.close());
  await once(socket, 'listening');
  return `coap://127.0.0.1:${socket.address().port}`;
}

test('what was sent is in the ledger, the same content again is a refresh, and other content gets a higher mid', async (t) => {
  const { signal } = await startMock(t);
  const { run, json } = scene(t);
  const first = json('send', 'a.dots.json', '--server', signal);
  const again = run('send', 'a.dots.json', '--server', signal);
  assert.match(again.out, /^2\.04 /);
  assert.match(again.out, new RegExp(`refreshed under its mid ${String(first.mid)}\\.`));
  const second = json('send', 'b.dots.json', '--server', signal);
  assert.equal(second.mid, Number(first.mid) + 1);
  const [server] = json('ledger').servers;
  assert.equal(server?.server, signal.replace('coap://', ''));
  assert.deepEqual(
    server.requests.map(({ mid, state, code, file }) => [mid, state, code, String(file).endsWith('.dots.json')]),
    [
      [first.mid, 'accepted', '2.04', true],
      [second.mid, 'accepted', '2.01', true],
    ],
  );
});

test('a request without an answer is unanswered, and one that nothing listened for was sent all the same', async (t) => {
  const silent = await silentServer(t);
  const { run, json } = scene(t);
  const { status, err } = run('send', 'a.dots.json', '--server', silent, '--timeout', '1');
  assert.equal(status, 3);
  const [, mid = ''] = /It may have arrived as mid (\d+): dots status \1 --server \S+/.exec(err) ?? [];
  assert.match(err, new RegExp(`dots withdraw ${mid} --server ${silent} --ledger \\S+ withdraws it`));
  assert.deepEqual(
    json('ledger').servers[0]?.requests.map((entry) => [String(entry.mid), entry.state]),
    [[mid, 'unanswered']],
  );
});

test('where the handshake fails nothing was sent, and the ledger says so', async (t) => {
  const { proofs } = await secureMock(t);
  const silent = (await silentServer(t)).replace('coap:', 'coaps:');
  const { json } = scene(t);
  const failed = json('send', 'a.dots.json', '--server', silent, ...proofs, '--timeout', '1');
  assert.equal(failed.sent, false);
  assert.deepEqual(
    json('ledger').servers[0]?.requests.map(({ state, mid }) => [state, mid]),
    [['unsent', failed.mid]],
  );
});

test('the cuid follows from the public key of the certificate (RFC 9132 section 4.4.1.1)', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const { json } = scene(t);
  const pem = readFileSync(proofs[proofs.indexOf('--cert') + 1] ?? '');
  const key = new X509Certificate(pem).publicKey.export({ type: 'spki', format: 'der' });
  const derived = createHash('sha256').update(key).digest().subarray(0, 16).toString('base64url');
  assert.equal(json('send', 'a.dots.json', '--server', coaps, ...proofs.slice(0, -2)).cuid, derived);
});

test('a mid that is refused because the server has a higher one is outdone only where what that replaces is allowed', async (t) => {
  const { signal } = await startMock(t);
  const to = ['--server', signal, '--cuid', 'one'];
  assert.equal(scene(t).run('send', 'a.dots.json', ...to, '--mid', '3000000000').status, 0);
  // Another ledger of the same client, such as on another machine.
  const { run, json } = scene(t);
  const refused = run('send', 'a.dots.json', ...to);
  assert.equal(refused.status, 1);
  assert.match(refused.out, /^4\.09 /);
  assert.match(refused.out, /because of mid 3000000000 \(192\.0\.2\.0\/24\)\.[\s\S]*Use --replace/);
  const again = run('send', 'a.dots.json', ...to);
  assert.deepEqual([again.status, again.out], [1, '']);
  assert.match(again.err, /Not sent: it would replace mid 3000000000 \(192\.0\.2\.0\/24\).* Use --replace/);
  const replaced = json('send', 'a.dots.json', ...to, '--replace');
  assert.deepEqual([replaced.code, replaced.mid, replaced.replaced], ['2.01', 3_000_000_002, [3_000_000_000]]);
});

test('another refusal is no reason for a higher mid', async (t) => {
  const { signal } = await startMock(t);
  const { path, run, json } = scene(t);
  assert.equal(run('send', 'b.dots.json', '--server', signal).status, 0);
  const alias = join(
    folder(t, { 'c.dots.json': request.replace(/"target-prefix": \[[^\]]*\]/, '"alias-name": ["a"]') }),
  );
  const { status } = run('send', join(alias, 'c.dots.json'), '--server', signal, '--replace');
  assert.equal(status, 1, path);
  const states = json('ledger').servers[0]?.requests.map(({ state }) => state);
  assert.deepEqual(states, ['accepted', 'refused']);
});

test('status, refresh and withdraw find what was sent, without a word on where', async (t) => {
  const { signal } = await startMock(t);
  const { run, json } = scene(t);
  const { mid } = json('send', 'a.dots.json', '--server', signal);
  const status = json('status');
  const [server] = status.servers;
  assert.deepEqual(Object.keys(status), ['version', 'servers']);
  assert.equal(server?.server, signal.replace('coap://', ''));
  const [mitigation] = server.mitigations;
  assert.deepEqual(
    [mitigation?.mid, mitigation?.state, typeof mitigation?.status, typeof mitigation?.lifetime],
    [mid, 'accepted', 'string', 'number'],
  );
  assert.match(String(mitigation?.file), /a\.dots\.json$/);
  const refreshed = run('refresh');
  assert.deepEqual([refreshed.status, refreshed.err], [0, '']);
  assert.match(refreshed.out, new RegExp(`Mid ${String(mid)}: granted 3600 s`));
  const withdrawn = run('withdraw', 'a.dots.json');
  assert.equal(withdrawn.status, 0);
  assert.match(withdrawn.out, /confirmed the withdrawal/);
  assert.equal(json('ledger').servers[0]?.requests[0]?.state, 'withdrawn');
  const nothing = run('withdraw');
  assert.deepEqual([nothing.status, nothing.out], [2, '']);
  assert.match(nothing.err, /No mitigation in the ledger is running/);
});

test('a mid that the ledger does not know is asked of the server that is named', async (t) => {
  const { signal } = await startMock(t);
  const to = ['--server', signal, '--cuid', 'one'];
  assert.equal(scene(t).run('send', 'a.dots.json', ...to, '--mid', '7').status, 0);
  const { run, json } = scene(t);
  const status = json('status', ...to).servers[0];
  assert.deepEqual(
    status?.mitigations.map(({ mid, state, file }) => [mid, state, file]),
    [[7, null, null]],
  );
  assert.equal(json('send', 'b.dots.json', ...to).mid, 8, 'what a server reports counts');
  assert.equal(run('withdraw', '7', ...to).status, 0);
  assert.match(run('withdraw', '12', ...to).out, /The ledger does not have mid 12\. A server also confirms/);
  assert.equal(run('status', '9', ...to).status, 1);
});

test('withdraw --all ends all of the client, also what only the server knows, and asks nothing off a terminal', async (t) => {
  const { signal } = await startMock(t);
  const to = ['--server', signal, '--cuid', 'one'];
  assert.equal(scene(t).run('send', 'a.dots.json', ...to, '--mid', '7').status, 0);
  const { run, json } = scene(t);
  assert.equal(run('send', 'b.dots.json', ...to).status, 0);
  const several = run('status', '--format', 'json', ...to);
  assert.equal((JSON.parse(several.out) as Json).servers[0]?.mitigations.length, 2);
  assert.equal(run('withdraw', '--all', ...to).status, 0);
  assert.deepEqual(
    json('status', ...to).servers[0]?.mitigations.map(({ status }) => status),
    ['dots-client-withdrawn-mitigation', 'dots-client-withdrawn-mitigation'],
  );
  assert.equal(run('withdraw', '--all', ...to).status, 0);
});

test('where several mitigations run, one has to be named', async (t) => {
  const { signal } = await startMock(t);
  const { run, json } = scene(t);
  for (const file of ['a.dots.json', 'b.dots.json']) assert.equal(run('send', file, '--server', signal).status, 0);
  const { status, err } = run('withdraw');
  assert.equal(status, 2);
  assert.match(err, /2 mitigations are running, mid \d+, \d+: nothing was withdrawn\. Specify one/);
  assert.equal(json('refresh', '--all').servers[0]?.mitigations.length, 2);
});

test('a server that has gone: exit 3, and the last known states', async (t) => {
  const { signal, child } = await startMock(t);
  const { run } = scene(t);
  assert.equal(run('send', 'a.dots.json', '--server', signal).status, 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const { status, out } = run('status', '--timeout', '1');
  assert.equal(status, 3);
  assert.match(out, /mid \d+ {2}accepted {2}192\.0\.2\.0\/24[\s\S]*last ones known/);
});

test('what a timeout left unanswered is resolved by the next contact', async (t) => {
  const { signal, child } = await startMock(t);
  const port = signal.slice(signal.lastIndexOf(':') + 1);
  const { run, json } = scene(t);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const silent = createSocket('udp4').bind(Number(port), '127.0.0.1');
  await once(silent, 'listening');
  assert.equal(run('send', 'a.dots.json', '--server', signal, '--timeout', '1').status, 3);
  silent.close();
  await once(silent, 'close');
  await startMock(t, '--signal-port', port);
  const { out } = run('status');
  assert.match(out, /The server does not have mid \d+: it has ended, or never arrived\./);
  assert.equal(json('ledger').servers[0]?.requests[0]?.state, 'ended');
});

test('what a timeout left unanswered is resolved by any command that reaches the server', async (t) => {
  const { signal, child } = await startMock(t);
  const port = signal.slice(signal.lastIndexOf(':') + 1);
  const { run, json } = scene(t);
  child.kill('SIGKILL');
  await once(child, 'exit');
  const silent = createSocket('udp4').bind(Number(port), '127.0.0.1');
  await once(silent, 'listening');
  const lost = json('send', 'a.dots.json', '--server', signal, '--timeout', '1');
  silent.close();
  await once(silent, 'close');
  await startMock(t, '--signal-port', port);
  const { out } = run('send', 'b.dots.json', '--server', signal, '--timeout', '1');
  assert.match(out, new RegExp(`Mid ${String(lost.mid)} had no answer before: the server does not have it`));
  assert.deepEqual(
    json('ledger').servers[0]?.requests.map(({ state }) => state),
    ['ended', 'accepted'],
  );
});

test('a profile leads back, also where DOTS_PROFILE names it', async (t) => {
  const { coaps, proofs } = await secureMock(t);
  const [, ca, , certificate, , key] = proofs;
  const path = folder(t, {
    'a.dots.json': request,
    'profiles.json': JSON.stringify({ profiles: { lab: { signal: coaps, ca, certificate, key } } }),
  });
  const run = (environment: Record<string, string>, ...words: string[]): Run =>
    dots([...words, '--profiles', 'profiles.json', '--ledger', join(path, 'ledger')], '', path, environment);
  const sent = run({ DOTS_PROFILE: 'lab' }, 'send', 'a.dots.json');
  assert.deepEqual([sent.status, sent.err], [0, '']);
  assert.match(sent.out, /Next: dots status \d+ --profile lab --profiles profiles\.json --ledger \S+ shows/);
  assert.match(run({}, 'status').out, /\(profile lab\)[\s\S]*mid \d+/);
  writeFileSync(
    join(path, 'profiles.json'),
    JSON.stringify({ profiles: { lab: { signal: 'coaps://127.0.0.1:1', ca, certificate, key } } }),
  );
  const moved = run({}, 'status');
  assert.deepEqual(
    [moved.status, /The profile "lab" leads to coaps:\/\/127\.0\.0\.1:1, not to/.test(moved.out)],
    [2, true],
  );
  const [mid = ''] = /(?<=mid )\d+/.exec(sent.out) ?? [];
  for (const words of [
    ['withdraw'],
    ['withdraw', mid],
    ['refresh'],
    ['refresh', 'a.dots.json'],
    ['withdraw', '--all'],
  ]) {
    const { status, out } = run({}, ...words);
    assert.equal(status, 2, words.join(' '));
    assert.match(out, new RegExp(`mid ${mid} {2}accepted[\\s\\S]*The profile "lab" leads to`), words.join(' '));
  }
  assert.equal(
    dots(['withdraw', '--all', '--server', coaps, ...proofs.slice(0, -2), '--ledger', join(path, 'ledger')]).status,
    0,
  );
});

test(
  'an interrupted dots send says what is known and how to take it back',
  { skip: process.platform === 'win32' },
  async (t) => {
    const socket = createSocket('udp4').bind(0, '127.0.0.1');
    t.after(() => socket.close());
    await once(socket, 'listening');
    const { path, json } = scene(t);
    const server = `coap://127.0.0.1:${socket.address().port}`;
    const words = ['send', 'a.dots.json', '--server', server, '--ledger', join(path, 'ledger')];
    const child = spawn(process.execPath, [command, ...words], { cwd: path });
    let err = '';
    child.stderr.on('data', (part: Buffer) => (err += part.toString()));
    await once(socket, 'message');
    child.kill('SIGINT');
    assert.deepEqual(await once(child, 'close'), [3, null]);
    assert.match(err, /may have arrived as mid \d+: dots status .* dots withdraw .* withdraws it/);
    assert.equal(json('ledger').servers[0]?.requests[0]?.state, 'unanswered');
  },
);
