import { X509Certificate } from 'node:crypto';
import type { DotsError } from '#dots/model/errors';
import { namesText } from '../certificates/certificateNames';
import { alertText, refusal, type RefusalReason } from '../refusals';
import { notCa, pathTooLong, shownIssuerFlags } from './issuers';
import { outsideConstraints, wrongPurpose } from './path';

/** The results of the library that decide what comes next: include/mbedtls/ssl.h. */
export const wantRead = -0x6900;
export const helloVerifyRequired = -0x6a80;
export const closeNotify = -0x7880;
export const timedOut = -0x6800;
const fatalAlert = -0x7780;
const noClientCertificate = -0x7480;
const unknownIdentity = -0x6c80;
const invalidMac = -0x7180;
const badProtocolVersion = -0x6e80;
const handshakeFailure = -0x6e00;
/** NO_EXTENDED_SECRET of dots/mbedtls/dots.h. */
const noExtendedSecret = -0x1_0001;

/**
 * MBEDTLS_SSL_SERVER_CHANGE_CIPHER_SPEC: a client in this state has sent its credentials, and waits for the server's
 * decision.
 */
const clientHasProved = 12;
/** MBEDTLS_SSL_CLIENT_CERTIFICATE: the state of a server that has sent its credentials. */
const serverHasShown = 7;

/**
 * The state of the handshake when the signature of the peer is invalid: MBEDTLS_SSL_SERVER_KEY_EXCHANGE, and the one
 * after MBEDTLS_SSL_CERTIFICATE_VERIFY.
 */
const verified = { client: 4, server: 10 } as const;
/**
 * The state of the handshake when the peer sends its certificates: MBEDTLS_SSL_SERVER_CERTIFICATE and
 * MBEDTLS_SSL_CLIENT_CERTIFICATE.
 */
const peerShows = { client: 3, server: 7 } as const;

/** MBEDTLS_X509_BADCERT_CN_MISMATCH. */
export const nameMismatch = 0x4;

const tooManyCas = 'its chain is longer than one of its CAs allows';

/**
 * The flags of include/mbedtls/x509.h, in the order in which they matter: a name in an unsigned certificate proves
 * nothing.
 */
const flags: readonly (readonly [mask: number, reason: RefusalReason, detail?: string])[] = [
  // Those of dots/mbedtls/dots.h, which prevent the other checks.
  [0x100_0000, 'bad-certificate', 'one in its chain has an RSA key with a public exponent of more than 32 bits'],
  [0x200_0000, 'bad-certificate', 'its chain requires more signature checks than a valid one'],
  [0x2, 'revoked'],
  [notCa, 'not-a-ca'],
  [pathTooLong, 'not-a-ca', tooManyCas],
  [0x8, 'unknown-ca'],
  [0x1, 'expired'],
  [0x200, 'not-yet-valid'],
  [0x1800, 'purpose'],
  [wrongPurpose, 'purpose', 'a CA above it is for another use'],
  [0x1c000, 'weak'],
  [outsideConstraints, 'bad-certificate', 'the name constraints of a CA above it exclude its names'],
  [0x4, 'wrong-name'],
  [0x20, 'bad-certificate', 'the certificate revocation list is out of date'],
  [0x400, 'bad-certificate', 'the certificate revocation list is not valid yet'],
  [0xe0010, 'bad-certificate', 'the certificate revocation list has an invalid signature'],
  [0x400_0000, 'bad-certificate', 'there is no currently valid certificate revocation list of its CA'],
];

/** Alert descriptions: RFC 5246 section 7.2 and RFC 4279 section 2. */
const alerts: Readonly<Record<number, string>> = {
  10: 'unexpected message',
  20: 'bad record MAC',
  22: 'record overflow',
  40: 'handshake failure',
  42: 'bad certificate',
  43: 'unsupported certificate',
  44: 'certificate revoked',
  45: 'certificate expired',
  46: 'certificate unknown',
  47: 'illegal parameter',
  48: 'unknown CA',
  49: 'access denied',
  50: 'decode error',
  51: 'decrypt error',
  70: 'protocol version',
  71: 'insufficient security',
  80: 'internal error',
  90: 'user cancelled',
  100: 'no renegotiation',
  110: 'unsupported extension',
  112: 'unrecognized name',
  115: 'unknown PSK identity',
  116: 'certificate required',
};

const aboutCertificates = [42, 43, 44, 45, 46, 48, 49];
const aboutKeys = [20, 21, 51, 115];
/** The alerts of a server that cannot decrypt or verify the client's messages. */
const aboutProtection = [20, 21, 51];
const aboutVersions = [40, 70, 71];

/** What is known of a handshake that failed. */
export interface Failure {
  peer: string;
  role: 'client' | 'server';
  /** What the library returned. */
  result: number;
  /** The state that it reached: mbedtls_ssl_states. */
  state: number;
  /** What was wrong with the certificate of the peer. */
  flags: number;
  /** The alert with which the peer ended it. */
  alert: number;
  /** Whether a pre-shared key was agreed on or offered. */
  psk: boolean;
  /** The peer's certificates, DER, the leaf first. */
  chain: readonly Buffer[];
  /** The library's text for the result. */
  words: string;
}

