import { createPrivateKey, createPublicKey } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { Identity } from './testPki';

/**
 * The numbers that make up a public key, as they are also in the file of the private one: the modulus, or the point.
 */
function publicNumbers(pem: string): Buffer {
  const { n, x = '', y = '' } = createPublicKey(pem).export({ format: 'jwk' });
  return Buffer.concat((n === undefined ? [x, y] : [n]).map((number) => Buffer.from(number, 'base64url')));
}

/**
 * One who shows the certificate of another and signs with a key of its own: its key file claims to belong to that
 * certificate, and the tools, which compare the public keys only, believe it. The two keys have to be of one kind and
 * size.
 */
export function impostor(shown: Identity, own: Identity): Identity {
  const der = createPrivateKey(own.key).export({ format: 'der', type: 'pkcs8' });
  der.set(publicNumbers(shown.cert), der.indexOf(publicNumbers(own.cert)));
  const lines = der.toString('base64').replace(/.{64}/g, '$&\n');
  const key = `-----BEGIN PRIVATE KEY-----\n${lines}\n-----END PRIVATE KEY-----\n`;
  const keyFile = `${own.keyFile}.impostor`;
  writeFileSync(keyFile, key);
  return { ...shown, key, keyFile };
}
