import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { acls, dots, folder, request, startMock, type Run } from '../support/dots';

const cuid = 'dz6pHjaADkaFTbjr0JGBpw';

/**
 * A folder with documents and their workspace file, and a profiles file beside it whose profile "lab" leads to a mock.
 */
async function scene(
  t: TestContext,
  profile: object = {},
  workspace: object = {},
): Promise<{ path: string; ready: Record<string, unknown>; send: (name: string, ...more: string[]) => Run }> {
  const { ready } = await startMock(t);
  const lab = {
    signal: ready.coapsTcp,
    data: ready.data,
    ca: ready.ca,
    certificate: ready.cert,
    key: ready.key,
    cuid: 'of-profile',
    ...profile,
  };
  const path = folder(t, {
    'dots.workspace.json': JSON.stringify({
      files: [
        { path: '*.dots.json', profile: 'lab' },
        { path: 'a.dots.json', mid: 12, cuid },
      ],
      ...workspace,
    }),
    'profiles.json': JSON.stringify({ profiles: { lab, half: { data: ready.data } } }),
    'a.dots.json': request,
    'b.dots.json': request.replace('192.0.2.0/24', '203.0.113.0/24'),
    'acl.dots.json': acls,
  });
  return {
    path,
    ready,
    send: (name, ...more) => dots(['send', join(path, name), '--profiles', join(path, 'profiles.json'), ...more]),
  };
}

test('without --server a document goes where its profile says, as the workspace file and then the profile say, and the answer shows it', async (t) => {
  const { send } = await scene(t);
  const first = send('a.dots.json');
  assert.deepEqual([first.status, first.err], [0, '']);
  assert.match(first.out, new RegExp(`^profile lab, cuid ${cuid}, mid 12$`, 'm'));
  const second = JSON.parse(send('b.dots.json', '--format', 'json').out) as Record<string, unknown>;
  assert.deepEqual([second.code, second.profile, second.cuid], ['2.01', 'lab', 'of-profile']);
  const installed = send('acl.dots.json');
  assert.deepEqual([installed.status, installed.err], [0, '']);
  assert.match(installed.out, /^profile lab, cuid of-profile$/m);
});

test('each option counts before the workspace file', async (t) => {
  const { send, ready } = await scene(t);
  const answer = JSON.parse(
    send('a.dots.json', '--cuid', 'other', '--mid', '7', '--server', String(ready.signal), '--format', 'json').out,
  ) as Record<string, unknown>;
  assert.deepEqual([answer.code, answer.profile, answer.cuid, answer.mid], ['2.01', null, 'other', 7]);
  assert.match(send('b.dots.json', '--profile', 'half').err, /profile "half" names no signal channel/);
  assert.match(
    send('b.dots.json', '--profile', 'hlaf').err,
    /no profile "hlaf" in \S+profiles\.json\. It has lab, half\./,
  );
});

test('a quirk of the server is reported before its document is sent there, and nowhere else', async (t) => {
  const { send, path, ready } = await scene(t, { quirks: ['no-target-uri'] });
  writeFileSync(
    join(path, 'b.dots.json'),
    request.replace('"target-prefix": ["192.0.2.0/24"]', '"target-uri": ["https://192.0.2.7/"]'),
  );
  const asked = send('b.dots.json');
  assert.equal(asked.status, 0);
  assert.match(asked.err, /warning The server of this document refuses URIs .*"target-prefix".*cross\/no-target-uri/);
  assert.equal(send('b.dots.json', '--server', String(ready.signal)).err.includes('no-target-uri'), false);
  const judged = dots(['validate', join(path, 'b.dots.json'), '--profiles', join(path, 'profiles.json')]);
  assert.match(judged.err + judged.out, /cross\/no-target-uri/);
});

