import assert from 'node:assert/strict';
import { test } from 'node:test';
import { refusalOf, type Failure } from '#dots/transport/dtls/outcome';

const failure: Failure = {
  peer: 'coaps://dots.example.net',
  role: 'client',
  result: 0,
  state: 4,
  flags: 0,
  alert: 0,
  psk: false,
  chain: [],
  words: 'words',
};
const reasonOf = (more: Partial<Failure>): string => refusalOf({ ...failure, ...more }).code.replace('transport/', '');

/**
 * Of Mbed TLS, for a signature that is not of the key shown: ECP, RSA (of PKCS#1 v1.5 and PSS; too large for the
 * modulus), a length, an encoding.
 */
const notOfTheKey = [-0x4e00, -0x4380, -0x4100, -0x4080, -0x4280 - 4, -0x3900, -0x4f80 - 0x60];

test('an invalid signature is reported as that, where one is verified', () => {
  for (const result of notOfTheKey) {
    assert.equal(reasonOf({ result }), 'bad-signature');
    assert.equal(reasonOf({ result, role: 'server', state: 10 }), 'bad-signature');
    assert.equal(reasonOf({ result, state: 8 }), 'broken');
    assert.equal(reasonOf({ result, role: 'server', state: 8 }), 'broken');
  }
  for (const result of [-0x6600, -0x7700, -0x7300, -0x7f00]) assert.equal(reasonOf({ result }), 'broken');
});

test('the words for it promise no more than is known: the peer may be somebody else, or its handshake was changed', () => {
  const { message, hint } = refusalOf({ ...failure, result: -0x4e00 });
  assert.match(
    message,
    /^coaps:\/\/dots\.example\.net has not proved that it has the private key of its certificate: a signature in its handshake is invalid\.$/,
  );
  assert.match(hint ?? '', /another host is using the certificate, or the handshake is modified/);
});

test('an alert about a signature is reported with its meaning at either end', () => {
  const result = -0x7780;
  for (const error of [
    refusalOf({ ...failure, result, alert: 51, state: 12 }),
    refusalOf({ ...failure, result, alert: 51, role: 'server' }),
  ])
    assert.match(error.message, /its alert is "decrypt error": it found an invalid signature /);
});
