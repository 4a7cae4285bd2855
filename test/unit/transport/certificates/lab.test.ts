import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, cpSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { DotsError } from '#dots/model/errors';
import { openLab } from '#dots/transport/certificates/lab';
import { run } from '../../../support/protocol/scene';
import { needTool } from '../../../support/tools';
import { removeFolder } from '../../../support/removeFolder';

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'dots-lab-test-'));
  t.after(() => removeFolder(path));
  return path;
}

const client = ({ files }: { files: { cert: string } }): X509Certificate =>
  new X509Certificate(readFileSync(files.cert));
const year = 365 * 24 * 3600 * 1000;

test('a lab has a CA, a server for loopback and a client; keys are for their owner only', async (t) => {
  const path = folder(t);
  const lab = await openLab(path);
  const server = new X509Certificate(lab.server.cert);
  assert.equal(server.subjectAltName, 'IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:localhost');
  assert.ok(new X509Certificate(lab.ca).ca);
  assert.ok(!server.ca && !client(lab).ca);
  for (const name of ['ca', 'server', 'client'])
    assert.equal(statSync(join(path, `${name}-key.pem`)).mode & 0o777, 0o600);
});

test('the next start uses it again', async (t) => {
  const path = folder(t);
  const first = await openLab(path);
  const second = await openLab(path);
  assert.deepEqual(second, first);
  assert.deepEqual((await openLab(path, { names: ['127.0.0.1'] })).server, first.server);
});

test('what has expired is renewed; the client keeps its key, and a CA that has expired is replaced with all it signed', async (t) => {
  const path = folder(t);
  const first = await openLab(path, { now: new Date(Date.now() - 2 * year) });
  const before = client(first);
  const second = await openLab(path);
  const after = client(second);
  assert.equal(second.ca, first.ca);
  assert.notEqual(second.server.cert, first.server.cert);
  assert.notEqual(after.fingerprint256, before.fingerprint256);
  assert.deepEqual(
    after.publicKey.export({ type: 'spki', format: 'der' }),
    before.publicKey.export({ type: 'spki', format: 'der' }),
  );
  const third = await openLab(path, { now: new Date(Date.now() + 20 * year) });
  assert.notEqual(third.ca, first.ca);
  assert.ok(client(third).verify(new X509Certificate(third.ca).publicKey));
});

test('a damaged file is made anew; a server for another address gets its name', async (t) => {
  const path = folder(t);
  await openLab(path);
  writeFileSync(join(path, 'client.pem'), 'no certificate');
  assert.ok(client(await openLab(path)).validTo);
  const { server } = await openLab(path, { names: ['127.0.0.2'] });
  assert.ok(new X509Certificate(server.cert).checkIP('127.0.0.2'));
});

test('a folder that cannot be created is reported in a sentence', async (t) => {
  const path = join(folder(t), 'file');
  writeFileSync(path, '');
  await assert.rejects(
    openLab(join(path, 'lab')),
    (error: unknown) => error instanceof DotsError && error.kind === 'usage' && error.code === 'transport/lab-folder',
  );
});

test('openssl finds the chain good for its purposes', async (t) => {
  if (!needTool(t, 'openssl', 'openssl')) return;
  const path = folder(t);
  await openLab(path);
  for (const [purpose, name] of [
    ['sslserver', 'server'],
    ['sslclient', 'client'],
  ]) {
    const { status, stderr } = await run('openssl', [
      'verify',
      '-x509_strict',
      '-purpose',
      purpose as string,
      '-CAfile',
      join(path, 'ca.pem'),
      join(path, `${name}.pem`),
    ]);
    assert.equal(status, 0, stderr);
  }
});

test('a CA that was not made there, as one in a cloned repository, is replaced with all it signed, and that is reported', async (t) => {
  const [theirs, mine] = [folder(t), folder(t)];
  const planted = await openLab(theirs);
  cpSync(theirs, mine, { recursive: true });
  const notices: string[] = [];
  const lab = await openLab(mine, { notify: (sentence) => notices.push(sentence) });
  assert.notEqual(lab.ca, planted.ca);
  const key = (name: string): [string, string] => [
    readFileSync(join(theirs, `${name}-key.pem`), 'utf8'),
    readFileSync(join(mine, `${name}-key.pem`), 'utf8'),
  ];
  for (const name of ['ca', 'server', 'client']) assert.notEqual(...key(name));
  assert.deepEqual(notices, [
    `The lab CA in ${mine} was not made there, so others may know its key: a new one replaces it.`,
  ]);
  const again = await openLab(mine, { notify: (sentence) => notices.push(sentence) });
  assert.equal(again.ca, lab.ca);
  assert.equal(notices.length, 1);
});

test('a client key that was brought along is not certified', async (t) => {
  const [theirs, mine] = [folder(t), folder(t)];
  await openLab(theirs);
  const first = await openLab(mine);
  for (const name of ['client.pem', 'client-key.pem']) cpSync(join(theirs, name), join(mine, name));
  const second = await openLab(mine);
  assert.equal(second.ca, first.ca);
  assert.ok(!client(second).checkPrivateKey(createPrivateKey(readFileSync(join(theirs, 'client-key.pem')))));
});

test('a lab that others may write to is refused', async (t) => {
  const path = folder(t);
  await openLab(path);
  chmodSync(join(path, 'ca.pem'), 0o666);
  await assert.rejects(
    openLab(path),
    (error: unknown) => error instanceof DotsError && error.code === 'runtime/not-private',
  );
});
