import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { certify } from '#dots/transport/certificates/certificates';
import { acls, command, dots, folder, request, startMock, type Run } from '../support/dots';
import { needTool } from '../support/tools';

const password = 'correct horse battery staple';
const cuid = 'dz6pHjaADkaFTbjr0JGBpw';

interface Scene {
  path: string;
  ready: Record<'coaps' | 'coapsTcp' | 'data' | 'ca' | 'cert' | 'key', string>;
  /** Writes a profiles file of one profile, with what differs from the lab's. */
  profile(differences: object): void;
  /** Runs `dots` with that profile. */
  run(words: readonly string[], input?: string): Run;
}

async function scene(t: TestContext, ...mock: string[]): Promise<Scene> {
  const state = folder(t);
  const { ready } = (await startMock(t, '--state', state, ...mock)) as unknown as Pick<Scene, 'ready'>;
  const path = folder(t);
  const options = ['--profiles', join(path, 'p.json'), '--profile', 'lab', '--ledger', join(path, 'ledger')];
  const profile = (differences: object): void => {
    const { coaps: signal, data, ca, cert: certificate, key } = ready;
    const lab = { signal, data, ca, certificate, key, cuid, ...differences };
    writeFileSync(join(path, 'p.json'), JSON.stringify({ profiles: { lab } }));
  };
  return { path, ready, profile, run: (words, input = '') => dots([...words, ...options], input, path) };
}

/** The private key of a file, encrypted with the password. */
function encrypted(file: string): string {
  const key = createPrivateKey(readFileSync(file));
  return key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: password }).toString();
}

test('the certificate of the server is checked against the server-name of a profile on both channels', async (t) => {
  const { path, ready, profile, run } = await scene(t);
  for (const signal of [ready.coaps, ready.coapsTcp]) {
    profile({ signal, 'server-name': 'localhost' });
    const sent = run(['send', '-'], request);
    assert.match(sent.out, /^2\.0[14] [^]*verified: localhost$/m, sent.err);
    profile({ signal, 'server-name': 'dots.example.net' });
    const refused = run(['send', '-'], request);
    assert.equal(refused.status, 3);
    assert.match(refused.err, /is for another name/);
  }
  assert.match(run(['data', 'get']).err, /is for another host/);
  profile({ 'server-name': 'localhost' });
  assert.match(run(['data', 'install', '-'], acls).out, /^201 Created/m);
  const ledger = dots(['ledger', '--format', 'json', '--ledger', join(path, 'ledger')]);
  assert.match(ledger.out, /"server": "localhost:\d+"/);
  assert.match(run(['status']).out, /^localhost:\d+ as /m);
});

test('an encrypted private key is decrypted by its password file, over DTLS, TLS and HTTPS', async (t) => {
  const { path, ready, profile, run } = await scene(t);
  writeFileSync(join(path, 'key.pem'), encrypted(ready.key), { mode: 0o600 });
  writeFileSync(join(path, 'password'), `${password}\n`, { mode: 0o600 });
  const members = { key: 'key.pem', 'key-password-file': 'password' };
  for (const signal of [ready.coaps, ready.coapsTcp]) {
    profile({ ...members, signal });
    const sent = run(['send', '-'], request);
    assert.deepEqual([sent.status, sent.err], [0, '']);
  }
  assert.equal(run(['data', 'install', '-'], acls).status, 0);

  writeFileSync(join(path, 'password'), 'wrong');
  for (const words of [
    ['send', '-'],
    ['data', 'get'],
  ]) {
    const wrong = run(words, request);
    assert.equal(wrong.status, 2);
    assert.match(wrong.err, /The password of the private key \S+key\.pem is wrong, or the file is damaged\./);
  }
  profile({ key: 'key.pem' });
  assert.match(run(['send', '-'], request).err, /is encrypted, and no password is known\. .*Name the file/);
  const files = [...readFileSync(join(path, 'p.json'), 'utf8')].join('');
  assert.ok(!files.includes(password));
});

