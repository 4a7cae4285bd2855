import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { certify, newKey, type Credentials } from '#dots/transport/certificates/certificates';
import { load, placesFrom } from '#dots/transport/dtls/module';
import { indicatedName } from '#dots/transport/address';
import { endOfProof, isResumable, sessionKey, sessionMemory } from '#dots/transport/dtls/sessions';
import { certificateNames, holderName, isForServer, namesText } from '#dots/transport/certificates/certificateNames';

const certificate = async (names: string[], commonName = 'a.example'): Promise<Uint8Array> => {
  const made = certify(
    { purpose: 'server', commonName, names, notBefore: new Date(0), notAfter: new Date(1e13) },
    await newKey(),
  );
  return new X509Certificate(made.cert).raw;
};

test('a DNS name needs a DNS-ID that is equal, or a wildcard for its first label', async () => {
  const der = await certificate(['dots.example', '*.example.net', '*.com', 'w*.example.org']);
  for (const name of ['dots.example', 'DOTS.Example', 'dots.example.', 'a.example.net'])
    assert.ok(isForServer(der, name), name);
  for (const name of [
    'a.example',
    'example.net',
    'a.b.example.net',
    'example.com',
    'www.example.org',
    '.example.net',
    '',
    '*.example.org',
  ])
    assert.ok(!isForServer(der, name), name);
});

test('an IP address needs an iPAddress, however it is written, and no DNS-ID', async () => {
  const der = await certificate(['192.0.2.1', '2001:db8::1']);
  for (const name of ['192.0.2.1', '2001:db8::1', '2001:DB8:0:0::1']) assert.ok(isForServer(der, name), name);
  assert.ok(!isForServer(der, '192.0.2.2'));
  assert.ok(!isForServer(await certificate(['dots.example']), '192.0.2.1'));
});

test('a common name proves nothing, but names the holder', async () => {
  const der = await certificate([]);
  assert.ok(!isForServer(der, 'a.example'));
  assert.deepEqual(certificateNames(der), { dns: [], srv: [], ip: [], commonName: 'a.example' });
  assert.equal(holderName(der), 'a.example');
  assert.equal(namesText(der), 'it contains no host names');
  assert.equal(namesText(await certificate(['b.example', '192.0.2.1'])), 'it is for DNS:b.example, IP:192.0.2.1');
});

test('a memory of sessions forgets the oldest, and wipes what it forgets', () => {
  const memory = sessionMemory(2);
  const saved = ['a', 'b', 'c'].map((text) => ({
    bytes: Buffer.from(text),
    provedAt: 0,
    notAfter: Infinity,
    peerName: 'a',
    identity: 'psk:a',
  }));
  saved.forEach((session, index) => memory.set(String(index), session));
  assert.equal(memory.get('0'), undefined);
  assert.deepEqual([...saved[0]!.bytes], [0]);
  assert.equal(memory.get('2'), saved[2]);
  memory.delete('2');
  assert.equal(memory.get('2'), undefined);
});

test('a session is for one server, one name and one set of credentials', () => {
  const address = { host: '192.0.2.1', port: 4646 };
  const psk = { psk: { identity: 'a', key: Buffer.from('b') } };
  const keys = [
    sessionKey(address, 'a.example', psk),
    sessionKey(address, 'b.example', psk),
    sessionKey({ ...address, port: 1 }, 'a.example', psk),
    sessionKey(address, 'a.example', { psk: { identity: 'a', key: Buffer.from('c') } }),
    sessionKey(address, 'a.example', { psk: { identity: 'a', key: Buffer.from('\0b') } }),
    sessionKey(address, 'a.example', { psk: { identity: 'a\0', key: Buffer.from('b') } }),
    sessionKey(address, 'a.example', { certificate: { ca: '', cert: '', key: '' } }),
  ];
  assert.equal(new Set(keys).size, keys.length);
});

const hour = 3600 * 1000;

test('a session is resumed for a day after its proof, and not after a certificate of it has expired', () => {
  const saved = { bytes: new Uint8Array(), peerName: 'a', identity: 'a', provedAt: 100 * hour, notAfter: 110 * hour };
  assert.deepEqual(
    [99, 100, 109, 110].map((at) => isResumable(saved, at * hour)),
    [false, true, true, false],
  );
  assert.deepEqual(
    [100, 123, 124].map((at) => isResumable({ ...saved, notAfter: Infinity }, at * hour)),
    [true, true, false],
  );
});

test('a proof ends with the first certificate shown, or with the last CA that vouches for it', async () => {
  const until = (hours: number): { notBefore: Date; notAfter: Date } => ({
    notBefore: new Date(0),
    notAfter: new Date(Date.UTC(2030, 0, 1) + hours * hour),
  });
  const [caKey, leafKey] = [await newKey(), await newKey()];
  const ca = (hours: number, commonName = 'CA', key = caKey): Credentials =>
    certify({ purpose: 'ca', commonName, ...until(hours) }, key);
  const between = certify({ purpose: 'ca', commonName: 'between', ...until(3) }, leafKey, ca(9));
  const leaf = certify({ purpose: 'server', commonName: 'leaf', ...until(5) }, leafKey, between);
  const end = (shown: Credentials[], ...cas: Credentials[]): number =>
    (endOfProof(
      shown.map(({ cert }) => new X509Certificate(cert).raw),
      cas.map(({ cert }) => cert).join(''),
    ) -
      Date.UTC(2030, 0, 1)) /
    hour;
  assert.equal(end([leaf]), 5);
  assert.equal(end([leaf, between]), 3);
  assert.equal(end([leaf, between], ca(2)), 2);
  assert.equal(end([leaf, between], ca(1), ca(9)), 3, 'a CA that was renewed');
  assert.equal(end([leaf, between], ca(1, 'another', await newKey()), ca(9)), 3, 'a CA of others');
  assert.equal(endOfProof([Buffer.from('no certificate')]), 0);
});

test('what a client says in its server name indication', () => {
  const names: [serverName: string, name: string | undefined][] = [
    ['dots.example', 'dots.example'],
    ['dots.example.', 'dots.example'],
    ['192.0.2.1', undefined],
    ['::1', undefined],
    ['192.0.2.1.', undefined],
    ['.', undefined],
    ['', undefined],
  ];
  for (const [serverName, name] of names) assert.equal(indicatedName(serverName), name, serverName);
  assert.equal(indicatedName('a'.repeat(253))?.length, 253);
  assert.throws(() => indicatedName('a'.repeat(254)), {
    kind: 'usage',
    code: 'transport/address',
    message: /254 bytes.* at most 253/,
  });
});

test('where the DTLS module is missing, one sentence says how to get it', async () => {
  await assert.rejects(load(['nowhere/dtls.wasm']), {
    kind: 'usage',
    code: 'transport/dtls-module-missing',
    hint: /npm run build.*MBEDTLS_SOURCE/,
  });
});

test('a bundle looks for the DTLS module beside itself and nowhere else, the sources look where the build puts it', () => {
  assert.deepEqual(placesFrom(join('/opt', 'x', 'a', 'b', 'c', 'dist')), [
    join('/opt', 'x', 'a', 'b', 'c', 'dist', 'dtls.wasm'),
  ]);
  assert.deepEqual(placesFrom(join('/opt', 'repo', 'dots', 'src', 'transport', 'dtls')), [
    join('/opt', 'repo', 'dist', 'dtls.wasm'),
  ]);
});