test('a profile of production is asked for with --yes, also where only its address is named', async (t) => {
  const { send, ready } = await scene(t, { production: true });
  const hosts = ['LOCALHOST', '[::ffff:127.0.0.1]', '[::FFFF:7F00:1]', '127.0.0.2', '[::1]'];
  const same = hosts.map((host) => String(ready.coapsTcp).replace('127.0.0.1', host));
  const overDtls = [
    '0.0.0.0',
    '0',
    '[::]',
    '[::ffff:0:7f00:1]',
    '[64:ff9b::127.0.0.1]',
    '2130706433',
    'a.localhost',
  ].map((host) => String(ready.coapsTcp).replace('coaps+tcp:', 'coaps:').replace('127.0.0.1', host));
  for (const [more, why] of [
    [[], 'The profile "lab" is marked as production'],
    ...[...same, ...overDtls].map((spelt): [string[], string] => [
      ['--server', spelt],
      `${spelt} is the address of the profile "lab", which is marked as production`,
    ]),
  ] as const) {
    const { status, out, err } = send('a.dots.json', ...more);
    assert.deepEqual([status, out], [2, '']);
    assert.ok(err.startsWith(`dots send: ${why}: `), err);
    assert.match(err, /\S+a\.dots\.json was not sent to coaps(\+tcp)?:\S+ Use --yes to confirm\.\n$/i);
  }
  assert.equal(send('a.dots.json', '--yes').status, 0);
});

test('while the profiles file has faults, any server may be one of production', async (t) => {
  const { path, ready } = await scene(t);
  const faulty = join(folder(t, { 'p.json': '{ "profiles": { "mock": {} } }' }), 'p.json');
  const send = (...more: string[]): Run =>
    dots(['send', join(path, 'a.dots.json'), '--server', String(ready.signal), '--profiles', faulty, ...more]);
  const { status, out, err } = send();
  assert.deepEqual([status, out], [2, '']);
  assert.match(
    err,
    /p\.json has errors, so whether coap:\S+ is a production server is unknown: \S+a\.dots\.json was not sent to coap:/,
  );
  assert.equal(send('--yes').status, 0);
});

test('mock is no profile of the file, but the running dots mock', async (t) => {
  const path = folder(t, { 'a.dots.json': request });
  const { status, err } = dots(['send', join(path, 'a.dots.json'), '--profile', 'mock']);
  assert.equal(status, 2);
  assert.match(err, /you have no running dots mock\. Start dots mock, or specify a server with --server\./);
});

test('the severities of the workspace file decide what may be sent, and a status is not', async (t) => {
  const { path, ready } = await scene(t);
  const send = (workspace: object): Run =>
    dots([
      'send',
      join(path, 'a.dots.json'),
      '--server',
      String(ready.signal),
      '--workspace',
      join(folder(t, { 'w.json': JSON.stringify(workspace) }), 'w.json'),
    ]);
  const strict = { level: 'strict', severities: { 'yang/wrong-type': 'error' } };
  assert.equal(send(strict).status, 0);
  assert.match(
    send({ files: [{ path: '**/a.dots.json', direction: 'status' }] }).err,
    /Not sent: The workspace file marks this document as a server's status \("direction" in \S+w\.json\), so it cannot be sent\./,
  );
  const broken = send({ levle: 'strict' });
  assert.match(broken.err, /json\/config-member/);
  assert.match(
    broken.err,
    /Not sent: \S+w\.json has errors, so the target of \S+a\.dots\.json is unknown\. .*dots validate \S+w\.json\./,
  );
  assert.equal(broken.status, 2);
});

test('encode prints where the document would go', async (t) => {
  const { path } = await scene(t);
  const encoded = (...words: string[]): unknown =>
    (JSON.parse(dots(['encode', ...words, '--format', 'json']).out) as { path: unknown }).path;
  assert.equal(encoded(join(path, 'a.dots.json')), `/.well-known/dots/mitigate/cuid=${cuid}/mid=12`);
  assert.equal(
    encoded(join(path, 'a.dots.json'), '--mid', '13', '--cuid', 'x'),
    '/.well-known/dots/mitigate/cuid=x/mid=13',
  );
  assert.equal(encoded(join(path, 'b.dots.json')), null);
});