test('on a terminal the password is asked for once, and not shown', async (t) => {
  if (!needTool(t, 'script', 'bsdutils')) return;
  const { path, ready, profile } = await scene(t);
  writeFileSync(join(path, 'key.pem'), encrypted(ready.key), { mode: 0o600 });
  writeFileSync(join(path, 'a.dots.json'), request);
  profile({ key: 'key.pem' });
  const words = ['send', 'a.dots.json', '--profile', 'lab', '--profiles', 'p.json', '--ledger', 'ledger'];
  const line = [process.execPath, command, ...words].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', line, '/dev/null'], { cwd: path, stdio: ['pipe', 'pipe', 'inherit'] });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const isAsked = shown.includes('Password of');
    shown += chunk.toString();
    if (!isAsked && shown.includes('Password of')) child.stdin.write(`${password}\r`);
  });
  const [status] = (await once(child, 'close')) as [number];
  assert.equal(status, 0, shown);
  assert.match(shown, /^Password of the private key \S*key\.pem: \r\n2\.01 Created/);
  assert.equal(shown.split('Password of').length, 2);
  assert.ok(!shown.includes(password), shown);
});

test('a profile names the file of a pre-shared key, whose form is the same everywhere', async (t) => {
  const key = join(folder(t, { key: 'a key of sixteen bytes or more\n' }), 'key');
  const { path, profile, run } = await scene(t, '--psk-identity', 'edge', '--psk-key-file', key);
  const members = { ca: undefined, certificate: undefined, key: undefined, 'psk-identity': 'edge' };
  for (const text of [
    'a key of sixteen bytes or more',
    `0x${Buffer.from('a key of sixteen bytes or more').toString('hex')}`,
  ]) {
    writeFileSync(join(path, 'psk'), text, { mode: 0o600 });
    profile({ ...members, 'psk-key-file': 'psk' });
    const sent = run(['send', '-'], request);
    assert.deepEqual([sent.status, sent.err], [0, '']);
  }
});

test('a certificate that expires within 30 days, and a key that everyone can read, are warnings', async (t) => {
  const { path, ready, profile, run } = await scene(t);
  const lab = join(ready.ca, '..');
  const issuer = { cert: readFileSync(ready.ca, 'utf8'), key: readFileSync(join(lab, 'ca-key.pem'), 'utf8') };
  const [notBefore, notAfter] = [-1, 12.5].map((days) => new Date(Date.now() + days * 86_400_000)) as [Date, Date];
  const client = { purpose: 'client', commonName: 'client', notBefore, notAfter } as const;
  writeFileSync(join(path, 'cert.pem'), certify(client, readFileSync(ready.key, 'utf8'), issuer).cert);
  writeFileSync(join(path, 'key.pem'), readFileSync(ready.key), { mode: 0o644 });
  chmodSync(join(path, 'key.pem'), 0o644);
  profile({ certificate: 'cert.pem', key: 'key.pem' });
  const expiry = /warning: The client certificate \S+cert\.pem expires in 12 days, on \d{4}-\d\d-\d\d: renew it/g;
  for (const words of [['send', '-'], ['status'], ['data', 'get']]) {
    const { status, err } = run(words, request);
    assert.equal(status, words[0] === 'data' ? 1 : 0, err);
    assert.equal(err.match(expiry)?.length, 1, err);
    if (process.platform !== 'win32') assert.match(err, /The private key \S+key\.pem can be read by every user .*0644/);
  }
  const sent = JSON.parse(run(['send', '-', '--format', 'json'], request).out) as { notes: string[] };
  assert.match(sent.notes[0] ?? '', /expires in 12 days/);
  const { servers } = JSON.parse(run(['status', '--format', 'json']).out) as { servers: { notes: string[] }[] };
  assert.match(servers[0]?.notes[0] ?? '', /expires in 12 days/);
});
