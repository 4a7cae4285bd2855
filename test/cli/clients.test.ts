import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { test, type TestContext } from 'node:test';
import { acls, command, dots, folder, request, startMock, type Run } from '../support/dots';

type Ready = Record<string, unknown>;

const profilesOf = (ready: Ready): Record<string, Record<string, unknown>> =>
  (JSON.parse(readFileSync(String(ready.profiles), 'utf8')) as { profiles: Record<string, Record<string, unknown>> })
    .profiles;

const as =
  (ready: Ready) =>
  (profile: string, document = request, ...more: string[]): Run =>
    dots(['send', '-', '--profiles', String(ready.profiles), '--profile', profile, ...more], document);

/** A mock whose clients are those of a file. */
async function withClients(t: TestContext, clients: object, ...words: string[]): Promise<Ready> {
  const path = folder(t, { 'dots.clients.json': JSON.stringify(clients) });
  return (await startMock(t, '--clients', join(path, 'dots.clients.json'), ...words)).ready;
}

test('the profiles file of the ready line leads to both channels, and is without findings', async (t) => {
  const { ready } = await startMock(t);
  const { lab, ...others } = profilesOf(ready);
  assert.deepEqual(others, {});
  assert.deepEqual(
    [lab?.data, lab?.production, lab?.['own-prefixes']],
    [ready.data, false, ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32']],
  );
  assert.equal(dots(['validate', String(ready.profiles)]).status, 0);
  const send = as(ready);
  assert.deepEqual([send('lab').status, send('lab', acls).status], [0, 0]);
});

test('without --plain there is no plain CoAP, and standard error names the clients', async (t) => {
  const child = spawn(process.execPath, [command, 'mock'], { env: { ...process.env, TMPDIR: folder(t) } });
  t.after(() => child.kill('SIGKILL'));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const ready = JSON.parse(line) as Ready;
  assert.ok(!('signal' in ready));
  child.kill('SIGTERM');
  assert.match(await text(child.stderr), /is a separate client, for any prefixes and any number of cuids.*--clients/);
});

test('each client of the file that the lab has a certificate for has a profile, and is held to its cuid and prefixes', async (t) => {
  const ready = await withClients(t, {
    clients: [
      { name: 'web-1', cuid: 'web', 'own-prefixes': ['192.0.2.0/24'] },
      { name: 'web-2', 'own-prefixes': ['198.51.100.0/24', '203.0.113.5/32'] },
    ],
    names: { 'www.example.com': ['203.0.113.5'] },
  });
  const profiles = profilesOf(ready);
  assert.deepEqual(Object.keys(profiles), ['lab', 'web-1', 'web-2']);
  assert.deepEqual(profiles.lab, profiles['web-1']);
  assert.match(String(ready.cert), /web-1/);
  const send = as(ready);
  assert.equal(send('web-1').status, 0);
  assert.equal(send('web-1', request, '--cuid', 'other').status, 1);
  const refused = send('web-2');
  assert.equal(refused.status, 1);
  assert.match(refused.err + refused.out, /not within your own prefixes/, 'dots itself sends nothing');
  const { ca, certificate, key } = profiles['web-2'] ?? {};
  const inLab = (name: unknown): string => join(dirname(String(ready.profiles)), String(name));
  const files = ['--ca', inLab(ca), '--cert', inLab(certificate), '--key', inLab(key)];
  const unchecked = dots(['send', '-', '--server', String(ready.coapsTcp), '--cuid', 'two', ...files], request);
  assert.equal(unchecked.status, 1);
  assert.match(unchecked.out, /"192\.0\.2\.0\/24" is outside of this client's prefixes/);
  assert.equal(send('web-2', request.replace('192.0.2.0/24', '198.51.100.0/24')).status, 0);
  const byName = request.replace('"target-prefix": ["192.0.2.0/24"]', '"target-fqdn": ["WWW.example.com"]');
  assert.equal(send('web-2', byName).status, 0);
});

test('dots mock cert issues a certificate that the running mock accepts, and that a clients file can name', async (t) => {
  const state = join(folder(t), 'state');
  const issue = (...words: string[]): Run => dots(['mock', 'cert', ...words]);
  const first = issue('edge-2', '--state', state);
  assert.equal(first.status, 0);
  const issued = JSON.parse(first.out) as Record<string, string>;
  assert.deepEqual(Object.keys(issued), ['version', 'name', 'ca', 'cert', 'key', 'spki-sha256']);
  assert.ok(['ca', 'cert', 'key'].every((file) => isAbsolute(issued[file] ?? '')));
  assert.equal(issue('edge-2', '--state', state).out, first.out, 'the same key again');
  const { ca = '', cert = '', key = '' } = issued;
  const file = join(folder(t), 'c.json');
  writeFileSync(file, JSON.stringify({ clients: [{ name: 'edge', identities: [{ certificate: cert }], cuid: 'e' }] }));
  const { ready } = await startMock(t, '--state', state, '--clients', file);
  const send = (proof: string[]): Run =>
    dots(['send', '-', '--server', String(ready.coapsTcp), '--cuid', 'e', '--ca', ca, ...proof], request);
  assert.equal(send(['--cert', cert, '--key', key]).status, 0);
  const later = JSON.parse(issue('late', '--state', state).out) as Record<string, string>;
  const refused = send(['--cert', later.cert ?? '', '--key', later.key ?? '']);
  assert.equal(refused.status, 1);
  assert.match(refused.out, new RegExp(`"spki-sha256":"${later['spki-sha256'] ?? '?'}"`));
  for (const words of [
    [],
    ['a'],
    ['a', 'b', '--state', state],
    ['../x', '--state', state],
    ['x-key', '--state', state],
  ])
    assert.equal(issue(...words).status, 2, words.join(' '));
});

test('a clients file with errors, one that is not there, and one that names no certificate: exit 2', (t) => {
  const path = folder(t, {
    'bad.json': '{"clients": [{"name": "a", "cuid": "x"}, {"name": "a", "cuid": "x"}, {"nane": "b"}]}',
    'cert.json': '{"clients": [{"name": "a", "identities": [{"certificate": "none.pem"}]}]}',
  });
  const start = (name: string): Run => dots(['mock', '--clients', join(path, name)]);
  const bad = start('bad.json');
  assert.equal(bad.status, 2);
  assert.match(bad.err, /json\/config-duplicate.*json\/config-duplicate.*json\/config-m/s);
  assert.match(start('none.json').err, /none\.json cannot be read: there is no such file/);
  assert.match(start('cert.json').err, /certificate of the client "a" cannot be read from .*none\.pem/);
  const validated = dots(['validate', join(path, 'bad.json'), '--format', 'json']);
  assert.match(validated.out, /"kind": "clients"/);
});
