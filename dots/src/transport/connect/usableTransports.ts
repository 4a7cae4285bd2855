import { createPrivateKey, type KeyObject } from 'node:crypto';
import { DotsError } from '#dots/model/errors';
import type { Trace } from '#dots/runtime/trace';
import type { ClientCredentials } from '../certificates/credentials';
import type { Transport } from './paths';

/** The code of the error for a key that none of the transports can use. */
export const keyTypeError = 'transport/key-type';

/** The curves that the DTLS module knows: dots/mbedtls/config.h. */
const dtlsCurves = ['prime256v1', 'secp384r1', 'secp521r1'];

const titles: Readonly<Record<string, string>> = { ed25519: 'Ed25519', ed448: 'Ed448', 'rsa-pss': 'RSA-PSS' };

/**
 * The transports that the key of a client can be used for, in their order; the trace receives what is skipped. Throws a
 * DotsError of kind `usage`, `transport/key-type`, if none is left.
 */
export function usableTransports(
  transports: readonly Transport[],
  credentials: ClientCredentials,
  trace?: Trace,
): readonly Transport[] {
  const wrong = transports.includes('dtls') && 'certificate' in credentials && unusable(credentials.certificate.key);
  if (typeof wrong !== 'string') return transports;
  const left = transports.filter((transport) => transport !== 'dtls');
  if (left.length === 0)
    throw new DotsError(
      'usage',
      keyTypeError,
      `DTLS (coaps) cannot use the private key of this client: it is ${wrong}.`,
      'Use TLS (coaps+tcp, or an address without a scheme), or an EC key on P-256, P-384 or P-521, or an RSA key.',
    );
  trace?.(`DTLS is skipped, because it cannot use the private key of this client: it is ${wrong}.`);
  return left;
}

/** Why DTLS cannot use a key, as the end of a sentence. A text that is no key is reported where it is used. */
function unusable(pem: string): string | undefined {
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    return undefined;
  }
  const { asymmetricKeyType: type = '', asymmetricKeyDetails: { namedCurve = '' } = {} } = key;
  if (type === 'rsa' || dtlsCurves.includes(namedCurve)) return undefined;
  return type === 'ec' ? `an EC key on ${namedCurve}` : `an ${titles[type] ?? type} key`;
}