test('flowspec writes for the target router, and knows the prefixes of the profile', async (t) => {
  const { path } = await scene(t, { 'own-prefixes': ['192.0.2.0/24', '203.0.113.0/24'] }, { 'target-router': 'bird' });
  const run = (...more: string[]): string =>
    dots(['flowspec', join(path, 'acl.dots.json'), '--profiles', join(path, 'profiles.json'), ...more]).out;
  assert.match(run(), /flow4/);
  assert.match(run('--format', 'table'), /^#  FAMILY/);
  const anywhere = folder(t, {
    'w.json': JSON.stringify({ files: [{ path: '**', profile: 'lab' }] }),
    'acl.dots.json': acls.replace('"ipv4": {"destination-ipv4-network": "192.0.2.0/24"}, ', ''),
  });
  assert.match(
    dots([
      'flowspec',
      join(anywhere, 'acl.dots.json'),
      '--workspace',
      join(anywhere, 'w.json'),
      '--profiles',
      join(path, 'profiles.json'),
    ]).out,
    /dst 203\.0\.113\.0\/24/,
  );
});

test('what the workspace file forbids of a document is not sent: targets beyond its own prefixes', async (t) => {
  const { send } = await scene(t, {}, { 'own-prefixes': ['198.51.100.0/24'] });
  const { status, out, err } = send('a.dots.json');
  assert.deepEqual([status, out], [1, '']);
  assert.match(err, /cross\/foreign-target/);
  const { send: free } = await scene(t, { 'own-prefixes': ['192.0.2.0/24'] }, { 'own-prefixes': ['198.51.100.0/24'] });
  assert.equal(free('a.dots.json').status, 0);
});

test('what is wrong with an address is reported before credentials are asked for', (t) => {
  const path = join(folder(t, { 'a.dots.json': request }), 'a.dots.json');
  const wrong = {
    '': /The address of the server is empty/,
    'http://': /has the scheme http, which is not a scheme/,
    'mock:': /"mock:" is not the address/,
    'coaps://a.example:70000': /a\.example:70000.*its port is above 65535/,
    'https://': /is not the address of a DOTS data channel/,
    'https://a.example:70000': /data channel: its port is above 65535/,
    'https://[fe80::1%25eth0]': /data channel: an https address has no zone/,
    'https://2001:db8::1': /data channel: an IPv6 address needs brackets/,
  };
  for (const [server, words] of Object.entries(wrong)) {
    const { status, err } = dots(['send', path, '--server', server]);
    assert.equal(status, 2, server);
    assert.match(err, words);
  }
});

test('without a cuid the one that follows from the client is used, the same each time', async (t) => {
  const { ready } = await startMock(t);
  const path = join(folder(t, { 'a.dots.json': request }), 'a.dots.json');
  const send = (): string =>
    /^cuid (\S+), mid 5$/m.exec(dots(['send', path, '--server', String(ready.signal), '--mid', '5']).out)?.[1] ?? '';
  const first = send();
  assert.match(first, /^[\w-]{22}$/);
  assert.equal(send(), first);
});

test('a profile with a pre-shared key wants the file of the key, and decides between the keys of nobody else', (t) => {
  const path = folder(t, {
    'a.dots.json': request,
    'p.json': JSON.stringify({ profiles: { edge: { signal: 'coaps://dots.example', 'psk-identity': 'edge-1' } } }),
  });
  const { status, err } = dots([
    'send',
    join(path, 'a.dots.json'),
    '--profile',
    'edge',
    '--profiles',
    join(path, 'p.json'),
  ]);
  assert.equal(status, 2);
  assert.match(
    err,
    /The profile "edge" has the pre-shared key identity "edge-1", but no key is specified\. Specify its file with --psk-key-file, or /,
  );
});

test(
  'a state folder that cannot be created or written is reported at once',
  { skip: process.platform !== 'linux' },
  () => {
    const reasons = {
      '/proc/foo':
        /cannot be created: no folder can be created in its parent\. Choose a folder that you may write to\./,
      '/proc': /The state folder \/proc cannot be used: permission denied\. Choose a folder that you may write to\./,
    };
    for (const [state, reason] of Object.entries(reasons)) {
      const { status, err } = dots(['mock', '--state', state]);
      assert.equal(status, 2, err);
      assert.match(err, reason);
    }
  },
);

test('no profile and no server: exit 2 and what to do', (t) => {
  const path = folder(t, { 'a.dots.json': request });
  const none = join(folder(t, { 'p.json': '{}' }), 'p.json');
  assert.match(
    dots(['send', join(path, 'a.dots.json'), '--profiles', none]).err,
    /--server is missing.*or a --profile/,
  );
  assert.match(
    dots(['send', join(path, 'a.dots.json'), '--profile', 'lab', '--profiles', none]).err,
    /no profile "lab" in \S+ It has none\./,
  );
});
