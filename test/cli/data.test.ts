import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { text } from 'node:stream/consumers';
import { openLab } from '#dots/transport/certificates/lab';
import { acls, dots, folder, request, startDots, startMock } from '../support/dots';

const cuid = ['--cuid', 'dz6pHjaADkaFTbjr0JGBpw'];
const filesOf = (ready: Record<string, unknown>): string[] =>
  ['ca', 'cert', 'key'].flatMap((name) => [`--${name}`, String(ready[name])]);

test('mock prints its data channel and the files that open it', async (t) => {
  const { ready } = await startMock(t, '--data-port', '0', '--state', join(folder(t), 'state'));
  assert.deepEqual(Object.keys(ready), [
    'version',
    'event',
    'signal',
    'coaps',
    'coapsTcp',
    'data',
    'ca',
    'cert',
    'key',
    'profiles',
    'clients',
    'dms',
  ]);
  assert.match(String(ready.data), /^https:\/\/127\.0\.0\.1:\d+$/);
  assert.match(readFileSync(String(ready.ca), 'utf8'), /BEGIN CERTIFICATE/);
  assert.equal(statSync(String(ready.key)).mode & 0o777, 0o600);
});

test('an ACL is installed; the client registers first and says so; again it is replaced', async (t) => {
  const { ready } = await startMock(t);
  const send = (...more: string[]): ReturnType<typeof dots> =>
    dots(['send', '-', '--server', String(ready.data), ...filesOf(ready), ...cuid, ...more], acls);
  const first = send();
  assert.deepEqual([first.status, first.err], [0, '']);
  assert.match(first.out, /^The client was not registered; dots registered it first/);
  assert.match(first.out, /^201 Created: /m);
  const second = send('--format', 'json');
  const { status, ok, registered, replaced } = JSON.parse(second.out) as Record<string, unknown>;
  assert.deepEqual([second.status, status, ok, registered, replaced], [0, 204, true, false, true]);
});

test('a mitigation puts the ACL in force: flowspec --state shows both', async (t) => {
  const state = join(folder(t), 'state');
  const { ready } = await startMock(t, '--state', state);
  dots(['send', '-', '--server', String(ready.data), ...filesOf(ready), ...cuid], acls);
  const idle = dots(['flowspec', '--state', state]);
  assert.deepEqual([idle.status, /no rule is in force/.test(idle.err)], [0, true]);
  dots(['send', '-', '--server', String(ready.coapsTcp), ...filesOf(ready), ...cuid], request);
  const { status, out } = dots(['flowspec', '--state', state, '--format', 'json']);
  const { rules } = JSON.parse(out) as { rules: { text: string }[] };
  assert.deepEqual([status, rules.length], [0, 2]);
  assert.match(dots(['flowspec', '--state', state]).out, /192\.0\.2\.0\/24/);
});

test('not authenticated: exit 3, and which check failed', async (t) => {
  const { ready } = await startMock(t);
  const { ready: other } = await startMock(t);
  const send = (...more: string[]): ReturnType<typeof dots> =>
    dots(['send', '-', '--server', String(ready.data), ...more, ...cuid], acls);
  const cases: [words: string[], message: RegExp][] = [
    [['--ca', String(other.ca), '--cert', String(ready.cert), '--key', String(ready.key)], /not signed by the CA/],
    [['--ca', String(ready.ca)], /requires a client certificate, and none was configured/],
    [
      ['--ca', String(ready.ca), '--cert', String(other.cert), '--key', String(other.key)],
      /closed the connection without an answer; often that is because it does not accept this client certificate/,
    ],
  ];
  for (const [words, message] of cases) {
    const { status, out, err } = send(...words);
    assert.deepEqual([status, out], [3, '']);
    assert.match(err, message);
  }
});

test('a refusal is exit 1 with the reason of the server', async (t) => {
  const { ready } = await startMock(t);
  dots(['send', '-', '--server', String(ready.data), ...filesOf(ready), ...cuid], acls);
  const { status, out } = dots(
    ['send', '-', '--server', String(ready.data), ...filesOf(ready), '--cuid', 'other'],
    acls.replace('access-control-list:drop', 'access-control-list:accept'),
  );
  assert.equal(status, 1);
  assert.match(out, /409 Conflict[\s\S]*conflicts with a filter of another client[\s\S]*resource-denied/);
});

const misuse: [name: string, words: string[], input: string, message: RegExp][] = [
  ['no CA', ['send', '-', '--server', 'https://127.0.0.1:1'], acls, /--ca is missing/],
  [
    'a CA file that is not there',
    ['send', '-', '--server', 'https://127.0.0.1:1', '--ca', 'nowhere.pem'],
    acls,
    /nowhere\.pem cannot be read/,
  ],
  [
    'a certificate without its key',
    ['send', '-', '--server', 'https://127.0.0.1:1', '--ca', 'x', '--cert', 'x'],
    acls,
    /client certificate requires its key/,
  ],
  [
    'an address with a path',
    ['send', '-', '--server', 'https://127.0.0.1:1/restconf', '--ca', 'x'],
    acls,
    /not the address of a DOTS data channel/,
  ],
  ['a request over https', ['send', '-', '--server', 'https://127.0.0.1:1', '--ca', 'x'], request, /signal channel/],
  ['a state folder that is not there', ['flowspec', '--state', 'nowhere'], '', /no state folder/],
  ['a state folder and a file', ['flowspec', 'x', '--state', 'nowhere'], '', /accepts? no file/],
];

for (const [name, words, input, message] of misuse) {
  test(`${name}: exit 2 and a sentence`, () => {
    const { status, out, err } = dots(words, input);
    assert.deepEqual([status, out], [2, '']);
    assert.match(err, message);
    assert.equal(err.trim().split('\n').length, 1);
  });
}

test(
  'an interrupted installation says that it may have arrived, and what shows that',
  { skip: process.platform === 'win32' },
  async (t) => {
    const lab = await openLab(folder(t));
    let asked: () => void = () => undefined;
    const installing = new Promise<void>((resolve) => (asked = resolve));
    const server = createServer({ ...lab.server }, ({ method }, response) => {
      if (method === 'GET') response.writeHead(404).end();
      else asked();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => {
      server.close();
      server.closeAllConnections();
    });
    const { ca, cert, key } = lab.files;
    const path = folder(t, { 'acl.dots.json': acls });
    const words = ['--ca', ca, '--cert', String(cert), '--key', String(key), ...cuid, '--format', 'json'];
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const child = startDots(t, ['send', join(path, 'acl.dots.json'), '--server', url, ...words]);
    await installing;
    child.kill('SIGINT');
    const ended = once(child, 'exit');
    const { sent, error } = JSON.parse(await text(child.stdout)) as { sent: boolean; error: Record<string, string> };
    assert.deepEqual([sent, error.code, await ended], [true, 'data/cancelled', [3, null]]);
    assert.match(`${error.message} ${error.hint}`, /may have arrived.* dots data get shows what the server has\./);
  },
);
