import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { certify, newKey } from '#dots/transport/certificates';
import { load, placesFrom } from '#dots/transport/dtls/module';
import { sessionKey, sessionMemory } from '#dots/transport/dtls/sessions';
import { certificateNames, holderName, isForServer, namesText } from '#dots/transport/names';

const certificate = async (names: string[], commonName = 'a.example'): Promise<Uint8Array> => {
  const made = certify({ purpose: 'server', commonName, names, notBefore: new Date(0), notAfter: new Date(1e13) }, await newKey());
  return new X509Certificate(made.cert).raw;
};

test('a DNS name needs a DNS-ID that is equal, or a wildcard for its first label', async () => {
  const der = await certificate(['dots.example', '*.example.net', '*.com', 'w*.example.org']);
  for (const name of ['dots.example', 'DOTS.Example', 'dots.example.', 'a.example.net']) assert.ok(isForServer(der, name), name);
  for (const name of ['a.example', 'example.net', 'a.b.example.net', 'example.com', 'www.example.org', '.example.net', '', '*.example.org']) assert.ok(!isForServer(der, name), name);
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
  assert.equal(namesText(der), 'it names no host');
  assert.equal(namesText(await certificate(['b.example', '192.0.2.1'])), 'it is for DNS:b.example, IP:192.0.2.1');
});

test('a memory of sessions forgets the oldest, and wipes what it forgets', () => {
  const memory = sessionMemory(2);
  const saved = ['a', 'b', 'c'].map((text) => ({ bytes: Buffer.from(text), notAfter: Infinity, peerName: 'a', identity: 'psk:a' }));
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
    sessionKey(address, 'a.example', psk), sessionKey(address, 'b.example', psk), sessionKey({ ...address, port: 1 }, 'a.example', psk),
    sessionKey(address, 'a.example', { psk: { identity: 'a', key: Buffer.from('c') } }), sessionKey(address, 'a.example', { certificate: { ca: '', cert: '', key: '' } }),
  ];
  assert.equal(new Set(keys).size, keys.length);
});

test('where the DTLS module is missing, one sentence says how to get it', async () => {
  await assert.rejects(load(['nowhere/dtls.wasm']), { kind: 'usage', code: 'transport/dtls-module-missing', hint: /npm run build.*MBEDTLS_SOURCE/ });
});

test('a bundle looks for the DTLS module beside itself and nowhere else, the sources look where the build puts it', () => {
  assert.deepEqual(placesFrom(join('/opt', 'x', 'a', 'b', 'c', 'dist')), [join('/opt', 'x', 'a', 'b', 'c', 'dist', 'dtls.wasm')]);
  assert.deepEqual(placesFrom(join('/opt', 'repo', 'dots', 'src', 'transport', 'dtls')), [join('/opt', 'repo', 'dist', 'dtls.wasm')]);
});
