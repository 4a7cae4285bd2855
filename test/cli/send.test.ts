import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { decodeMessage, encodeMessage } from '#dots/coap/messages/codec';
import { noBytes, type Message } from '#dots/coap/messages/message';
import { option } from '#dots/coap/messages/options';
import { acls, dots, faulty, folder, request, startDots, startMock } from '../support/dots';
import { root } from '../support/shared';

/** A loopback address where nobody listens, and one where a socket takes everything and says nothing. */
async function silentServer(t: TestContext): Promise<string> {
  const socket = createSocket('udp4');
  t.after(() => socket.close());
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return `coap://127.0.0.1:${socket.address().port}`;
}

test('mock tells one line of JSON when it is ready, and SIGTERM and SIGINT end it with exit 0', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    const { child, ready } = await startMock(t);
    assert.equal(ready.event, 'ready');
    assert.match(String(ready.signal), /^coap:\/\/127\.0\.0\.1:\d+$/);
    child.kill(signal);
    const [status] = (await once(child, 'exit')) as [number | null];
    assert.equal(status, 0);
  }
});

test('a request that is accepted: exit 0, the code in words, the lifetime and the body', async (t) => {
  const { signal } = await startMock(t);
  const run = dots(['send', '-', '--server', signal, '--cuid', 'dz6pHjaADkaFTbjr0JGBpw', '--mid', '12'], request);
  assert.deepEqual([run.status, run.err], [0, '']);
  assert.match(run.out, /^2\.01 Created: /);
  assert.match(run.out, /Granted lifetime: 3600 s \(1 h\)/);
  assert.match(run.out, /PUT .*cuid=dz6pHjaADkaFTbjr0JGBpw\/mid=12/);
  assert.match(run.out, /"mid": 12/);
});

test('the same as JSON; a repetition is an update, a smaller mid for the same target a conflict', async (t) => {
  const { signal } = await startMock(t);
  const send = (mid: number): { status: number | null; answer: Record<string, unknown> } => {
    const { status, out } = dots(
      ['send', '-', '--server', signal, '--cuid', 'dz6pHjaADkaFTbjr0JGBpw', '--mid', String(mid), '--format', 'json'],
      request,
    );
    return { status, answer: JSON.parse(out) as Record<string, unknown> };
  };
  const first = send(12);
  assert.deepEqual(
    [
      first.status,
      first.answer.code,
      first.answer.meaning,
      first.answer.ok,
      first.answer.grantedLifetime,
      first.answer.mid,
    ],
    [0, '2.01', 'Created', true, 3600, 12],
  );
  assert.deepEqual([send(12).answer.code, send(11).answer.code, send(11).status], ['2.04', '4.09', 1]);
});

test('a lifetime that is not the one asked for, and a conflict, are reported in words', async (t) => {
  const { signal } = await startMock(t);
  const send = (cuid: string, mid: string, document: string): string =>
    dots(['send', '-', '--server', signal, '--cuid', cuid, '--mid', mid], document).out;
  assert.match(send('one', '12', request.replace('3600', '-1')), /^Granted lifetime: .*requested indefinite \(-1\)/m);
  assert.match(
    send('one', '11', request),
    /^Conflict: another request is for the same targets \(mid 12\)\. Withdraw that request first, or .*\.$/m,
  );
  assert.match(
    send('two', '1', request),
    /^Conflict: another request is for the same targets \(192\.0\.2\.0\/24\); this request is in force\. Nothing to do; .*\.$/m,
  );
});

test('the identifiers reported are those of the path', async (t) => {
  const { signal } = await startMock(t);
  const heartbeat = dots(
    ['send', '-', '--server', signal, '--cuid', 'one', '--mid', '12'],
    '{"ietf-dots-signal-channel:heartbeat":{"peer-hb-status":true}}',
  ).out;
  assert.doesNotMatch(heartbeat, /cuid|mid/);
  const telemetry = readFileSync(join(root, 'examples/telemetry.dots.json'));
  assert.match(
    dots(['send', '-', '--server', signal, '--cuid', 'one', '--mid', '12'], telemetry).out,
    /^cuid one, tmid 12$/m,
  );
});

