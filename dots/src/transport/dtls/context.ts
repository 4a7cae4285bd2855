import { createPrivateKey } from 'node:crypto';
import { DotsError } from '#dots/model/errors';
import {
  certificatePattern,
  longestIdentity,
  longestKey,
  type CertificateCredentials,
  type ClientCredentials,
  type PskCredentials,
  type ServerCredentials,
} from '../certificates/credentials';
import { parsedCertificate } from '../certificates/parsedCertificate';
import type { Engine } from './engine';

/**
 * The largest chain that fits into one handshake message, bytes, with three for the length of each certificate:
 * MBEDTLS_SSL_OUT_CONTENT_LEN of dots/mbedtls/config.h, less a header and one length.
 */
const largestChain = 8192 - 12 - 3;

/**
 * The credentials and trusted CAs of one end, in the library: an address there. Throws DotsErrors of kind `usage` for
 * credentials that cannot be used.
 */
export function openContext(
  engine: Engine,
  role: 'client' | 'server',
  credentials: ClientCredentials | ServerCredentials,
): number {
  const context = engine.calls.context_new(role === 'server' ? 1 : 0);
  if (context === 0)
    throw new DotsError(
      'unreachable',
      'transport/memory',
      'There is not enough memory for DTLS.',
      'Close some sessions.',
    );
  try {
    if ('certificate' in credentials && credentials.certificate !== undefined)
      certify(engine, context, credentials.certificate);
    if ('psk' in credentials && credentials.psk !== undefined) share(engine, context, credentials.psk);
    return context;
  } catch (error) {
    engine.calls.context_free(context);
    throw error;
  }
}

function unusable(what: string, why: string, hint: string, cause?: unknown): DotsError {
  return new DotsError('usage', 'transport/credentials', `${what} cannot be used: ${why}.`, hint, { cause });
}

function certify(engine: Engine, context: number, { ca, cert, key, crls = [] }: CertificateCredentials): void {
  const [trusted, shown] = [certificatesIn('The CA', ca), certificatesIn('The certificate', cert)];
  checkSize(shown);
  checkKey(cert, key);
  const { calls } = engine;
  for (const der of trusted) hand(engine, 'The CA', der, (place, size) => calls.context_trust(context, place, size));
  for (const crl of crls)
    hand(engine, 'The certificate revocation list', textOf(crl), (pem, size) =>
      calls.context_revoke(context, pem, size),
    );
  for (const der of shown)
    hand(engine, 'The certificate', der, (place, size) => calls.context_show(context, place, size));
  hand(engine, 'The private key', textOf(key), (pem, size) => calls.context_sign(context, pem, size));
}

/** As a C string. */
function textOf(pem: string): Buffer {
  return Buffer.from(`${pem}\0`);
}

/** Each by itself, DER. The library's errors on invalid texts are unspecific, so they are checked first. */
function certificatesIn(what: string, pem: string): Buffer[] {
  const all = pem.match(certificatePattern) ?? [];
  if (all.length === 0)
    throw unusable(what, 'it contains no certificate', 'Provide certificates in PEM (BEGIN CERTIFICATE).');
  try {
    return all.map((each) => Buffer.from(parsedCertificate(each).raw));
  } catch (cause) {
    throw unusable(what, 'it is not a valid certificate', 'Provide certificates in PEM (BEGIN CERTIFICATE).', cause);
  }
}

function checkSize(shown: readonly Buffer[]): void {
  const size = shown.reduce((sum, { length }) => sum + 3 + length, 0);
  if (size > largestChain)
    throw unusable(
      'The certificate',
      `with the certificates after it, it has ${size} bytes, more than the ${largestChain} of a handshake message`,
      'Present only the certificates between this one and the CA, or use EC keys, which are shorter.',
    );
}

function checkKey(cert: string, key: string): void {
  let fits: boolean;
  try {
    const [own = cert] = cert.match(certificatePattern) ?? [];
    fits = parsedCertificate(own).checkPrivateKey(createPrivateKey(key));
  } catch (cause) {
    throw unusable(
      'The private key',
      'it cannot be read',
      'Provide an EC or RSA key in PEM, without a password.',
      cause,
    );
  }
  if (!fits)
    throw unusable('The private key', 'it does not belong to the certificate', 'Provide the key of the certificate.');
}

/** Passes bytes to the library, and wipes them here. */
function hand(engine: Engine, what: string, bytes: Buffer, call: (place: number, size: number) => number): void {
  const result = engine.lend([bytes], (place) => call(place, bytes.length));
  bytes.fill(0);
  if (result !== 0)
    throw unusable(
      what,
      result < 0 ? engine.describe(result) : `${result} of its parts cannot be read`,
      'Provide it in PEM, with EC keys on P-256, P-384 or P-521, or RSA keys of 2048 bits or more.',
    );
}

function share(
  engine: Engine,
  context: number,
  psk: PskCredentials | ((identity: string) => Uint8Array | undefined),
): void {
  const [key, identity] =
    typeof psk === 'function' ? [new Uint8Array(0), Buffer.alloc(0)] : [psk.key, Buffer.from(psk.identity)];
  if (
    typeof psk !== 'function' &&
    (key.length === 0 || key.length > longestKey || identity.length === 0 || identity.length > longestIdentity)
  ) {
    throw unusable(
      'The pre-shared key',
      `the identity has ${identity.length} bytes and the key ${key.length}`,
      `Use an identity of 1 to ${longestIdentity} bytes and a key of 1 to ${longestKey}, 16 or more of them random.`,
    );
  }
  const result = engine.lend([key, identity], (first, second) =>
    engine.calls.context_share(context, first, key.length, second, identity.length),
  );
  if (result !== 0) throw unusable('The pre-shared key', engine.describe(result), 'Use another one.');
}
