import { constants, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls';
import { DotsError } from '#dots/model/errors';
import {
  longestIdentity,
  longestKey,
  type CertificateCredentials,
  type ClientCredentials,
  type PskCredentials,
  type ServerCredentials,
} from '../certificates/credentials';

/** The ALPN identifier of CoAP over TLS: RFC 8323 section 8.2. RFC 9132 does not change it. */
export const coapProtocol = 'coap';

/**
 * Whether the two ends agree on CoAP. On ports other than 5684 a peer without ALPN should be refused (RFC 8323 section
 * 8.2), but libcoap 4.3 with GnuTLS or with pre-shared keys has none; it is accepted, because its first message must be
 * a CSM, which no other protocol starts with.
 */
export function speaksCoap({ alpnProtocol }: TLSSocket): boolean {
  return alpnProtocol === coapProtocol || alpnProtocol === false;
}

/**
 * Suites of TLS 1.2 with forward secrecy and authenticated encryption (RFC 9325 section 4.2); TLS 1.3 has no others.
 */
const certificateSuites = [
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];
/** With (EC)DHE first (RFC 9132 section 7.1); the others are for peers that support nothing better. */
const pskSuites = [
  'ECDHE-PSK-CHACHA20-POLY1305',
  'PSK-AES128-GCM-SHA256',
  'PSK-AES256-GCM-SHA384',
  'PSK-CHACHA20-POLY1305',
  'PSK-AES128-CCM8',
];

const minVersion = 'TLSv1.2';
/**
 * Pre-shared keys are for TLS 1.2 only. In TLS 1.3 OpenSSL calls the same callback, but uses the key only if a suite
 * with SHA-256 is chosen, and calls it for every offered identity, including tickets: a server could not determine
 * which of them was authenticated.
 */
const pskVersion = 'TLSv1.2';

/** The TLS context of a client; throws a DotsError of kind `usage` for credentials that cannot be used. */
export function clientContext(credentials: ClientCredentials): SecureContext {
  if ('psk' in credentials) {
    checkPsk(credentials.psk);
    return checked({ minVersion, maxVersion: pskVersion, ciphers: pskSuites.join(':') });
  }
  return checked({ minVersion, ciphers: certificateSuites.join(':'), ...chainOf(credentials.certificate) });
}

/** The TLS context of a server; throws a DotsError of kind `usage` for credentials that cannot be used. */
export function serverOptions({ certificate, psk }: ServerCredentials): SecureContextOptions {
  if (certificate === undefined && psk === undefined)
    throw unusable('A server needs a certificate, pre-shared keys, or both.', 'Configure one of them.');
  const ciphers = [
    ...(certificate === undefined ? [] : certificateSuites),
    ...(psk === undefined ? [] : pskSuites),
  ].join(':');
  const options: SecureContextOptions = { minVersion, ciphers, ...(certificate && chainOf(certificate)) };
  // A TLS 1.2 ticket does not contain the identity of its session, so none is issued with pre-shared keys.
  if (psk !== undefined) Object.assign(options, { maxVersion: pskVersion, secureOptions: constants.SSL_OP_NO_TICKET });
  checked(options);
  return options;
}

function chainOf({ ca, cert, key, crls }: CertificateCredentials): SecureContextOptions {
  for (const [text, what] of [
    [ca, 'The CA'],
    [cert, 'The certificate'],
  ] as const) {
    try {
      new X509Certificate(text);
    } catch (cause) {
      throw unusable(
        `${what} cannot be read as X.509 in PEM.`,
        'Use a file that starts with "-----BEGIN CERTIFICATE-----".',
        cause,
      );
    }
  }
  const lists = (crls ?? []).flatMap(listsIn);
  return { ca, cert, key, ...(lists.length === 0 ? {} : { crl: lists }) };
}

/** Each list separately: of several in one text Node reads the first, and ignores the others. */
function listsIn(text: string): string[] {
  const lists = text.match(/-----BEGIN X509 CRL-----[\s\S]+?-----END X509 CRL-----/g);
  if (lists === null)
    throw unusable(
      'A certificate revocation list cannot be read as PEM.',
      'Use a file that starts with "-----BEGIN X509 CRL-----".',
    );
  return lists;
}

/** Reads the texts as the handshake does. */
function checked(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    if (/KEY_VALUES_MISMATCH|key values mismatch/i.test(why))
      throw unusable(
        'The private key does not belong to the certificate.',
        'Use a key and a certificate that belong together.',
        cause,
      );
    if (/CRL/.test(why))
      throw unusable(
        'A certificate revocation list cannot be read as PEM.',
        'Use a file that starts with "-----BEGIN X509 CRL-----".',
        cause,
      );
    throw unusable(
      'The certificate or its private key cannot be read.',
      'Both must be PEM, the key without a passphrase.',
      cause,
    );
  }
}

function checkPsk({ identity, key }: PskCredentials): void {
  const octets = Buffer.byteLength(identity);
  if (octets === 0 || octets > longestIdentity)
    throw unusable(
      `The identity of a pre-shared key has 1 to ${longestIdentity} bytes; this one has ${octets}.`,
      'Use the one that is configured at the server.',
    );
  if (key.length === 0 || key.length > longestKey)
    throw unusable(
      `A pre-shared key has 1 to ${longestKey} bytes; this one has ${key.length}.`,
      'Use the one that is configured at the server.',
    );
}

function unusable(message: string, hint: string, cause?: unknown): DotsError {
  return new DotsError('usage', 'transport/credentials', message, hint, { cause });
}