test('with --format json there is an object on standard output where no answer came', async (t) => {
  const server = await silentServer(t);
  const send = (
    input: string,
    ...more: string[]
  ): { status: number | null; report: { sent?: boolean; findings?: { code: string }[]; error?: { code: string } } } => {
    const { status, out } = dots(['send', '-', '--format', 'json', '--timeout', '1', ...more], input);
    return { status, report: JSON.parse(out) as ReturnType<typeof send>['report'] };
  };
  const blocked = send(faulty, '--server', server);
  assert.deepEqual(
    [blocked.status, blocked.report.sent, blocked.report.findings?.map(({ code }) => code)],
    [1, false, ['yang/wrong-type']],
  );
  const silent = send(request, '--server', server);
  assert.deepEqual([silent.status, silent.report.sent, silent.report.error?.code], [3, true, 'signal/no-answer']);
  const broken = send('{', '--server', server);
  assert.deepEqual([broken.status, broken.report.sent, (broken.report.findings ?? []).length > 0], [1, false, true]);
  const misused = send(request);
  assert.deepEqual([misused.status, misused.report.sent, misused.report.error?.code], [2, false, 'cli/usage']);
});

test('without cuid and mid new ones are generated and reported', async (t) => {
  const { signal } = await startMock(t);
  assert.match(dots(['send', '-', '--server', signal], request).out, /cuid [\w-]{22}, mid \d{10}\n/);
});

test('a server that does not answer: exit 3', async (t) => {
  const run = dots(['send', '-', '--server', await silentServer(t), '--timeout', '1'], request);
  assert.deepEqual([run.status, run.out], [3, '']);
  assert.match(run.err, /did not answer/);
  assert.equal(run.err.trim().split('\n').length, 1);
});

test('a document with errors is not sent: exit 1, and its findings', async (t) => {
  const run = dots(['send', '-', '--server', await silentServer(t)], faulty);
  assert.deepEqual([run.status, run.out], [1, '']);
  assert.match(run.err, /yang\/wrong-type[\s\S]*not sent/);
});

test('what only a server writes is not sent: exit 1', async (t) => {
  const status = request.replace('"lifetime"', '"mid": 1, "status": "attack-mitigation-in-progress", "lifetime"');
  const run = dots(['send', '-', '--server', await silentServer(t), '--timeout', '1'], status);
  assert.deepEqual([run.status, run.out], [1, '']);
  assert.match(run.err, /rfc\/server-only-member[\s\S]*not sent/);
});

const misuse: [name: string, words: string[], input: string, message: RegExp][] = [
  ['no server', ['send', '-'], request, /--server is missing/],
  ['an address that is none', ['send', '-', '--server', 'coap://'], request, /"coap:\/\/" is not the address/],
  [
    'a secure server, and nothing to prove oneself with',
    ['send', '-', '--server', 'dots.example.net'],
    request,
    /dots\.example\.net requires DTLS or TLS/,
  ],
  ['plain CoAP off loopback', ['send', '-', '--server', 'coap://192.0.2.1'], request, /192\.0\.2\.1/],
  ['a data channel document', ['send', '-', '--server', 'coap://127.0.0.1:1'], acls, /data channel \(https\)/],
  [
    'a mid that is none',
    ['send', '-', '--server', 'coap://127.0.0.1:1', '--mid', '1e3'],
    request,
    /--mid must be a whole number/,
  ],
  ['no time at all', ['send', '-', '--server', 'coap://127.0.0.1:1', '--timeout', '0'], request, /--timeout/],
  [
    'a limited wait without a limit',
    ['send', '-', '--server', 'coap://127.0.0.1:1', '--timeout', '9', '--wait'],
    request,
    /--timeout and --wait/,
  ],
  ['an empty cuid', ['send', '-', '--server', 'coap://127.0.0.1:1', '--cuid', ''], request, /cuid/],
  ['no file', ['send', '--server', 'coap://127.0.0.1:1'], '', /one file/],
  ['a mock with a file', ['mock', 'x'], '', /accepts? no file/],
  ['a mock off loopback', ['mock', '--host', '192.0.2.1'], '', /loopback/],
  ['a mock on no port', ['mock', '--plain', '--signal-port', '70000'], '', /--signal-port/],
  [
    'a port of plain CoAP that is not offered',
    ['mock', '--signal-port', '4646'],
    '',
    /only with --plain.*--secure-port/,
  ],
  ['no command that exists', ['vlaidate'], '', /Did you mean dots validate\?/],
];