/** Which check failed, as a reason common to all transports. */
export function refusalOf(failure: Failure): DotsError {
  const { peer, result, words, state, role, psk } = failure;
  if (failure.flags !== 0 && failure.chain.length > 0) return certificateRefusal(failure);
  if (result === fatalAlert) return alertRefusal(failure);
  // GnuTLS waits, and sends close_notify where others send an alert or nothing.
  if (result === closeNotify && role === 'client' && state >= clientHasProved)
    return refusal(psk ? 'psk-refused' : 'client-certificate-refused', {
      peer,
      detail:
        'it closed the connection in the middle of the handshake (a server also does so when it times out on a lossy path)',
    });
  if (state === verified[role] && isKeyError(result)) return refusal('bad-signature', { peer });
  if (state === peerShows[role] && isUnreadable(result)) return refusal('bad-certificate', { peer, detail: words });
  if (result === noExtendedSecret) return refusal('no-extended-secret', { peer });
  if (result === noClientCertificate) return refusal('no-certificate', { peer });
  if (result === unknownIdentity || (result === invalidMac && psk))
    return refusal(role === 'server' ? 'wrong-psk' : 'psk-refused', { peer });
  if (result === badProtocolVersion || (result === handshakeFailure && (role === 'client' || state < serverHasShown)))
    return refusal('no-common-cipher', { peer });
  return refusal('broken', { peer, detail: words });
}

/** Whether an error concerns a public key: PK, RSA and ECP of include/mbedtls/error.h. */
function isKeyError(result: number): boolean {
  return result <= -0x3900 && result > -0x5000;
}

/**
 * Whether an error concerns unreadable certificates or a chain that is too long: include/mbedtls/error.h, X.509 except
 * its memory errors, keys, and TLS errors of certificates and message lengths. The numbers below 128 are details of
 * ASN.1.
 */
function isUnreadable(result: number): boolean {
  const kind = -(-result & 0xff80);
  const [memory, decodeError, badCertificate] = [-0x2880, -0x7300, -0x7a00];
  return (
    kind === decodeError ||
    kind === badCertificate ||
    (kind !== memory && ((kind <= -0x2080 && kind >= -0x3000) || (kind <= -0x3880 && kind >= -0x3f80)))
  );
}

function certificateRefusal({ peer, flags: set, chain }: Failure): DotsError {
  const [, reason, detail] = firstOf(set) ?? [0, 'bad-certificate' as const];
  try {
    // The library skips issuers that must not sign, and then finds no path to the CA.
    const [, shown, more] = (reason === 'unknown-ca' && firstOf(shownIssuerFlags(chain))) || [0, reason, detail];
    return refusal(shown, { peer, detail: more ?? detailOf(shown, chain) });
  } catch (cause) {
    // The certificate of an unauthenticated peer may be anything; the library has refused it, and no more can be read
    // from it.
    return refusal(reason, { peer, detail }, cause);
  }
}

function firstOf(set: number): (typeof flags)[number] | undefined {
  return flags.find(([mask]) => (set & mask) !== 0);
}

function detailOf(reason: RefusalReason, [leaf]: readonly Buffer[]): string | undefined {
  if (leaf === undefined) return undefined;
  const certificate = new X509Certificate(leaf);
  if (reason === 'wrong-name') return namesText(leaf);
  if (reason === 'expired') return `it was valid until ${certificate.validTo}`;
  if (reason === 'not-yet-valid') return `it is valid from ${certificate.validFrom}`;
  if (reason === 'unknown-ca') return `it names ${certificate.issuer.replaceAll('\n', ', ')} as its issuer`;
  return undefined;
}

function alertRefusal({ peer, alert, role, state, psk }: Failure): DotsError {
  const detail = alertText(alerts[alert] ?? `alert ${alert}`);
  if (role === 'server') return refusal('broken', { peer, detail });
  const proved = state >= clientHasProved;
  if (psk && proved && aboutProtection.includes(alert)) return refusal('psk-mismatch', { peer, detail });
  if (psk && aboutKeys.includes(alert)) return refusal('psk-refused', { peer, detail });
  if (alert === 116) return refusal('client-certificate-missing', { peer });
  if (!psk && (aboutCertificates.includes(alert) || (proved && [...aboutKeys, 40].includes(alert))))
    return refusal('client-certificate-refused', { peer, detail });
  if (aboutVersions.includes(alert))
    return refusal(psk && proved ? 'psk-refused' : 'no-common-cipher', { peer, detail });
  return refusal('broken', { peer, detail });
}

/** Why a handshake timed out. */
export function silence(
  peer: string,
  role: 'client' | 'server',
  state: number,
  heard: { datagrams: number; dtls: boolean },
  psk: boolean,
): DotsError {
  if (heard.datagrams === 0) return refusal('no-answer', { peer });
  if (!heard.dtls) return refusal('no-tls', { peer });
  const proved = role === 'client' ? state >= clientHasProved : state >= serverHasShown;
  return psk && proved
    ? refusal('psk-silence', { peer })
    : refusal('no-answer', { peer, detail: 'it stopped answering in the middle of the handshake' });
}
