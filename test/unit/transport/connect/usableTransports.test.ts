import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { probeDtls } from '#dots/transport/connect/connect';
import { PathMemory } from '#dots/transport/connect/paths';
import { usableTransports } from '#dots/transport/connect/usableTransports';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { outcome, scene } from '../../../support/protocol/raceScene';

const both = ['dtls', 'tls'] as const;

const withKey = (key: string): ClientCredentials => ({ certificate: { ca: '', cert: '', key } });
const pemOf = ({ privateKey }: { privateKey: KeyObject }): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
const keys = {
  ed25519: pemOf(generateKeyPairSync('ed25519')),
  rsaPss: pemOf(generateKeyPairSync('rsa-pss', { modulusLength: 2048 })),
  secp256k1: pemOf(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })),
  rsa: pemOf(generateKeyPairSync('rsa', { modulusLength: 2048 })),
  ec: pemOf(generateKeyPairSync('ec', { namedCurve: 'P-384' })),
};

for (const [name, words] of [
  ['ed25519', 'an Ed25519 key'],
  ['rsaPss', 'an RSA-PSS key'],
  ['secp256k1', 'an EC key on secp256k1'],
] as const) {
  test(`DTLS is skipped with a sentence for ${words}, and is an error where it is the only transport`, () => {
    const traced: string[] = [];
    const credentials = withKey(keys[name]);
    assert.deepEqual(
      usableTransports(both, credentials, (sentence) => traced.push(sentence)),
      ['tls'],
    );
    assert.deepEqual(traced, [
      `DTLS is skipped, because it cannot use the private key of this client: it is ${words}.`,
    ]);
    assert.throws(() => usableTransports(['dtls'], credentials), {
      kind: 'usage',
      code: 'transport/key-type',
      message: new RegExp(`it is ${words}\\.$`),
    });
    assert.deepEqual(usableTransports(['tls'], credentials), ['tls']);
  });
}

test('DTLS can use RSA keys, EC keys on common curves, and pre-shared keys', () => {
  for (const credentials of [
    withKey(keys.rsa),
    withKey(keys.ec),
    withKey('no key'),
    { psk: { identity: 'dots', key: Buffer.from('secret123') } },
  ])
    assert.deepEqual(usableTransports(both, credentials), both);
});

test('a server is reached over TLS with a key that DTLS cannot use, and is not looked for over DTLS', async () => {
  const credentials = withKey(keys.ed25519);
  const all = scene({ 'dtls 192.0.2.1': { works: 0 }, 'tls 192.0.2.1': { works: 5 } }, ['192.0.2.1'], { credentials });
  assert.equal(await outcome(all), 'tls 192.0.2.1');
  assert.equal(await outcome(all, 'coaps://dots.example.net'), 'transport/key-type');
  assert.equal(await probeDtls('dots.example.net', { ...all.options, memory: new PathMemory() }), undefined);
  assert.deepEqual(
    all.started.map(([path]) => path),
    ['tls 192.0.2.1'],
  );
});