for (const [name, words, input, message] of misuse) {
  test(`${name}: exit 2 and one sentence`, () => {
    const run = dots(words, input);
    assert.deepEqual([run.status, run.out], [2, '']);
    assert.match(run.err, message);
    assert.equal(run.err.trim().split('\n').length, 1);
    assert.doesNotMatch(run.err, /Internal error/);
  });
}

test('a port in use: exit 2 and one sentence that names it', async (t) => {
  const { signal } = await startMock(t);
  const port = signal.slice(signal.lastIndexOf(':') + 1);
  const run = dots(['mock', '--plain', '--signal-port', port]);
  assert.equal(run.status, 2);
  assert.match(run.err, new RegExp(port));
});

test('a state folder that is a file: exit 2', (t) => {
  const run = dots(['mock', '--state', join(folder(t, { state: '' }), 'state')]);
  assert.equal(run.status, 2);
  assert.match(run.err, /is a file, not a folder/);
});

test('a mitigation survives the mock in its state folder', async (t) => {
  const state = folder(t);
  const first = await startMock(t, '--state', state);
  assert.equal(
    dots(['send', '-', '--server', first.signal, '--cuid', 'dz6pHjaADkaFTbjr0JGBpw', '--mid', '7'], request).status,
    0,
  );
  first.child.kill('SIGTERM');
  await once(first.child, 'exit');
  const second = await startMock(t, '--state', state);
  assert.match(
    dots(['send', '-', '--server', second.signal, '--cuid', 'dz6pHjaADkaFTbjr0JGBpw', '--mid', '7'], request).out,
    /^2\.04 /,
  );
});

test('help, of dots and of each command, is complete: exit 0 on standard output', () => {
  const general = dots(['--help']);
  const commands = ['validate', 'encode', 'decode', 'send', 'mock', 'flowspec'];
  assert.deepEqual([general.status, general.err], [0, '']);
  for (const name of commands) {
    assert.match(general.out, new RegExp(`^  ${name} `, 'm'));
    const { status, out } = dots([name, '--help']);
    assert.equal(status, 0);
    for (const [option] of out.split('\n')[0]?.matchAll(/--[a-z-]+/g) ?? [])
      assert.match(out, new RegExp(`^  ${option}\\b`, 'm'));
  }
  assert.deepEqual([dots([]).status, dots(['help', 'send']).status], [2, 0]);
});

test('dots --version: that of package.json', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  assert.deepEqual([dots(['--version']).status, dots(['--version']).out], [0, `dots ${version}\n`]);
});

test('what the mock says of its doing begins with the time', async (t) => {
  const { child, signal } = await startMock(t);
  const said = once(child.stderr, 'data') as Promise<[Buffer]>;
  dots(['send', '-', '--server', signal], request);
  assert.match((await said)[0].toString(), /^\d{4}-\d\d-\d\dT[\d:.]+Z /);
});

test('a mock whose output is closed keeps running until it is ended', async (t) => {
  const child = startDots(t, ['mock']);
  await once(child.stdout, 'data');
  child.stdout.destroy();
  child.kill('SIGTERM');
  const [status] = (await once(child, 'exit')) as [number | null];
  assert.equal(status, 0);
});

test('how long the server asks to wait is reported, in words and as JSON', async (t) => {
  const server = createSocket('udp4');
  t.after(() => server.close());
  server.on('message', (bytes: Buffer, { port, address }) => {
    const asked = decodeMessage(bytes) as Message;
    server.send(
      encodeMessage({ ...asked, type: 'NON', code: '5.03', options: [option('Max-Age', 90)], payload: noBytes }),
      port,
      address,
    );
  });
  server.bind(0, '127.0.0.1');
  await once(server, 'listening');
  const send = async (...more: string[]): Promise<string> => {
    const child = startDots(t, ['send', '-', '--server', `coap://127.0.0.1:${server.address().port}`, ...more]);
    child.stdin.end(request);
    return text(child.stdout);
  };
  assert.match(await send(), /^The server asks to wait 90 s \(1 min 30 s\) before the next request\.$/m);
  assert.equal((JSON.parse(await send('--format', 'json')) as { maxAge: number }).maxAge, 90);
});
